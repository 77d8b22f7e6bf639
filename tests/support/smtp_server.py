"""An SMTP server that does as its script says, on loopback.

It notes every message that it takes (memory, and a JSON-lines file) BEFORE it answers 250, so that
what it says was taken is the truth, whatever becomes of the answer. In a test:

    rules = [Rule("rcpt", recipient="bad@", reply="550 5.1.1 no such user")]
    async with ScriptedServer(rules) as server:
        ... server.port, server.accepted

As a process of its own, which prints its port on the first line:

    python -m tests.support.smtp_server --script script.json --log taken.jsonl [--port N]

where script.json is {"rules": [{"stage": "dot", "drop": "before", "skip": 3, "times": 1}],
"options": {"pipelining": true, "users": {"papers": "secret"}}}.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import contextlib
import hashlib
import json
import os
import re
import signal
import ssl
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal, TextIO

TLS = Path(__file__).parents[1] / "data" / "tls"
_MESSAGE_ID = re.compile(rb"^Message-ID:\s*(\S+)", re.IGNORECASE | re.MULTILINE)


@dataclass
class Rule:
    """What to do at a stage of the conversation.

    Stages: connect, ehlo, helo, starttls, auth, mail, rcpt, data, body, dot, rset.
    Which times: `recipient` (part of the address; "" is any), `skip` the first so many matches,
    at most `times` of them, the first `tries` of each recipient (greylisting), each `every`th.
    What: wait `delay` seconds, `stall` (never answer), `drop` before or after the answer, answer
    `reply` instead ("\\n" makes lines), or the octets of `raw` (latin-1). `take`: at dot with a
    drop or another reply, whether the message is taken nevertheless. `reset`: drop by RST.
    At body: after `octets` of content have come. `signal` goes to the server's `pid` (after the
    `delay`, and after a `take` is noted); a SIGKILL ends the conversation too.
    A whole silent peer (half-open) is `stall`; `drop: "half"` ends our side and goes on reading.
    """

    stage: str
    recipient: str = ""
    skip: int = 0
    times: int | None = None
    tries: int | None = None
    every: int = 1
    delay: float = 0.0
    stall: bool = False
    drop: Literal["", "before", "after", "half"] = ""
    reply: str = ""
    raw: str = ""
    take: bool = False
    reset: bool = False
    octets: int = 1
    signal: int = 0
    seen: int = 0
    used: int = 0
    by_recipient: Counter[str] = field(default_factory=Counter)

    def applies(self, stage: str, recipient: str) -> bool:
        if stage != self.stage or self.recipient not in recipient:
            return False
        if self.tries is not None:
            self.by_recipient[recipient] += 1
            if self.by_recipient[recipient] > self.tries:
                return False
        self.seen += 1
        if self.seen <= self.skip or (self.seen - self.skip - 1) % self.every:
            return False
        if self.times is not None and self.used >= self.times:
            return False
        self.used += 1
        return True


@dataclass(frozen=True)
class Taken:
    """One message that the server has taken."""

    sender: str
    recipient: str
    message_id: str
    sha256: str
    session: int
    tls: bool
    at: float
    size: int


@dataclass
class Options:
    """What the server is like. `users` maps names to passwords; with any, MAIL needs AUTH.

    `flush` throws away what came behind a command before its answer; with `pipelining` it lies.
    `letters_per_second` is a bucket of `burst` letters; MAIL beyond it gets `throttle_words`.
    `dedupe` takes each Message-ID once and answers 250 to its copies.
    """

    pipelining: bool = True
    eightbit: bool = True
    smtputf8: bool = True
    size: int | None = 10_000_000
    ehlo: bool = True
    starttls: bool = False
    tls: bool = False
    certificate: str = "server"
    users: dict[str, str] = field(default_factory=dict)
    letters_per_connection: int | None = None
    max_connections: int | None = None
    idle_timeout: float | None = None
    chunk: int | None = None  # answers leave in packets of so many octets
    multiline: bool = False
    flush: bool = False
    chunking: bool = False
    letters_per_second: float | None = None
    burst: int = 20
    throttle_words: str = "450 4.7.0 rate limited, try again later"
    dedupe: bool = False
    keep: bool = False  # keep the content too


class _Gone(Exception):
    """This conversation is over."""


class ScriptedServer:
    """Listens on 127.0.0.1 from `async with` on. `on_body(session, recipient)` is called when a
    whole content has come, before anything is noted."""

    def __init__(
        self,
        rules: Sequence[Rule] = (),
        options: Options | None = None,
        *,
        log: Path | None = None,
        port: int = 0,
        on_body: Callable[[int, str], None] | None = None,
    ) -> None:
        self.rules = list(rules)
        self.options = options or Options()
        self.port = port
        self.on_body = on_body
        self.accepted: list[Taken] = []
        self.contents: dict[str, bytes] = {}
        self.connects: list[float] = []
        self.clear_octets: bytearray = bytearray()
        self.commands: list[str] = []
        self.violations: list[str] = []
        self.auth_tries = 0
        self.open = 0
        self.pid: int | None = None  # whom a rule's signal goes to
        self.duplicates = 0
        self.throttled = 0
        self._tokens = float(self.options.burst)
        self._filled = time.monotonic()
        self._known: set[str] = set()
        self._log_path = log
        self._log: TextIO | None = None
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._context: ssl.SSLContext | None = None

    @property
    def recipients(self) -> Counter[str]:
        return Counter(taken.recipient for taken in self.accepted)

    async def __aenter__(self) -> ScriptedServer:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        options = self.options
        if options.starttls or options.tls:
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._context.load_cert_chain(
                TLS / f"{options.certificate}.pem", TLS / f"{options.certificate}.key"
            )
        if self._log_path:
            self._log = self._log_path.open("a", encoding="utf-8")
        self._server = await asyncio.start_server(
            self._meet,
            "127.0.0.1",
            self.port,
            limit=2**26,
            ssl=self._context if options.tls else None,
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server:
            self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._log:
            self._log.close()

    def note(self, taken: Taken, content: bytes) -> None:
        if self.options.dedupe and taken.message_id in self._known:
            self.duplicates += 1
            return
        self._known.add(taken.message_id)
        self.accepted.append(taken)
        if self.options.keep:
            self.contents[taken.recipient] = content
        if self._log:
            self._log.write(json.dumps(asdict(taken)) + "\n")
            self._log.flush()

    def admits(self) -> bool:
        """Whether the bucket has a token for one letter more; it is taken out."""
        rate = self.options.letters_per_second
        if rate is None:
            return True
        now = time.monotonic()
        filled = self._tokens + (now - self._filled) * rate
        self._tokens, self._filled = min(filled, float(self.options.burst)), now
        if self._tokens < 1:
            self.throttled += 1
            return False
        self._tokens -= 1
        return True

    async def strike(self, number: int) -> None:
        """Send the signal to `pid`, once it is known."""
        while self.pid is None:
            await asyncio.sleep(0.005)
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, number)

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connects.append(time.monotonic())
        self.open += 1
        talk = _Conversation(self, reader, writer, len(self.connects))
        try:
            with contextlib.suppress(
                _Gone, ConnectionError, asyncio.IncompleteReadError, ssl.SSLError
            ):
                await talk.run()
        except asyncio.CancelledError:
            pass
        finally:
            self.open -= 1
            self._tasks.discard(task)
            writer.transport.abort() if talk.reset else writer.close()


class _Conversation:
    """One client's conversation."""

    def __init__(
        self,
        server: ScriptedServer,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        number: int,
    ) -> None:
        self.server = server
        self.options = server.options
        self.reader = reader
        self.writer = writer
        self.number = number
        self.secure = server.options.tls
        self.logged_in = not server.options.users
        self.sender: str | None = None
        self.recipient: str | None = None
        self.letters = 0
        self.reset = False
        self.eightbit = False
        self.chunks = b""

    async def run(self) -> None:
        many = self.options.max_connections
        if many is not None and self.server.open > many:
            await self.write("421 4.7.0 too many concurrent connections")
            raise _Gone
        await self.answer("connect", "220 scripted.example.org ESMTP")
        while True:
            line = await self.line()
            self.server.commands.append(line.decode("utf-8", "replace"))
            verb, _, rest = line.decode("utf-8", "replace").partition(" ")
            action = getattr(self, f"do_{verb.lower()}", None)
            if action is None:
                await self.write("502 5.5.1 what?")
            else:
                if self.options.flush:
                    await self.discard()
                await action(rest)

    async def line(self) -> bytes:
        try:
            line = await asyncio.wait_for(self.reader.readuntil(b"\n"), self.options.idle_timeout)
        except TimeoutError:
            raise _Gone from None
        if not self.secure:
            self.server.clear_octets += line
        if not line.endswith(b"\r\n") or b"\r" in line[:-2]:
            self.server.violations.append(f"command line {line!r}")
        return line.rstrip(b"\r\n")

    async def discard(self) -> None:
        """Throw away what stands behind the command, as a server that flushes its input."""
        with contextlib.suppress(TimeoutError):
            while await asyncio.wait_for(self.reader.read(2**16), 0.005):
                pass

    async def answer(self, stage: str, reply: str, taken: Callable[[], None] | None = None) -> bool:
        """Answer by the script, or with `reply`. True if it was `reply`."""
        rule = next((r for r in self.server.rules if r.applies(stage, self.recipient or "")), None)
        if rule is None:
            if taken:
                taken()
            await self.write(reply)
            return True
        await asyncio.sleep(rule.delay)
        killed = rule.signal == signal.SIGKILL
        changes = rule.stall or rule.drop == "before" or rule.reply or rule.raw or killed
        if taken and (rule.take or not changes):
            taken()
        if rule.signal:
            await self.server.strike(rule.signal)
        if rule.stall:
            await asyncio.sleep(3600)
        if rule.drop == "half":
            self.writer.write_eof()
            while await self.reader.read(2**16):
                pass
            raise _Gone
        if rule.drop == "before" or killed:
            self.reset = rule.reset
            raise _Gone
        if rule.raw:
            self.writer.write(rule.raw.encode("latin-1"))
            await self.writer.drain()
        else:
            await self.write(rule.reply or reply)
        if rule.drop == "after" or rule.reply.startswith("421"):
            raise _Gone
        return not (rule.reply or rule.raw)

    async def write(self, reply: str) -> None:
        lines = reply.split("\n")
        if self.options.multiline and len(lines) == 1:
            lines = [f"{reply[:4]}first part", reply]
        code = lines[0][:3]
        texts = [line[4:] if line[:3] == code else line for line in lines]
        octets = "".join(
            f"{code}{' ' if n == len(texts) - 1 else '-'}{text}\r\n" for n, text in enumerate(texts)
        ).encode()
        size = self.options.chunk or len(octets)
        for start in range(0, len(octets), size):
            self.writer.write(octets[start : start + size])
            await self.writer.drain()
            if size < len(octets):
                await asyncio.sleep(0)

    async def do_ehlo(self, _: str) -> None:
        if not self.options.ehlo:
            await self.write("502 5.5.1 EHLO is not known here")
            return
        options = self.options
        offers = ["ENHANCEDSTATUSCODES"]
        offers += ["PIPELINING"] if options.pipelining else []
        offers += ["8BITMIME"] if options.eightbit else []
        offers += ["CHUNKING"] if options.chunking else []
        offers += ["SMTPUTF8"] if options.smtputf8 else []
        offers += [f"SIZE {options.size}"] if options.size is not None else []
        offers += ["STARTTLS"] if options.starttls and not self.secure else []
        offers += ["AUTH PLAIN LOGIN"] if options.users else []
        await self.answer("ehlo", "250 scripted.example.org\n" + "\n".join(offers))

    async def do_helo(self, _: str) -> None:
        await self.answer("helo", "250 scripted.example.org")

    async def do_starttls(self, _: str) -> None:
        if not self.options.starttls or self.secure:
            await self.write("502 5.5.1 not here")
            return
        if await self.answer("starttls", "220 2.0.0 go ahead"):
            assert self.server._context is not None
            await self.writer.start_tls(self.server._context)
            self.secure = True

    async def do_auth(self, rest: str) -> None:
        self.server.auth_tries += 1
        words = rest.split()
        given = words[1] if len(words) > 1 else ""
        _, user, password = [*base64.b64decode(given).decode().split("\0"), "", ""][:3]
        right = self.options.users.get(user) == password
        reply = "235 2.7.0 welcome" if right else f"535 5.7.8 wrong for {given} {password}"
        self.logged_in = await self.answer("auth", reply) and right

    async def do_mail(self, rest: str) -> None:
        full = self.options.letters_per_connection
        if full is not None and self.letters >= full:
            await self.write("421 4.7.0 enough letters on this connection")
            raise _Gone
        self.recipient = None
        if not self.logged_in:
            await self.write("530 5.7.0 authentication required")
        elif self.sender is not None:
            self.server.violations.append("MAIL within a transaction")
            await self.write("503 5.5.1 nested MAIL")
        elif not self.server.admits():
            words = self.options.throttle_words
            await self.write(words)
            if words.startswith("421"):
                raise _Gone
        elif await self.answer("mail", "250 2.1.0 ok"):
            self.sender = _address(rest)
            self.eightbit = "BODY=8BITMIME" in rest.upper().split()

    async def do_rcpt(self, rest: str) -> None:
        if self.sender is None:
            await self.write("503 5.5.1 MAIL first")
            return
        self.recipient = _address(rest)
        if not await self.answer("rcpt", "250 2.1.5 ok"):
            self.recipient = None

    async def do_data(self, _: str) -> None:
        if self.recipient is None:
            await self.write("503 5.5.1 RCPT first")
        elif await self.answer("data", "354 go on"):
            await self.take()

    async def do_bdat(self, rest: str) -> None:
        """A chunk (RFC 3030); it is read whether or not it is wanted."""
        words = rest.upper().split()
        self.chunks += await self.reader.readexactly(int(words[0]))
        if self.recipient is None:
            self.chunks = b""
            await self.write("503 5.5.1 RCPT first")
        elif words[1:] == ["LAST"]:
            content, self.chunks = self.chunks, b""
            await self.take(content)
        else:
            await self.answer("bdat", "250 2.0.0 chunk taken")

    def inspect(self, content: bytes) -> None:
        """Note what RFC 5321 and RFC 6152 forbid in a content."""
        violations, who = self.server.violations, self.recipient
        breaks = content.count(b"\r\n")
        if not breaks == content.count(b"\n") == content.count(b"\r"):
            violations.append(f"bare CR or LF for {who}")
        if max(map(len, content.split(b"\r\n"))) > 998:
            violations.append(f"line over 998 octets for {who}")
        if not self.eightbit and not content.isascii():
            violations.append(f"8-bit octets without BODY=8BITMIME for {who}")

    async def take(self, chunks: bytes | None = None) -> None:
        content = await self.content() if chunks is None else chunks
        if self.options.flush:
            await self.discard()
        if self.server.on_body:
            self.server.on_body(self.number, self.recipient or "")
        self.inspect(content)
        found = _MESSAGE_ID.search(content)
        taken = Taken(
            sender=self.sender or "",
            recipient=self.recipient or "",
            message_id=found[1].decode() if found else "",
            sha256=hashlib.sha256(content).hexdigest(),
            session=self.number,
            tls=self.secure,
            at=time.time(),
            size=len(content),
        )
        self.letters += 1
        await self.answer("dot", "250 2.0.0 taken", lambda: self.server.note(taken, content))
        self.sender = self.recipient = None

    async def content(self) -> bytes:
        """The content, without dot-stuffing; only CRLF.CRLF ends it."""
        rule = next((r for r in self.server.rules if r.applies("body", self.recipient or "")), None)
        if rule:
            await self.reader.readexactly(rule.octets)
            await asyncio.sleep(rule.delay)
            if rule.signal:
                await self.server.strike(rule.signal)
            if rule.stall:
                await asyncio.sleep(3600)
            self.reset = rule.reset
            raise _Gone
        pieces, tail = [], b"\r\n"
        while not tail.endswith(b"\r\n.\r\n"):
            piece = await self.reader.readuntil(b".\r\n")
            pieces.append(piece)
            tail = (tail + piece)[-5:]
        stuffed = b"\r\n" + b"".join(pieces)[:-3]
        if stuffed.count(b"\r\n.") != stuffed.count(b"\r\n.."):
            self.server.violations.append(f"a dot not doubled for {self.recipient}")
        return stuffed.replace(b"\r\n.", b"\r\n")[2:]

    async def do_rset(self, _: str) -> None:
        self.sender = self.recipient = None
        self.chunks = b""
        await self.answer("rset", "250 2.0.0 flushed")

    async def do_noop(self, _: str) -> None:
        await self.write("250 2.0.0 ok")

    async def do_quit(self, _: str) -> None:
        await self.write("221 2.0.0 bye")
        raise _Gone


def _address(rest: str) -> str:
    found = re.search(r"<([^>]*)>", rest)
    return found[1] if found else ""


async def _serve(arguments: argparse.Namespace) -> None:
    script = json.loads(arguments.script.read_text()) if arguments.script else {}
    server = ScriptedServer(
        [Rule(**rule) for rule in script.get("rules", [])],
        Options(**script.get("options", {})),
        log=arguments.log,
        port=arguments.port,
    )
    await server.start()
    sys.stdout.write(f"{server.port}\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--script", type=Path)
    parser.add_argument("--log", type=Path)
    parser.add_argument("--port", type=int, default=0)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(parser.parse_args()))


if __name__ == "__main__":
    main()
