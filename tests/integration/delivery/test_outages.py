"""A relay that is away for a while, or falls silent, costs nobody a letter and no busy loop."""

import asyncio
import time
from dataclasses import dataclass, field, replace

import pytest

from digest.delivery.door import Timing
from digest.model import Letter
from tests.integration.delivery.test_pipelining import ask_for_content, tcp_server
from tests.support.delivering import QUICK, readers, smtp_run, write_letter
from tests.support.memory_ledger import MemoryLedger
from tests.support.smtp_server import TLS, Options, Rule, ScriptedServer

DOWN = 2.0


async def outage(server, knocks):
    """After 100 letters nobody listens for half the time; then connections are reset."""
    while len(server.accepted) < 100:
        await asyncio.sleep(0.002)
    await server.stop()
    begin = time.monotonic()
    await asyncio.sleep(DOWN / 2)

    async def shut(_, writer):
        knocks.append(time.monotonic())
        writer.transport.abort()

    closed = await asyncio.start_server(shut, "127.0.0.1", server.port)
    await asyncio.sleep(begin + DOWN - time.monotonic())
    closed.close()
    await server.start()
    return time.monotonic()


@pytest.mark.parametrize("connections", [1, 8, 16])
async def test_an_outage_of_two_seconds_is_waited_for_and_no_longer(connections):
    """With the waits of a real run. Letters whose answer was due are in doubt, one a connection."""
    count, knocks = 300, []
    ledger = MemoryLedger(readers(count))
    server = ScriptedServer([Rule("dot", delay=0.01)])
    await server.start()
    run = smtp_run(ledger, server.port, connections=connections)
    run.timing = Timing()
    back, report = await asyncio.gather(outage(server, knocks), run.go())
    took = time.monotonic() - back
    await server.stop()
    in_doubt = ledger.at("unknown")
    assert len(in_doubt) <= connections
    assert ledger.at("sent") | in_doubt == {str(r.address) for r in readers(count)}
    assert report.sent == count - len(in_doubt)
    assert set(server.recipients.values()) == {1}
    assert len(knocks) < 5 * DOWN / 2 * connections
    assert took < 8


@dataclass
class Stall(Rule):
    """Never answers, once, and remembers since when."""

    stall: bool = True
    times: int | None = 1
    since: list[float] = field(default_factory=list)

    def applies(self, stage: str, recipient: str) -> bool:
        applies = super().applies(stage, recipient)
        if applies:
            self.since.append(time.monotonic())
        return applies


CONNECT, COMMAND, DOT = 0.5, 2.0, 3.5
#: So much later a busy machine may notice; less than lies between any two.
LATE = 1.4
#: The time-out that ends each stage's silence, and what is true of the letter afterwards.
STAGES = {
    "connect": (CONNECT, "sent"),
    "ehlo": (COMMAND, "sent"),
    "starttls": (CONNECT, "sent"),
    "auth": (COMMAND, "sent"),
    "mail": (COMMAND, "sent"),
    "rcpt": (COMMAND, "sent"),
    "data": (COMMAND, "sent"),
    "body": (DOT, "unknown"),
    "dot": (DOT, "unknown"),
    "rset": (COMMAND, "sent"),
}
HEAVY = b"x" * 70 + b"\r\n"


def write_heavy(recipient, eightbit=False):
    """More than the sockets hold, so that a server that reads no more blocks the writer."""
    letter = write_letter(recipient)
    return replace(letter, pieces=(letter.stuffed + HEAVY * 150_000,))


async def silence(stage, pipelining):
    """How long a silence at `stage` lasted, and the states of the three readers."""
    ledger = MemoryLedger(readers(3))
    stall = Stall(stage)
    rules = [stall]
    if stage == "rset":
        rules.append(Rule("rcpt", times=1, reply="450 4.2.0 busy"))
    options = Options(
        pipelining=pipelining,
        starttls=stage == "starttls",
        users={"papers": "secret"} if stage == "auth" else {},
        size=None,
    )
    async with ScriptedServer(rules, options) as server:
        run = smtp_run(
            ledger,
            server.port,
            password="secret",
            username="papers" if stage == "auth" else None,
            security="starttls" if stage == "starttls" else "none",
            host="localhost" if stage == "starttls" else "127.0.0.1",
            ca_file=str(TLS / "ca.pem"),
            connections=1,
            connect_timeout=CONNECT,
            command_timeout=COMMAND,
            dot_timeout=DOT,
        )
        if stage == "body":
            run.write = write_heavy
        await run.go()
        lasted = server.connects[1] - stall.since[0]
    return lasted, sorted(row.state for row in ledger.rows.values())


@pytest.mark.parametrize("pipelining", [True, False])
async def test_silence_ends_at_its_stages_time_out(pipelining):
    found = await asyncio.gather(*(silence(stage, pipelining) for stage in STAGES))
    for (stage, (seconds, state)), (lasted, states) in zip(STAGES.items(), found, strict=True):
        assert seconds - 0.2 <= lasted <= seconds + LATE, (stage, lasted)
        expected = ["sent", "sent", "deferred" if stage == "rset" else state]
        assert states == sorted(expected), stage


async def test_a_relay_that_does_not_even_accept_ends_at_the_time_to_connect():
    """Its backlog is full: the kernel answers no SYN, as behind a firewall that drops them."""
    import socket

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        port = listener.getsockname()[1]
        fillers = [socket.socket() for _ in range(3)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.1", port))
        begin = time.monotonic()
        run = smtp_run(MemoryLedger(readers(2)), port, connections=1, connect_timeout=0.5)
        run.timing = replace(QUICK, knocks=1, first_knocks=1)
        with pytest.raises(Exception, match="came to nothing; what is not sent stays pending"):
            await run.go()
        assert 0.4 <= time.monotonic() - begin <= 1.5
        for filler in fillers:
            filler.close()


@pytest.mark.parametrize("pace", [None, 120])
async def test_a_relay_that_answers_early_and_reads_no_more_is_hung_up_on(pace):
    """The rest of the letter never leaves: without a time-out the next one would wait for ever."""

    async def converse(reader, writer):
        await ask_for_content(reader, writer)
        await reader.readexactly(1_000)
        writer.write(b"552 5.3.4 too big\r\n")
        await asyncio.sleep(3600)

    ledger = MemoryLedger(readers(2))
    async with tcp_server(converse) as port:
        run = smtp_run(
            ledger,
            port,
            connections=1,
            command_timeout=1,
            dot_timeout=1,
            letters_per_minute=pace,
        )
        run.write = write_heavy
        async with asyncio.timeout(10):
            await asyncio.gather(run.go(), return_exceptions=True)
    assert len(ledger.at("pending")) == 2


async def test_a_relay_that_hangs_up_between_letters_costs_nobody_a_try():
    """It ends idle conversations after 0.3 s, and letters go every 0.4 s."""
    ledger = MemoryLedger(readers(7))
    async with ScriptedServer(options=Options(idle_timeout=0.3)) as server:
        await smtp_run(ledger, server.port, connections=1, letters_per_minute=150).go()
    assert len(server.connects) >= 6
    assert set(server.recipients.values()) == {1}
    assert len(server.recipients) == 7
    assert {row.attempts for row in ledger.rows.values()} == {1}


@pytest.mark.parametrize("connections", [1, 8])
@pytest.mark.parametrize("stage", ["mail", "rcpt", "data"])
async def test_421_at_every_tenth_letter_costs_nobody_a_try(stage, connections):
    ledger = MemoryLedger(readers(400))
    rule = Rule(stage, every=10, skip=9, reply="421 4.3.2 closing this connection")
    async with ScriptedServer([rule]) as server:
        report = await smtp_run(ledger, server.port, connections=connections).go()
    assert rule.used >= 40
    assert server.recipients == {str(r.address): 1 for r in readers(400)}
    assert {row.attempts for row in ledger.rows.values()} == {1}
    assert report.sent == 400


def test_the_heavy_letter_is_a_letter():
    letter = write_heavy(readers(1)[0])
    assert Letter.of(letter.envelope, letter.message_id, letter.content) == letter


@pytest.mark.parametrize("count", [2, 3, 4])
@pytest.mark.parametrize("place", [1, 2])
async def test_the_last_letters_go_although_the_relay_hangs_up_on_the_one_before(place, count):
    """It hangs up when it has refused a reader; the letter behind hers is written already."""
    ledger = MemoryLedger(readers(count))
    rule = Rule("rcpt", f"reader{place}@", reply="550 5.1.1 no such user", drop="after")
    async with ScriptedServer([rule]) as server:
        run = smtp_run(ledger, server.port, connections=1)
        run.seconds = 5
        await run.go()
    everyone = {f"reader{n}@example.org" for n in range(count)}
    assert ledger.at("sent") == set(server.recipients) == everyone - {f"reader{place}@example.org"}
    assert set(server.recipients.values()) == {1}
