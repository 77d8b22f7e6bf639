"""A relay that refuses us, and not a reader, is soon left alone; nobody is marked for it."""

import pytest

from digest.delivery.faults import RunStopped
from tests.support.delivering import readers, smtp_run
from tests.support.memory_ledger import MemoryLedger
from tests.support.smtp_server import Options, Rule, ScriptedServer

FIRST, COUNT = 300, 600
#: Each from message 300 on; 535 may come at any time, when a password is changed.
REFUSALS = [
    ("rcpt", "550 5.4.5 daily sending quota exceeded"),
    ("mail", "550 5.4.5 daily sending quota exceeded"),
    ("dot", "550 5.4.5 daily sending quota exceeded"),
    ("mail", "552 size exceeds the limit"),
    ("data", "552 message too big"),
    ("dot", "552 message too big"),
    ("mail", "550 5.7.1 you are not welcome"),
    ("rcpt", "550 5.7.1 you are not welcome"),
    ("data", "550 5.7.1 you are not welcome"),
    ("dot", "550 5.7.1 you are not welcome"),
    ("mail", "535 5.7.8 authentication credentials invalid"),
]


def under_way(stage, connections):
    """What may be refused beyond the tenth, because it was on the wire already.

    A connection has one content on the wire. Of envelopes it has one, and the last letter before
    them may still be taken, which begins the count anew.
    """
    return connections - 1 if stage == "dot" or connections == 1 else 3 * connections


@pytest.mark.parametrize("pipelining", [True, False])
@pytest.mark.parametrize("connections", [1, 8])
@pytest.mark.parametrize(("stage", "reply"), REFUSALS)
async def test_ten_refusals_and_what_is_under_way_are_all(stage, reply, connections, pipelining):
    ledger = MemoryLedger(readers(COUNT))
    rule = Rule(stage, reply=reply, skip=FIRST)
    async with ScriptedServer([rule], Options(pipelining=pipelining)) as server:
        with pytest.raises(RunStopped, match=reply[:9]) as caught:
            await smtp_run(ledger, server.port, connections=connections).go()
    assert not caught.value.temporary
    assert rule.used <= 10 + under_way(stage, connections)
    sent = set(server.recipients)
    assert len(server.accepted) == len(sent) <= FIRST
    assert ledger.at("sent") == sent
    assert len(ledger.at("pending")) == COUNT - len(sent)
    assert {ledger.rows[who].attempts for who in ledger.at("pending")} == {0}


@pytest.mark.parametrize("connections", [1, 8])
async def test_a_wrong_password_is_tried_once_however_many_connections(connections):
    ledger = MemoryLedger(readers(50))
    async with ScriptedServer(options=Options(users={"papers": "right"})) as server:
        run = smtp_run(
            ledger, server.port, username="papers", password="wrong", connections=connections
        )
        with pytest.raises(RunStopped, match="535"):
            await run.go()
    assert server.auth_tries == 1
    assert len(ledger.at("pending")) == 50


async def test_mailboxes_that_are_all_full_stop_the_run_and_no_reader_is_refused_for_good():
    """552 at RCPT speaks of a mailbox: only `stop_after_failures` tells that it is the relay's."""
    ledger = MemoryLedger(readers(COUNT))
    rule = Rule("rcpt", reply="552 no more room")
    async with ScriptedServer([rule]) as server:
        with pytest.raises(RunStopped, match="50 letters in a row failed") as caught:
            await smtp_run(ledger, server.port, connections=8).go()
    assert rule.used <= 50 + 3 * 8
    assert len(ledger.at("deferred")) == rule.used == caught.value.report.deferred
    assert len(ledger.at("pending")) == COUNT - rule.used
