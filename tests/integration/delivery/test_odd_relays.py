"""Relays that speak oddly get every letter once, or a clear word why not."""

import pytest

from digest.delivery.faults import RunStopped
from digest.model import Letter
from tests.support.delivering import readers, smtp_run, write_letter
from tests.support.memory_ledger import MemoryLedger
from tests.support.smtp_server import Options, Rule, ScriptedServer

COUNT = 60
EVERYONE = {str(each.address): 1 for each in readers(COUNT)}
ODD = {
    "helo only": Options(ehlo=False),
    "plain": Options(pipelining=False, eightbit=False, size=None, smtputf8=False),
    "flush": Options(flush=True),
    "flush, honestly": Options(flush=True, pipelining=False),
    "many lines": Options(multiline=True),
    "single octets": Options(chunk=1),
    "many lines of single octets": Options(multiline=True, chunk=1),
    "many lines, plain": Options(multiline=True, chunk=1, pipelining=False),
    "size without a number": Options(size=0),
    "two letters a connection": Options(letters_per_connection=2),
}


@pytest.mark.parametrize("options", ODD.values(), ids=ODD)
@pytest.mark.parametrize("connections", [1, 8])
async def test_an_odd_relay_gets_every_letter_once(options, connections, monkeypatch):
    monkeypatch.setattr("digest.delivery.pipeline.DOUBT_SECONDS", 0.2)
    ledger = MemoryLedger(readers(COUNT))
    async with ScriptedServer(options=options) as server:
        await smtp_run(ledger, server.port, connections=connections).go()
    assert server.recipients == EVERYONE
    assert server.violations == []
    assert {row.attempts for row in ledger.rows.values()} == {1}


GARBAGE = {
    "words": "hello there\r\n",
    "octets": "\xff\xfe\0\x01\r\n",
    "nothing": "\r\n",
    "a short code": "25 ok\r\n",
    "no code": "-250 ok\r\n",
    "another protocol": "HTTP/1.1 400 Bad Request\r\n\r\n",
    "an endless line": "250 " + "x" * 70_000,
    "64 kB in a line": "250 " + "x" * 65_536 + "\r\n",
    "a code too high": "750 ok\r\n",
}
#: What aiosmtplib reads as a reply of the last line's code; our own conversation does not.
UNEVEN = {"a long code": "2500 ok\r\n", "two codes": "250-one\r\n550 two\r\n"}


@pytest.mark.parametrize("pipelining", [True, False])
@pytest.mark.parametrize("stage", ["connect", "ehlo", "mail", "rcpt", "data"])
@pytest.mark.parametrize("junk", GARBAGE.values(), ids=GARBAGE)
async def test_garbage_before_the_content_closes_and_costs_nobody_anything(junk, stage, pipelining):
    """Where a server means 250 by it, it is left all the same."""
    ledger = MemoryLedger(readers(8))
    rule = Rule(stage, raw=junk, times=1)
    async with ScriptedServer([rule], Options(pipelining=pipelining)) as server:
        run = smtp_run(ledger, server.port, connections=1, command_timeout=0.5, connect_timeout=0.5)
        await run.go()
    assert len(server.connects) == 2
    assert server.recipients == {str(each.address): 1 for each in readers(8)}
    assert {row.attempts for row in ledger.rows.values()} == {1}


@pytest.mark.parametrize("pipelining", [True, False])
@pytest.mark.parametrize("junk", GARBAGE.values(), ids=GARBAGE)
async def test_garbage_for_a_letter_is_no_answer_to_it(junk, pipelining):
    ledger = MemoryLedger(readers(8))
    rule = Rule("dot", raw=junk, times=1, take=True)
    async with ScriptedServer([rule], Options(pipelining=pipelining)) as server:
        run = smtp_run(ledger, server.port, connections=1, dot_timeout=0.5)
        await run.go()
    assert len(server.connects) == 2
    assert set(server.recipients.values()) == {1}
    assert len(ledger.at("unknown")) == 1
    assert len(ledger.at("sent")) == 7


@pytest.mark.parametrize("stage", ["mail", "rcpt", "data", "dot"])
@pytest.mark.parametrize("junk", UNEVEN.values(), ids=UNEVEN)
async def test_a_reply_that_contradicts_itself_is_none(junk, stage):
    ledger = MemoryLedger(readers(8))
    async with ScriptedServer([Rule(stage, raw=junk, times=1, take=True)]) as server:
        await smtp_run(ledger, server.port, connections=1).go()
    assert len(server.connects) == 2
    assert server.recipients == {str(each.address): 1 for each in readers(8)}
    assert len(ledger.at("unknown")) == (stage == "dot")
    assert len(ledger.at("sent")) == 8 - (stage == "dot")


LONG = "\n".join(f"250-{n:04d} {'x' * 100}" for n in range(600))


@pytest.mark.parametrize("pipelining", [True, False])
@pytest.mark.parametrize("stage", ["ehlo", "mail", "rcpt", "dot"])
async def test_64_kilobytes_of_reply_are_read_or_refused_in_words(stage, pipelining):
    """At EHLO they hide the offers; the letter is served all the same."""
    ledger = MemoryLedger(readers(8))
    rule = Rule(stage, raw=(LONG + "\n250 2.0.0 done\n").replace("\n", "\r\n"), take=True, times=1)
    async with ScriptedServer([rule], Options(pipelining=pipelining)) as server:
        run = smtp_run(ledger, server.port, connections=1, command_timeout=1)
        await run.go()
    assert server.recipients == {str(each.address): 1 for each in readers(8)}
    words = [outcome.words for _, outcome in run.outcomes]
    assert max(map(len, words)) <= 500


@pytest.mark.parametrize("junk", GARBAGE.values(), ids=GARBAGE)
async def test_a_relay_that_only_ever_says_garbage_is_told_of_in_one_line(junk):
    ledger = MemoryLedger(readers(8))
    async with ScriptedServer([Rule("connect", raw=junk)]) as server:
        run = smtp_run(ledger, server.port, connect_timeout=0.3, command_timeout=0.3)
        with pytest.raises(RunStopped) as caught:
            await run.go()
    said = str(caught.value)
    assert "127.0.0.1" in said
    assert said.isprintable()
    assert len(said) < 1_000
    assert len(ledger.at("pending")) == 8


class Changing(ScriptedServer):
    """Many machines behind one name: only the first connection's takes octets past 127."""

    async def _meet(self, reader, writer):
        self.options.eightbit = not self.connects
        await super()._meet(reader, writer)


def write_either(recipient, eightbit=False):
    letter = write_letter(recipient)
    more = "é\r\n".encode() if eightbit else b"=C3=A9\r\n"
    return Letter.of(letter.envelope, letter.message_id, letter.content + more)


@pytest.mark.parametrize("pipelining", [True, False])
@pytest.mark.parametrize("stage", ["mail", "rcpt", "data", "dot"])
@pytest.mark.parametrize("how", [{"drop": "before"}, {"reply": "421 4.3.2 closing"}])
async def test_a_letter_is_written_for_the_connection_that_carries_it(how, stage, pipelining):
    """Those written ahead for a connection that was lost are written anew (RFC 6152 §3)."""
    ledger = MemoryLedger(readers(20))
    rule = Rule(stage, skip=5, times=1, **how)
    async with Changing([rule], Options(pipelining=pipelining)) as server:
        run = smtp_run(ledger, server.port, connections=1)
        run.write = write_either
        await run.go()
    assert len(server.connects) >= 2
    assert server.violations == []
    assert len(ledger.at("sent")) == 20 - (stage == "dot")
