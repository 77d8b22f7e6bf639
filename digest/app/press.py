"""Signs letters on all cores.

To sign with RSA-2048 takes longer than all the rest of a letter together. The sending process
writes each letter up to the hash that is to be signed; processes that do nothing else sign it.
Threads would not do: whenever one has signed it asks for the interpreter that is busy sending.
"""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from collections import deque
from contextlib import suppress
from types import TracebackType
from typing import Self, cast

from digest.mailing.letter import LetterWriter
from digest.mailing.signing_process import introduce
from digest.model import Letter, Recipient

_COMMAND = (sys.executable, "-P", "-m", "digest.mailing.signing_process")
#: Seconds without any answer, after which a process is not asked any more.
PATIENCE = 5.0
_SHUT_DOWN = 2.0


class Press:
    """Writes and signs letters; to be used in an `async with`.

    Until the first process is ready, and where there is only one core or a process cannot be
    had or dies, this process signs.
    """

    def __init__(self, writer: LetterWriter, helpers: int | None = None) -> None:
        self._writer = writer
        self._signers = writer.signers
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
        self._wanted = helpers if helpers is not None else cores if cores > 1 else 0
        self._helpers: list[_Helper] = []
        self._processes: list[subprocess.Popen[bytes]] = []

    async def __aenter__(self) -> Self:
        for _ in range(self._wanted):
            with suppress(OSError):  # no more processes or files: others sign
                await self._start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for helper in self._helpers:
            helper.close()
        for process in self._processes:
            try:
                await asyncio.to_thread(process.wait, _SHUT_DOWN)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    async def write(self, recipient: Recipient) -> Letter:
        """The signed letter of one ledger row.

        Raises:
            LetterError: as `LetterWriter.write` does.
        """
        draft = self._writer.draft(recipient)
        asked = [self._ask(number, digest) for number, digest in enumerate(draft.digests)]
        signatures = [
            (answer and await answer) or await self._sign(number, draft.digests[number])
            for number, answer in enumerate(asked)
        ]
        return draft.sealed(signatures)

    def _ask(self, number: int, digest: bytes) -> asyncio.Future[bytes] | None:
        """A signature, or nothing from a process that dies; None: none is there to sign."""
        ready = [helper for helper in self._helpers if helper.ready]
        if not ready:
            return None
        return min(ready, key=lambda helper: len(helper.asked)).ask(number, digest)

    async def _sign(self, number: int, digest: bytes) -> bytes:
        await asyncio.sleep(0)  # or a process would never get to say that it is ready
        return self._signers[number].sign(digest)

    async def _start(self) -> None:
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                # A session of its own: Ctrl-C ends the run in order, which needs signatures yet.
                process = subprocess.Popen(  # noqa: S603 - ourselves, with no words from outside
                    _COMMAND,
                    stdin=theirs.fileno(),
                    stdout=theirs.fileno(),
                    stderr=subprocess.DEVNULL,
                    start_new_session=True,
                )
        except BaseException:
            ours.close()
            raise
        self._processes.append(process)
        introduction = introduce([signer.secret for signer in self._signers])
        loop = asyncio.get_running_loop()
        _, helper = await loop.create_unix_connection(lambda: _Helper(introduction), sock=ours)
        self._helpers.append(helper)


class _Helper(asyncio.Protocol):
    """The conversation with one process: answers come in the order of the requests."""

    def __init__(self, introduction: bytes) -> None:
        self._introduction = introduction
        self.ready = False
        self.asked: deque[asyncio.Future[bytes]] = deque()
        self._heard = b""
        self._answers = False

    def ask(self, number: int, digest: bytes) -> asyncio.Future[bytes]:
        answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self.asked.append(answer)
        self._transport.write(number.to_bytes(1, "big") + digest)
        return answer

    def close(self) -> None:
        self.ready = False
        self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.WriteTransport, transport)
        self._transport.write(self._introduction)
        self._watch()

    def _watch(self) -> None:
        """Have done with a process that does not answer: a stopped one must not stop the run."""
        if self._transport.is_closing():
            return
        if self.asked and not self._answers:
            self.ready = False
            self._transport.abort()
            return
        self._answers = False
        asyncio.get_running_loop().call_later(PATIENCE, self._watch)

    def data_received(self, data: bytes) -> None:
        self._answers = True
        heard, start = self._heard + data, 0
        while len(heard) >= start + 2:
            end = start + 2 + int.from_bytes(heard[start : start + 2], "big")
            if len(heard) < end:
                break
            self._take(heard[start + 2 : end])
            start = end
        self._heard = heard[start:]

    def connection_lost(self, error: Exception | None) -> None:
        self.ready = False
        while self.asked:
            _give(self.asked.popleft(), b"")

    def _take(self, answer: bytes) -> None:
        if not answer:
            self.ready = True
        elif self.asked:
            _give(self.asked.popleft(), answer)


def _give(asked: asyncio.Future[bytes], answer: bytes) -> None:
    if not asked.done():
        asked.set_result(answer)
