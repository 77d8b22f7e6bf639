"""One relay: opens conversations, and speaks each as fast as the relay understands."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, cast

from digest.delivery.asking import Proof
from digest.delivery.faults import ConnectFailed
from digest.delivery.greeting import load_certificates, open_conversation, scrubber
from digest.delivery.pipeline import PipelinedConnection
from digest.delivery.plain import PlainConnection
from digest.delivery.terms import Terms
from digest.model import Stage

if TYPE_CHECKING:
    import ssl

    import aiosmtplib

    from digest.config import SmtpConfig
    from digest.delivery.protocols import Connection


class SmtpTransport:
    """One relay. The password is kept out of every message, log line and repr."""

    def __init__(
        self,
        config: SmtpConfig,
        password: str | None = None,
        *,
        ca_file: Path | None = None,
        name: str = "",
    ) -> None:
        self._config = config
        self._password = password
        self._ca_file = ca_file or (Path(config.ca_file) if config.ca_file else None)
        self._tls: ssl.SSLContext | None = None
        self._proof = Proof()
        # A relay that echoes our login must not write it into the ledger.
        self._hide = scrubber(config.username, password)
        self.connections = config.connections
        self.name = name or config.where

    def __repr__(self) -> str:
        return f"SmtpTransport({self.name!r})"

    async def connect(self) -> Connection:
        """Open, secure and log in.

        Raises:
            ConnectFailed: with the server's words; `temporary` if a later try may work.
            ConfigError: the file of trusted certificates cannot be used.
        """
        if self._tls is None and self._config.security != "none":
            self._tls = await asyncio.to_thread(load_certificates, self._ca_file)
        client = await open_conversation(self._config, self._password, self._tls)
        terms = Terms.read(client, self.name, self._hide)
        if terms.pipelining and self._config.pipelining and self._proof.trusted:
            transport = self._take_over(client)
            return PipelinedConnection(transport, self._config, terms, self._proof)
        return PlainConnection(client, self._config, terms)

    def _take_over(self, client: aiosmtplib.SMTP) -> asyncio.Transport:
        """The transport of a greeted conversation, with nothing left unread behind its EHLO."""
        transport, protocol = client.transport, client.protocol
        unread = bytes(getattr(protocol, "_buffer", b""))
        if transport is None or transport.is_closing() or unread:
            client.close()
            words = "it said more than it was asked" if unread else "connection lost"
            raise ConnectFailed(f"{self.name} at ehlo: {words}", stage=Stage.EHLO, temporary=True)
        return cast(asyncio.Transport, transport)
