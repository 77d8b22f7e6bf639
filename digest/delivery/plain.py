"""Letters to a mail server that takes one command at a time, by aiosmtplib."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable

import aiosmtplib
from aiosmtplib.errors import SMTPException, SMTPResponseException

from digest.config import SmtpConfig
from digest.delivery.replies import judge_reply
from digest.delivery.terms import Terms
from digest.model import Letter, Outcome, Stage

#: A polite goodbye is not worth a longer wait.
QUIT_SECONDS = 5.0


class _Broken(Exception):
    """The conversation ended without an answer that can be used."""


class PlainConnection:
    """An open conversation behind EHLO, TLS and AUTH.

    Each command is sent by itself, so that the stage of any failure is known, which decides what
    the failure means (`digest.delivery.replies`).
    """

    gave_way = False

    def __init__(self, client: aiosmtplib.SMTP, config: SmtpConfig, terms: Terms) -> None:
        self._client = client
        self._config = config
        self._terms = terms
        self._left = config.letters_per_connection
        self._lost = False
        self._open = False  # a 354 was given: only content may follow

    @property
    def usable(self) -> bool:
        return not self._lost and self._left > 0 and self._client.is_connected

    @property
    def eightbit(self) -> bool:
        return self._terms.eightbit

    async def offer(self, letter: Letter) -> Outcome | None:
        """MAIL, RCPT, DATA; None: the server waits for the content."""
        self._left -= 1
        if refusal := self._terms.refusal(letter):
            return refusal
        for stage, command in (
            (Stage.MAIL, self._terms.mail(letter)),
            (Stage.RCPT, self._terms.rcpt(letter)),
            (Stage.DATA, b"DATA"),
        ):
            if outcome := await self._ask(stage, command):
                return outcome
        self._open = True
        return None

    async def hand_over(self, letter: Letter, following: Letter | None = None) -> Outcome:
        """Write the content and wait for its answer; silence means: unknown."""
        protocol = self._client.protocol
        if self._lost or protocol is None or not self._client.is_connected:
            self._drop()
            return self._terms.silence(Stage.DATA, "connection lost")
        seconds = self._config.dot_timeout
        try:
            protocol.write(letter.stuffed + b".\r\n")
            self._open = False
            code, words = await _reply(protocol.read_response(timeout=seconds), seconds)
        except _Broken as broken:
            self._drop()
            return self._terms.silence(Stage.DOT, str(broken))
        outcome = self._terms.outcome(Stage.DOT, code, words)
        if judge_reply(Stage.DOT, code, words).ends:
            self._drop()
        return outcome

    async def close(self) -> None:
        """QUIT within a few seconds, then hang up."""
        if not self._lost and not self._open and self._client.is_connected:
            with contextlib.suppress(SMTPException, OSError, TimeoutError):
                await self._client.quit(timeout=min(QUIT_SECONDS, self._config.command_timeout))
        self._drop()

    async def _ask(self, stage: Stage, command: bytes) -> Outcome | None:
        seconds = self._config.command_timeout
        try:
            reply = self._client.execute_command(command, timeout=seconds)
            code, words = await _reply(reply, seconds)
        except _Broken as broken:
            self._drop()
            return self._terms.silence(stage, str(broken))
        if code == 354 if stage is Stage.DATA else 200 <= code < 300:
            return None
        if judge_reply(stage, code, words).ends:
            self._drop()
        else:
            await self._reset()
        return self._terms.outcome(stage, code, words)

    async def _reset(self) -> None:
        """Clear the refused envelope, so that the next letter does not inherit it."""
        seconds = self._config.command_timeout
        try:
            code, _ = await _reply(self._client.execute_command(b"RSET", timeout=seconds), seconds)
        except _Broken:
            code = 0
        if not 200 <= code < 300:
            self._drop()

    def _drop(self) -> None:
        self._lost = True
        self._client.close()


async def _reply(answer: Awaitable[aiosmtplib.SMTPResponse], seconds: float) -> tuple[int, str]:
    """The code and the words of an answer that is awaited.

    Raises:
        _Broken: none came, or one that is no reply.
    """
    try:
        reply = await answer
    except SMTPResponseException as error:
        raise _Broken(f"not a reply: {error.message}") from None
    except TimeoutError:
        raise _Broken(f"no answer within {seconds:g} s") from None
    except (SMTPException, OSError) as error:
        raise _Broken(str(error) or "connection lost") from None
    return reply.code, " ".join(reply.message.split())
