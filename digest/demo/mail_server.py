"""A loopback SMTP server that keeps what it takes in a Maildir."""

from __future__ import annotations

import asyncio
import mailbox
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP

#: An address with this local part is refused, as a mailbox that no longer exists would be.
GONE = "gone"


@dataclass(slots=True)
class KeptMail:
    """What the server did: where it listens, whom it refused, how many letters it took."""

    maildir: Path
    port: int = 0
    taken: int = 0
    refused: list[str] = field(default_factory=list)


class _Keeper:
    """aiosmtpd calls these by name (its handler hooks)."""

    def __init__(self, kept: KeptMail) -> None:
        self._kept = kept
        self._box = mailbox.Maildir(kept.maildir, create=True)

    async def handle_RCPT(  # noqa: N802
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: list[str]
    ) -> str:
        if address.partition("@")[0] == GONE:
            self._kept.refused.append(address)
            return f"550 5.1.1 <{address}>: no such mailbox here"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        self._box.add(mailbox.MaildirMessage(envelope.content))
        self._kept.taken += 1
        return "250 2.0.0 kept"


@contextmanager
def serve_mail(maildir: Path) -> Iterator[KeptMail]:
    """A server that lives as long as the block; `port` says where."""
    kept = KeptMail(maildir)
    loop = asyncio.new_event_loop()
    keeper = _Keeper(kept)
    listen = loop.create_server(
        lambda: SMTP(keeper, enable_SMTPUTF8=True, loop=loop), "127.0.0.1", 0
    )
    # aiosmtpd's own controller cannot tell which port it was given.
    server = loop.run_until_complete(listen)
    kept.port = server.sockets[0].getsockname()[1]
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield kept
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
