"""Letters to a mail server, by aiosmtplib's commands one at a time.

Each command is sent by itself so that the stage of any failure is known, which decides what the
failure means (see `digest.delivery.replies`). Nothing here retries: the courier does.
"""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

import aiosmtplib
from aiosmtplib.errors import SMTPException, SMTPResponseException

from digest.delivery.greeting import load_certificates, open_conversation
from digest.delivery.replies import judge_reply, no_answer
from digest.delivery.wire import canonical, stuff_dots
from digest.model import EmailAddress, Letter, Outcome, Stage

if TYPE_CHECKING:
    import ssl

    from digest.config import SmtpConfig

#: A polite goodbye is not worth a longer wait.
QUIT_SECONDS = 5.0


class SmtpTransport:
    """One relay. The password is kept out of every message, log line and repr."""

    def __init__(
        self, config: SmtpConfig, password: str | None = None, *, ca_file: Path | None = None
    ) -> None:
        self._config = config
        self._password = password
        self._ca_file = ca_file or (Path(config.ca_file) if config.ca_file else None)
        self._tls: ssl.SSLContext | None = None
        self.connections = config.connections
        self.name = f"{config.host}:{config.port}"

    def __repr__(self) -> str:
        return f"SmtpTransport({self.name!r})"

    async def connect(self) -> SmtpConnection:
        """Open, secure and log in.

        Raises:
            ConnectFailed: with the server's words; `temporary` if a later try may work.
            ConfigError: the file of trusted certificates cannot be used.
        """
        if self._tls is None and self._config.security != "none":
            self._tls = await asyncio.to_thread(load_certificates, self._ca_file)
        client = await open_conversation(self._config, self._password, self._tls)
        return SmtpConnection(client, self._config, self.name)


class _Broken(Exception):
    """The conversation ended at a stage, without an answer that can be used."""

    def __init__(self, stage: Stage, words: str, code: int = 0) -> None:
        super().__init__(words)
        self.stage = stage
        self.words = words
        self.code = code


class _Refused(Exception):
    """The server said no at a stage."""

    def __init__(self, stage: Stage, code: int, words: str) -> None:
        super().__init__(words)
        self.stage = stage
        self.code = code
        self.words = words


class SmtpConnection:
    """An open conversation behind EHLO, TLS and AUTH."""

    def __init__(self, client: aiosmtplib.SMTP, config: SmtpConfig, relay: str) -> None:
        self._client = client
        self._config = config
        self._relay = relay
        self._left = config.letters_per_connection
        self._lost = False
        self._size_limit = _size_limit(client)

    @property
    def usable(self) -> bool:
        return not self._lost and self._left > 0 and self._client.is_connected

    async def send(self, letter: Letter) -> Outcome:
        """Send one letter: MAIL, RCPT, DATA, content. Whatever the server does is an Outcome."""
        self._left -= 1
        content = canonical(letter.content)
        if refusal := self._refusal(letter, len(content)):
            return refusal
        try:
            await self._offer(letter, len(content))
            words = await self._hand_over(content)
        except _Broken as broken:
            self._drop()
            judged = no_answer(broken.stage)
            outcome = Outcome(
                kind=judged.kind, stage=broken.stage, words=broken.words, relay=self._relay
            )
        except _Refused as refused:
            outcome = await self._take_refusal(refused)
        else:
            outcome = self._outcome(Stage.DOT, 250, words)
        return outcome

    async def close(self) -> None:
        """QUIT within a few seconds, then hang up."""
        if not self._lost and self._client.is_connected:
            with contextlib.suppress(SMTPException, OSError, TimeoutError):
                await self._client.quit(timeout=min(QUIT_SECONDS, self._config.command_timeout))
        self._drop()

    def _refusal(self, letter: Letter, size: int) -> Outcome | None:
        """What need not be asked of the server, because it has already said no in its EHLO."""
        envelope = letter.envelope
        if envelope.needs_smtputf8 and not self._client.supports_extension("smtputf8"):
            words = f"5.6.7 {self._relay} does not offer SMTPUTF8, which the address needs"
            if envelope.recipient.is_ascii:
                return self._outcome(Stage.MAIL, 550, words)
            return self._outcome(Stage.RCPT, 553, words)
        if self._size_limit and size > self._size_limit:
            words = f"5.3.4 the letter has {size} octets, {self._relay} takes {self._size_limit}"
            return self._outcome(Stage.MAIL, 552, words)
        return None

    async def _offer(self, letter: Letter, size: int) -> None:
        envelope = letter.envelope
        options = [b"SIZE=%d" % size] if self._client.supports_extension("size") else []
        if envelope.needs_smtputf8:
            options.append(b"SMTPUTF8")
        await self._command(Stage.MAIL, b"MAIL", b"FROM:" + _path(envelope.sender), *options)
        await self._command(Stage.RCPT, b"RCPT", b"TO:" + _path(envelope.recipient))
        await self._command(Stage.DATA, b"DATA")

    async def _command(self, stage: Stage, *words: bytes) -> None:
        wanted = range(354, 355) if stage is Stage.DATA else range(200, 300)
        try:
            reply = await self._client.execute_command(*words, timeout=self._config.command_timeout)
        except SMTPResponseException as error:
            raise _Broken(stage, f"not a reply: {_one_line(error.message)}") from None
        except TimeoutError:
            seconds = self._config.command_timeout
            raise _Broken(stage, f"no answer within {seconds:g} s") from None
        except (SMTPException, OSError) as error:
            raise _Broken(stage, _one_line(str(error)) or "connection lost") from None
        if reply.code not in wanted:
            raise _Refused(stage, reply.code, _one_line(reply.message))

    async def _hand_over(self, content: bytes) -> str:
        """Write the content and wait for its answer; from here on, silence means: unknown."""
        protocol = self._client.protocol
        if protocol is None:
            raise _Broken(Stage.DATA, "connection lost")
        try:
            protocol.write(stuff_dots(content))
            reply = await protocol.read_response(timeout=self._config.dot_timeout)
        except SMTPResponseException as error:
            raise _Broken(Stage.DOT, f"not a reply: {_one_line(error.message)}") from None
        except TimeoutError:
            seconds = self._config.dot_timeout
            raise _Broken(Stage.DOT, f"no answer to the letter within {seconds:g} s") from None
        except (SMTPException, OSError) as error:
            raise _Broken(Stage.DOT, _one_line(str(error)) or "connection lost") from None
        if not 200 <= reply.code < 300:
            raise _Refused(Stage.DOT, reply.code, _one_line(reply.message))
        return _one_line(reply.message)

    async def _take_refusal(self, refused: _Refused) -> Outcome:
        outcome = self._outcome(refused.stage, refused.code, refused.words)
        if judge_reply(refused.stage, refused.code, refused.words).ends:
            self._drop()
        elif refused.stage is not Stage.DOT:
            await self._reset()
        return outcome

    async def _reset(self) -> None:
        """Clear the refused envelope, so that the next letter does not inherit it."""
        try:
            reply = await self._client.execute_command(
                b"RSET", timeout=self._config.command_timeout
            )
        except (SMTPException, OSError):
            self._drop()
            return
        if not 200 <= reply.code < 300:
            self._drop()

    def _outcome(self, stage: Stage, code: int, words: str) -> Outcome:
        judged = judge_reply(stage, code, words)
        return Outcome(
            kind=judged.kind,
            stage=stage,
            code=code if 200 <= code < 600 else 0,
            enhanced=judged.enhanced,
            words=words,
            relay=self._relay,
        )

    def _drop(self) -> None:
        self._lost = True
        self._client.close()


def _path(address: EmailAddress) -> bytes:
    """`<address>` for MAIL and RCPT: exactly the validated address, in UTF-8 (RFC 6531)."""
    text = str(address)
    if any(c in "<>" or c.isspace() or not c.isprintable() for c in text):
        raise _Refused(Stage.RCPT, 553, "5.1.3 the address cannot be written on the wire")
    return b"<" + text.encode() + b">"


def _size_limit(client: aiosmtplib.SMTP) -> int:
    """The octets that the server takes (RFC 1870), or 0: it does not say."""
    text = client.esmtp_extensions.get("size", "").strip()
    return int(text) if text.isascii() and text.isdigit() else 0


def _one_line(text: str) -> str:
    """A reply's words on one line, without control characters, at a length fit for a ledger."""
    clean = "".join(c if c.isprintable() else " " for c in text)
    return " ".join(clean.split())[:500]
