"""The courier with the ledger on the disk."""

import asyncio
from datetime import timedelta

from digest.storage import census
from digest.storage.ledger import EditionLedger
from tests.support.delivering import smtp_run
from tests.support.smtp_server import Rule, ScriptedServer
from tests.support.state import KEY, NOW, freeze_readers, new_database, reader


def counts(database):
    return {state: n for state, n in census.counts(database, KEY).items() if n}


async def test_each_letter_ends_in_its_state_and_a_later_run_takes_up_the_deferred(tmp_path):
    rules = [
        Rule("rcpt", recipient="r3@", reply="550 5.1.1 no such user"),
        Rule("rcpt", recipient="r5@", tries=1, reply="450 4.2.0 busy"),
        Rule("dot", recipient="r7@", drop="before"),
        Rule("data", drop="before", times=1, skip=9),
    ]
    with new_database(tmp_path) as database:
        freeze_readers(database, [reader(f"r{n}") for n in range(30)])
        async with ScriptedServer(rules) as server:
            run = smtp_run(EditionLedger(database, KEY), server.port)
            run.now = NOW
            await run.go()
            assert counts(database) == {"sent": 27, "rejected": 1, "deferred": 1, "unknown": 1}
            run.now = NOW + timedelta(hours=1)
            run.stop = asyncio.Event()
            assert (await run.go()).sent == 1
    assert set(server.recipients.values()) == {1}


async def test_stop_leaves_sent_and_pending_and_nothing_between(tmp_path):
    with new_database(tmp_path) as database:
        freeze_readers(database, [reader(f"r{n}") for n in range(40)])
        async with ScriptedServer() as server:
            run = smtp_run(EditionLedger(database, KEY), server.port)
            run.now = NOW
            run.on_outcome = lambda *_: len(run.outcomes) == 9 and run.stop.set()
            report = await run.go()
        assert counts(database) == {"sent": report.sent, "pending": 40 - report.sent}
        assert len(server.accepted) == report.sent < 40
