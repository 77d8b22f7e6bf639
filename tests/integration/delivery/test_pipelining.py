"""The pipelined conversation: one round trip a letter, and no lie of a server costs a letter."""

import asyncio
import contextlib
from contextlib import asynccontextmanager

import pytest

from digest.delivery.smtp import SmtpTransport
from digest.model import OutcomeKind, Stage
from tests.integration.delivery.test_courier import everyone
from tests.support.delivering import readers, smtp_config, smtp_run, write_letter
from tests.support.memory_ledger import MemoryLedger
from tests.support.smtp_server import Options, Rule, ScriptedServer


@asynccontextmanager
async def tcp_server(converse):
    """A server of one coroutine; (reader, writer) -> None."""
    tasks = set()

    async def serve(reader, writer):
        tasks.add(asyncio.current_task())
        try:
            await converse(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class Counting:
    """A plain server that counts how often it was waited for: reads that had to block."""

    def __init__(self):
        self.taken = []
        self.writes = 0

    async def converse(self, reader, writer):
        writer.write(b"220 fine\r\n")
        buffer = b""
        content = False
        recipient = ""
        while chunk := await reader.read(1 << 20):
            buffer += chunk
            answers = b""
            while True:
                if content:
                    if (end := buffer.find(b"\r\n.\r\n")) < 0:
                        break
                    buffer, content = buffer[end + 5 :], False
                    self.taken.append(recipient)
                    answers += b"250 2.0.0 taken\r\n"
                    continue
                line, found, rest = buffer.partition(b"\r\n")
                if not found:
                    break
                buffer, verb = rest, line[:4].upper()
                if verb == b"RCPT":
                    recipient = line.decode().partition("<")[2].partition(">")[0]
                if verb == b"EHLO":
                    answers += b"250-fine\r\n250-PIPELINING\r\n250 8BITMIME\r\n"
                elif verb == b"DATA":
                    content = True
                    answers += b"354 go on\r\n"
                elif verb == b"QUIT":
                    answers += b"221 bye\r\n"
                else:
                    answers += b"250 fine\r\n"
            if answers:
                self.writes += 1
                writer.write(answers)


async def test_a_letter_costs_one_round_trip():
    ledger, server = MemoryLedger(readers(200)), Counting()
    async with tcp_server(server.converse) as port:
        run = smtp_run(ledger, port, connections=1, letters_per_connection=1_000)
        report = await run.go()
    assert report.sent == 200
    assert sorted(server.taken) == sorted(everyone(200))
    assert server.writes <= 200 + 4  # greeting apart: EHLO, the first envelope, the last dot, QUIT


async def test_a_server_without_pipelining_is_asked_one_thing_at_a_time():
    ledger = MemoryLedger(readers(20))
    async with ScriptedServer(options=Options(pipelining=False)) as server:
        report = await smtp_run(ledger, server.port, connections=2).go()
    assert server.recipients == everyone(20)
    assert server.violations == []
    assert report.connects == 2


async def test_pipelining_can_be_turned_off():
    transport = SmtpTransport(smtp_config(1, pipelining=False))
    async with ScriptedServer() as server:
        transport = SmtpTransport(smtp_config(server.port, pipelining=False))
        connection = await transport.connect()
        assert type(connection).__name__ == "PlainConnection"
        await connection.close()


class Liar:
    """Offers PIPELINING, and throws away what comes behind a command, a content, or both."""

    def __init__(self, *, group, behind, complains=False):
        self.group, self.behind, self.complains = group, behind, complains
        self.taken = []

    async def converse(self, reader, writer):
        writer.write(b"220 fine\r\n")
        recipient = ""
        while True:
            line = await reader.readuntil(b"\r\n")
            verb = line[:4].upper()
            if verb == b"EHLO":
                writer.write(b"250-fine\r\n250 PIPELINING\r\n")
            elif verb == b"DATA":
                writer.write(b"354 go on\r\n")
                await reader.readuntil(b"\r\n.\r\n")
                self.taken.append(recipient)
                complaints = await self.flush(reader) if self.behind else b""
                writer.write(b"250 2.0.0 taken\r\n" + complaints)
            elif verb == b"QUIT":
                writer.write(b"221 bye\r\n")
                return
            else:
                if verb == b"RCPT":
                    recipient = line.decode().partition("<")[2].partition(">")[0]
                complaints = await self.flush(reader) if self.group else b""
                writer.write(b"250 fine\r\n" + complaints)

    async def flush(self, reader):
        await asyncio.sleep(0.01)
        thrown = bytes(reader._buffer)
        reader._buffer.clear()
        return b"503 5.5.0 one at a time\r\n" * (thrown.count(b"\n") * self.complains)


@pytest.mark.parametrize(
    ("group", "behind"), [(True, True), (True, False), (False, True)], ids=["all", "group", "dot"]
)
@pytest.mark.parametrize("complains", [False, True], ids=["silent", "complains"])
async def test_a_server_that_lies_about_pipelining_gets_every_letter_once(
    group, behind, complains, monkeypatch
):
    monkeypatch.setattr("digest.delivery.pipeline.DOUBT_SECONDS", 0.2)
    ledger, server = (
        MemoryLedger(readers(30)),
        Liar(group=group, behind=behind, complains=complains),
    )
    async with tcp_server(server.converse) as port:
        report = await smtp_run(ledger, port).go()
    assert sorted(server.taken) == sorted(everyone(30))
    assert report.sent == 30
    assert {row.attempts for row in ledger.rows.values()} == {1}


async def test_a_refused_recipient_among_pipelined_ones_gets_nothing_and_harms_nobody():
    """Also where the server answers DATA with 354 although it has no recipient (RFC 2920 §3.1)."""
    ledger = MemoryLedger(readers(60))
    rules = [Rule("rcpt", recipient="7@", reply="550 5.1.1 no such user")]
    async with ScriptedServer(rules) as server:
        report = await smtp_run(ledger, server.port, connections=2).go()
    gone = {f"reader{n}@example.org" for n in range(60) if n % 10 == 7}
    assert ledger.at("rejected") == gone
    assert server.recipients == {r: 1 for r in everyone(60) if r not in gone}
    assert report.connects == 2


class Eager(Counting):
    """Answers DATA with 354 whatever was refused, and takes the lone dot for a letter."""

    async def converse(self, reader, writer):
        writer.write(b"220 fine\r\n")
        recipient = ""
        while True:
            line = await reader.readuntil(b"\r\n")
            verb = line[:4].upper()
            if verb == b"EHLO":
                writer.write(b"250-fine\r\n250 PIPELINING\r\n")
            elif verb == b"RCPT" and b"7@" in line:
                recipient = ""
                writer.write(b"550 5.1.1 no such user\r\n")
            elif verb == b"DATA":
                writer.write(b"354 go on\r\n")
                content = b"\r\n"
                while not content.endswith(b"\r\n.\r\n"):
                    content += await reader.readuntil(b"\r\n")
                if recipient:
                    self.taken.append(recipient)
                    writer.write(b"250 2.0.0 taken\r\n")
                else:
                    assert content == b"\r\n.\r\n"
                    writer.write(b"554 5.5.1 no valid recipients\r\n")
            elif verb == b"QUIT":
                writer.write(b"221 bye\r\n")
                return
            else:
                if verb == b"RCPT":
                    recipient = line.decode().partition("<")[2].partition(">")[0]
                writer.write(b"250 fine\r\n")


async def test_a_354_for_nobody_is_answered_by_a_lone_dot():
    ledger, server = MemoryLedger(readers(40)), Eager()
    async with tcp_server(server.converse) as port:
        report = await smtp_run(ledger, port, connections=2).go()
    assert len(ledger.at("rejected")) == 4
    assert report.sent == len(server.taken) == len(set(server.taken)) == 36
    assert report.connects == 2


@pytest.mark.parametrize(
    "junk",
    [b"250 who asked?\r\n", b"hello\r\n", b"99 x\r\n", b"250-a\r\n550 b\r\n", b"x" * 100_000],
    ids=["unasked", "words", "short", "two codes", "endless"],
)
async def test_garbage_between_letters_closes_and_loses_nothing(junk):
    ledger = MemoryLedger(readers(20))
    async with ScriptedServer(
        [Rule("dot", raw="250 2.0.0 taken\r\n" + junk.decode(), times=2, take=True)]
    ) as server:
        await smtp_run(ledger, server.port).go()
    in_doubt = ledger.at("unknown")
    assert len(in_doubt) <= 2
    assert set(server.recipients) == set(everyone(20))
    assert set(server.recipients.values()) == {1}


async def test_a_reply_of_64_kilobytes_is_read_whole():
    lines = "\n".join(f"250-{n:04d} {'x' * 100}" for n in range(600))
    ledger = MemoryLedger(readers(10))
    async with ScriptedServer([Rule("dot", reply=f"{lines}\n250 2.0.0 done", take=True)]) as server:
        report = await smtp_run(ledger, server.port).go()
    assert report.sent == 10
    assert all(len(reply.last_words) <= 500 for reply in report.replies)


async def ask_for_content(reader, writer):
    """A server's part from its greeting up to the 354 of the first letter."""
    writer.write(b"220 fine\r\n")
    await reader.readuntil(b"\r\n")
    writer.write(b"250-fine\r\n250 PIPELINING\r\n")
    for _ in range(3):
        await reader.readuntil(b"\r\n")
    writer.write(b"250 a\r\n250 b\r\n354 c\r\n")


async def test_a_reply_that_only_drips_is_no_answer():
    """Each line of it comes in time; the reply does not."""

    async def converse(reader, writer):
        writer.write(b"220 fine\r\n")
        await reader.readuntil(b"\r\n")
        writer.write(b"250-fine\r\n250 PIPELINING\r\n")
        await reader.readuntil(b"DATA\r\n")
        with contextlib.suppress(ConnectionError):
            while not writer.is_closing():
                writer.write(b"250-go on waiting\r\n")
                await writer.drain()
                await asyncio.sleep(0.2)

    async with tcp_server(converse) as port:
        connection = await SmtpTransport(smtp_config(port, command_timeout=0.6)).connect()
        async with asyncio.timeout(4):
            outcome = await connection.offer(write_letter(readers(1)[0]))
        await connection.close()
    assert outcome is not None
    assert outcome.kind is OutcomeKind.UNTRIED


async def test_a_server_that_reads_slowly_holds_the_writer_back():
    """Back-pressure: what is not read yet is bounded by one letter a connection."""
    letter = write_letter(readers(1)[0])
    big = type(letter).of(letter.envelope, letter.message_id, b"x" * 70 + b"\r\n")
    big = type(letter)(
        envelope=big.envelope, message_id=big.message_id, pieces=(big.stuffed * 99999,)
    )

    async def converse(reader, writer):
        await ask_for_content(reader, writer)
        reader._limit = 1 << 24
        await asyncio.sleep(0.2)
        await reader.readuntil(b"\r\n.\r\n")
        writer.write(b"250 2.0.0 taken\r\n")
        await reader.readuntil(b"\r\n")  # QUIT

    async with tcp_server(converse) as port:
        connection = await SmtpTransport(smtp_config(port)).connect()
        assert await connection.offer(big) is None
        outcome = await connection.hand_over(big)
        await connection.close()
    assert (outcome.kind, outcome.stage) == (OutcomeKind.SENT, Stage.DOT)


async def test_a_reader_suppressed_between_claim_and_content_gets_nothing():
    """Her envelope may be on the wire already; no content follows."""
    ledger = MemoryLedger(readers(40))

    def look(session, recipient):
        ledger.suppressed = frozenset({"reader20@example.org"})

    async with ScriptedServer(on_body=look) as server:
        report = await smtp_run(ledger, server.port, connections=2).go()
    assert "reader20@example.org" not in server.recipients
    assert ledger.at("suppressed") == {"reader20@example.org"}
    assert report.sent == 39
