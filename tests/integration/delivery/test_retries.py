"""Readers who are asked to come later come later, each at her own time, and not too often."""

import asyncio
import random
from collections import defaultdict
from dataclasses import replace
from datetime import timedelta

import pytest

from digest.model import OutcomeKind
from tests.support.chosen import Chosen
from tests.support.delivering import readers, smtp_run
from tests.support.memory_ledger import NOON, MemoryLedger
from tests.support.smtp_server import ScriptedServer

LATER = {
    "greylisted": "450 4.7.1 Greylisted, come back later",
    "busy": "451 4.3.0 try later",
    "no room": "452 4.3.1 insufficient system storage",
    "mailbox full": "452 4.2.2 mailbox full",
    "mailbox full, said for good": "552 5.2.2 over quota",
}
COUNT = 120


def some(tries):
    """Every fourth reader is taken at once, and so no row of failures is long."""
    return {f"reader{n}@example.org" for n in range(COUNT) if n % 4 == tries}


@pytest.mark.parametrize("reply", LATER.values(), ids=LATER)
@pytest.mark.parametrize("connections", [1, 8])
async def test_each_is_tried_as_often_as_it_takes_and_never_before_her_time(reply, connections):
    """One to three refusals a reader; a run every ten seconds."""
    ledger = MemoryLedger(readers(COUNT))
    rules = [Chosen("rcpt", who=some(n), tries=n, reply=reply) for n in (1, 2, 3)]
    not_before, tries, early = {}, defaultdict(int), []
    chance = random.Random(4)
    async with ScriptedServer(rules) as server:
        run = smtp_run(ledger, server.port, connections=connections)
        run.chance = chance.random
        for step in range(60):
            now = NOON + timedelta(seconds=10 * step)
            run = replace(run, now=now, outcomes=[], stop=asyncio.Event())
            await run.go()
            for who, outcome in run.outcomes:
                tries[who] += 1
                if now < not_before.get(who, NOON):
                    early.append(who)
                if outcome.kind is OutcomeKind.DEFERRED:
                    not_before[who] = outcome.retry_at
            if len(ledger.at("sent")) == COUNT:
                break
    assert early == []
    assert server.recipients == {f"reader{n}@example.org": 1 for n in range(COUNT)}
    assert tries == {f"reader{n}@example.org": n % 4 + 1 for n in range(COUNT)}


async def test_readers_deferred_together_do_not_come_back_together():
    """The middle four fifths of the waits part by a third of the longest, at every try."""
    ledger = MemoryLedger(readers(200))
    rule = Chosen("rcpt", who={str(r.address) for r in readers(200)}, reply=LATER["greylisted"])
    async with ScriptedServer([rule]) as server:
        run = smtp_run(ledger, server.port)
        run.chance = random.Random(9).random
        now = NOON
        for _ in range(4):
            run = replace(run, now=now, outcomes=[], stop=asyncio.Event())
            assert (await run.go()).deferred == 200
            waits = sorted(outcome.retry_at - now for _, outcome in run.outcomes)
            assert waits[180] - waits[20] >= 0.3 * waits[-1]
            now += timedelta(hours=1)
    assert server.accepted == []
