"""Signs letters on all cores.

To sign with RSA-2048 takes longer than all the rest of a letter together. The sending process
writes each letter up to the hash that is to be signed; processes that do nothing else sign it.
Threads would not do: whenever one has signed it asks for the interpreter that is busy sending.
"""

from __future__ import annotations

import asyncio
import os
import re
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from types import TracebackType
from typing import Protocol, Self, cast

from digest.mailing.dkim import Signer
from digest.mailing.letter import Draft
from digest.mailing.signing_process import introduce
from digest.model import Letter, Recipient

_COMMAND = (sys.executable or "", "-P", "-m", "digest.mailing.signing_process")
#: What a process gets of our environment: what Python needs, and none of our secrets.
_KNOWN = re.compile(r"(PATH|HOME|LANG|LC_\w+|TMPDIR|VIRTUAL_ENV|(PYTHON|LD_|DYLD_|OPENSSL_)\w+)")
#: A few letters are signed sooner than a process is there.
FIRST_LETTERS = 50
#: One event loop keeps no more of them busy.
MOST_HELPERS = 8
#: Seconds that a process may owe an answer, after which it is not asked any more.
PATIENCE = 5.0
_LOOKS = 5
_SHUT_DOWN = 2.0


class DraftWriter(Protocol):
    """What writes letters up to what is to be signed, by each of `signers`."""

    @property
    def signers(self) -> Sequence[Signer]: ...
    def draft(self, recipient: Recipient) -> Draft: ...


class Press:
    """Writes and signs letters; to be used in an `async with`.

    The first letters are signed by this process, and all of them where there is only one core.
    It also signs what a process was asked for that dies. `helpers` is for the number of
    processes; None: one for each core.
    """

    def __init__(self, writer: DraftWriter, helpers: int | None = None) -> None:
        self._writer = writer
        self._signers = writer.signers
        cores = min(_cores(), MOST_HELPERS)
        self._wanted = helpers if helpers is not None else cores if cores > 1 else 0
        self._letters = 0
        self._helpers: list[_Helper] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for helper in self._helpers:
            helper.close()
        end = time.monotonic() + _SHUT_DOWN
        running = [helper.process for helper in self._helpers]
        while running := [process for process in running if process.poll() is None]:
            if time.monotonic() > end:
                for process in running:
                    process.kill()
                    process.wait()
            await asyncio.sleep(0.005)

    async def write(self, recipient: Recipient) -> Letter:
        """The signed letter of one ledger row.

        Raises:
            LetterError: as `LetterWriter.write` does.
        """
        self._letters += 1
        if self._letters == FIRST_LETTERS:
            await self.hire()
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

    async def hire(self) -> None:
        """Start the processes, once; what the system does not give is done without."""
        wanted, self._wanted = self._wanted, 0
        introduction = introduce([signer.secret for signer in self._signers])
        with suppress(OSError):  # no more processes, or no more files
            for _ in range(wanted):
                process, ours = _start()
                helper = _Helper(process, introduction)
                self._helpers.append(helper)
                await helper.listen(ours)


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _start() -> tuple[subprocess.Popen[bytes], socket.socket]:
    """A process, and our end of what joins it to us.

    Raises:
        OSError: there is none to be had.
    """
    ours, theirs = socket.socketpair()
    try:
        with theirs:
            # A session of its own: Ctrl-C ends the run in order, which needs signatures yet.
            process = subprocess.Popen(  # noqa: S603 - ourselves, with no words from outside
                _COMMAND,
                stdin=theirs.fileno(),
                stdout=theirs.fileno(),
                stderr=subprocess.DEVNULL,
                env={name: value for name, value in os.environ.items() if _KNOWN.fullmatch(name)},
                start_new_session=True,
            )
    except BaseException:
        ours.close()
        raise
    return process, ours


class _Helper(asyncio.Protocol):
    """The conversation with one process: answers come in the order of the requests."""

    def __init__(self, process: subprocess.Popen[bytes], introduction: bytes) -> None:
        self.process = process
        self.ready = False
        self.asked: deque[asyncio.Future[bytes]] = deque()
        self._introduction = introduction
        self._transport: asyncio.WriteTransport | None = None
        self._heard = b""
        self._silent = 0  # looks in which it owed an answer

    async def listen(self, ours: socket.socket) -> None:
        """Begin the conversation at our end of what joins us."""
        await asyncio.get_running_loop().create_unix_connection(lambda: self, sock=ours)

    def ask(self, number: int, digest: bytes) -> asyncio.Future[bytes]:
        """A signature, in time; nothing, if the process dies."""
        assert self._transport is not None
        if not self.asked:
            self._silent = 0
        answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self.asked.append(answer)
        self._transport.write(number.to_bytes(1, "big") + digest)
        return answer

    def close(self) -> None:
        """The process ends with its input; one that never began to listen is not waited for."""
        if not self.ready:
            self.process.kill()
        self.ready = False
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.WriteTransport, transport)
        self._transport.write(self._introduction)
        self._watch(self._transport)

    def _watch(self, transport: asyncio.WriteTransport) -> None:
        """Have done with a process that does not answer: a stopped one must not stop the run.

        It is looked at several times before, as it is we who may have been stopped.
        """
        if transport.is_closing():
            return
        self._silent += 1
        if self.asked and self._silent > _LOOKS:
            self.ready = False
            transport.abort()
            return
        asyncio.get_running_loop().call_later(PATIENCE / _LOOKS, self._watch, transport)

    def data_received(self, data: bytes) -> None:
        self._silent = 0
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
