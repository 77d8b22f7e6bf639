"""A mail server in a process of its own that writes down what it takes before it says so.

    python -m tests.support.recording_sink LOG '{"port": 0, "delay": 0.02, "defer": 10}'

prints its port. LOG is appended to, a line a fact, each with one write before its answer:

    take TIME SESSION RECIPIENT MESSAGE-ID DIGEST
    defer TIME SESSION RECIPIENT
    reject TIME SESSION RECIPIENT
    open TIME SESSION
    shut TIME SESSION

TIME is of the system's monotonic clock, in seconds. So a log outlives its server, and a server
that is killed and started again on its port goes on with it.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import re
import subprocess
import sys
import time
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

_MESSAGE_ID = re.compile(rb"^message-id:\s*(\S+)", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Ways:
    """What the server is like.

    `delay`: seconds until it answers a letter's end. `defer`: of a hundred recipients so many
    (always the same) get 450 the first time. `reject`: who has it in the address gets 550.
    `cut`: each so manieth letter is taken, and the connection is reset instead of an answer.
    """

    port: int = 0
    delay: float = 0.0
    defer: int = 0
    reject: str = ""
    cut: int = 0


@dataclass(frozen=True)
class Taken:
    """A letter that the server has taken."""

    at: float
    session: str
    recipient: str
    message_id: str
    digest: str


@dataclass
class Record:
    """What a log says. `connections` is how many were open at once at most."""

    taken: list[Taken] = field(default_factory=list)
    deferred: list[str] = field(default_factory=list)
    rejected: list[str] = field(default_factory=list)
    sessions: int = 0
    connections: int = 0

    @property
    def recipients(self) -> Counter[str]:
        return Counter(letter.recipient for letter in self.taken)


def read_record(log: Path) -> Record:
    """All that was written until now."""
    record, alive = Record(), set[str]()
    for line in log.read_text().splitlines():
        kind, at, session, *words = line.split(" ")
        if kind == "take":
            record.taken.append(Taken(float(at), session, *words))
        elif kind == "open":
            record.sessions += 1
            alive.add(session)
            record.connections = max(record.connections, len(alive))
        elif kind == "shut":
            alive.discard(session)
        else:
            (record.deferred if kind == "defer" else record.rejected).append(words[0])
    return record


class Sink:
    """The server as a test sees it: started, killed, started again on its port."""

    def __init__(self, log: Path, ways: Ways = Ways()) -> None:
        self.log = log
        self.ways = ways
        self._process: subprocess.Popen[str] | None = None
        self._read, self._taken = 0, 0

    @property
    def port(self) -> int:
        return self.ways.port

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        self.log.touch()
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__, str(self.log), json.dumps(asdict(self.ways))],
            cwd=Path(__file__).parents[2],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        self.ways = replace(self.ways, port=int(self._process.stdout.readline()))

    def kill(self) -> None:
        if self._process:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def count(self) -> int:
        """How many letters it has taken; cheap enough to ask all the time."""
        with self.log.open("rb") as file:
            file.seek(self._read)
            found = file.read()
        whole = found[: found.rfind(b"\n") + 1]
        self._read += len(whole)
        self._taken += whole.count(b"\ntake ") + whole.startswith(b"take ")
        return self._taken

    def record(self) -> Record:
        return read_record(self.log)


@contextmanager
def recording_sink(folder: Path, ways: Ways = Ways()) -> Iterator[Sink]:
    folder.mkdir(parents=True, exist_ok=True)
    sink = Sink(folder / "sink.log", ways)
    sink.start()
    try:
        yield sink
    finally:
        sink.kill()


class _Book:
    """The log, and what all conversations share."""

    def __init__(self, log: Path, ways: Ways) -> None:
        self._file = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self.ways = ways
        self.sessions = 0
        self.letters = 0
        self.deferred: set[str] = set()

    def note(self, kind: str, session: str, *words: str) -> None:
        line = " ".join((kind, f"{time.monotonic():.6f}", session, *words))
        os.write(self._file, line.encode() + b"\n")

    def verdict(self, recipient: str) -> str:
        """What becomes of a recipient: "take", "defer" or "reject"."""
        ways = self.ways
        if ways.reject and ways.reject in recipient:
            return "reject"
        if ways.defer and recipient not in self.deferred and is_deferred(recipient, ways.defer):
            self.deferred.add(recipient)
            return "defer"
        return "take"


def is_deferred(recipient: str, percent: int) -> bool:
    """Whether a recipient is among those who get 450 the first time."""
    return zlib.crc32(recipient.encode()) % 100 < percent


class _Conversation(asyncio.Protocol):
    """One client. It may send ahead (RFC 2920); answers leave in order."""

    def __init__(self, book: _Book) -> None:
        self.book = book
        book.sessions += 1
        self.session = f"{os.getpid()}.{book.sessions}"
        self.buffer = b""
        self.recipient = ""
        self.in_letter = False
        self.resting = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.book.note("open", self.session)
        transport.write(b"220 sink.example.org ESMTP\r\n")

    def connection_lost(self, _: Exception | None) -> None:
        self.book.note("shut", self.session)

    def data_received(self, octets: bytes) -> None:
        self.buffer += octets
        self.go_on()

    def go_on(self) -> None:
        while not self.resting and not self.transport.is_closing():
            if self.in_letter:
                content, found, rest = self.buffer.partition(b"\r\n.\r\n")
                if not found:
                    return
                self.buffer, self.in_letter = rest, False
                self.take(content)
            else:
                line, found, rest = self.buffer.partition(b"\r\n")
                if not found:
                    return
                self.buffer = rest
                self.transport.write(self.answer(line))

    def answer(self, line: bytes) -> bytes:
        verb = line[:4].upper()
        if verb == b"EHLO":
            return b"250-sink.example.org\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n"
        if verb == b"MAIL":
            self.recipient = ""
        elif verb == b"RCPT":
            return self.hear(line.partition(b"<")[2].partition(b">")[0].decode())
        elif verb == b"DATA":
            if not self.recipient:
                return b"503 5.5.1 no recipient\r\n"
            self.in_letter = True
            return b"354 go on\r\n"
        elif verb == b"QUIT":
            self.transport.write(b"221 2.0.0 bye\r\n")
            self.transport.close()
            return b""
        return b"250 2.0.0 fine\r\n"

    def hear(self, recipient: str) -> bytes:
        verdict = self.book.verdict(recipient)
        if verdict == "take":
            self.recipient = recipient
            return b"250 2.1.5 fine\r\n"
        self.book.note(verdict, self.session, recipient)
        if verdict == "defer":
            return b"450 4.2.1 try again later\r\n"
        return b"550 5.1.1 no such user\r\n"

    def take(self, content: bytes) -> None:
        """Write it down, wait, then say so."""
        found = _MESSAGE_ID.search(content)
        name = found.group(1).decode() if found else "-"
        digest = hashlib.blake2b(content, digest_size=8).hexdigest()
        self.book.note("take", self.session, self.recipient, name, digest)
        self.book.letters += 1
        self.recipient = ""
        cut = self.book.ways.cut
        if cut and self.book.letters % cut == 0:
            self.transport.abort()
        elif self.book.ways.delay:
            self.resting = True
            asyncio.get_running_loop().call_later(self.book.ways.delay, self.say)
        else:
            self.say()

    def say(self) -> None:
        self.resting = False
        self.transport.write(b"250 2.0.0 taken\r\n")
        self.go_on()


async def _serve(book: _Book) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Conversation(book), "127.0.0.1", book.ways.port)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(_Book(Path(sys.argv[1]), Ways(**json.loads(sys.argv[2])))))
