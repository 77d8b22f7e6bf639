"""A run begins with half of its connections; the others join when it has found its feet."""

import asyncio
from contextlib import AsyncExitStack

import pytest

from digest.config import DeliveryConfig
from digest.delivery.door import Timing
from digest.delivery.faults import RunStopped
from digest.delivery.relay import Way
from digest.delivery.smtp import SmtpTransport
from tests.support.delivering import Run, readers, smtp_config, smtp_run
from tests.support.memory_ledger import MemoryLedger
from tests.support.smtp_server import Options, Rule, ScriptedServer

FOR_EVER = 3_600.0
SLOW = Rule("dot", delay=0.01)


@pytest.mark.parametrize(
    ("configured", "at_first"), [(1, 1), (2, 1), (3, 2), (8, 4), (9, 5)], ids=str
)
async def test_half_of_the_connections_are_opened_at_first(configured, at_first):
    async with ScriptedServer([SLOW]) as server:
        run = smtp_run(MemoryLedger(readers(40)), server.port, connections=configured)
        run.timing = Timing(ramp=FOR_EVER)
        report = await run.go()
    assert report.sent == 40
    assert (report.connects, len(server.connects)) == (at_first, at_first)


async def test_the_others_join_after_a_while():
    async with ScriptedServer([SLOW]) as server:
        run = smtp_run(MemoryLedger(readers(200)), server.port, connections=8)
        run.timing = Timing(ramp=0.1)
        report = await run.go()
    assert (report.sent, report.connects) == (200, 8)


async def test_the_others_join_after_so_many_letters():
    async with ScriptedServer([SLOW]) as server:
        run = smtp_run(MemoryLedger(readers(200)), server.port, connections=8)
        run.timing = Timing(ramp=FOR_EVER, ramp_letters=30)
        connects = []
        run.on_outcome = lambda reader, outcome: connects.append(len(server.connects))
        report = await run.go()
    assert (report.sent, report.connects) == (200, 8)
    assert set(connects[:30]) <= {1, 2, 3, 4}


async def test_no_run_waits_at_its_end_for_those_who_need_not_join():
    async with ScriptedServer() as server:
        run = smtp_run(MemoryLedger(readers(3)), server.port, connections=8)
        run.timing = Timing(ramp=FOR_EVER)
        assert (await run.go()).sent == 3


async def test_a_run_that_is_stopped_waits_for_nobody_to_join():
    async with ScriptedServer([Rule("dot", delay=0.1)]) as server:
        run = smtp_run(MemoryLedger(readers(300)), server.port, connections=8)
        run.timing = Timing(ramp=FOR_EVER)
        asyncio.get_running_loop().call_later(0.3, run.stop.set)
        assert (await run.go()).stopped


@pytest.mark.parametrize("left", [0, 5])
async def test_a_relay_that_is_full_for_the_day_is_waited_for_by_nobody(left):
    ledger = MemoryLedger(readers(30))
    async with ScriptedServer([SLOW]) as server:
        run = smtp_run(ledger, server.port, connections=8, letters_per_day=left or 1)
        run.ways = [Way(transport=run.transport, left_today=left)]
        run.timing = Timing(ramp=FOR_EVER)
        with pytest.raises(RunStopped, match="letters of the day"):
            await run.go()
    assert len(server.accepted) == left


async def test_a_relay_that_is_out_keeps_no_run_waiting_while_another_works():
    ledger = MemoryLedger(readers(60))
    async with AsyncExitStack() as stack:
        out = await stack.enter_async_context(ScriptedServer([Rule("mail", reply="535 no")]))
        good = await stack.enter_async_context(ScriptedServer([SLOW]))
        ways = [
            Way(transport=SmtpTransport(smtp_config(server.port, connections=4)))
            for server in (out, good)
        ]
        run = Run(ledger, ways[0].transport, delivery=DeliveryConfig(), ways=ways)
        run.timing = Timing(ramp=FOR_EVER)
        report = await run.go()
    assert (report.sent, report.untried) == (59, 1)  # who was refused is put aside


async def test_a_relay_that_takes_few_connections_is_served_by_those():
    ledger = MemoryLedger(readers(100))
    async with ScriptedServer(options=Options(max_connections=2)) as server:
        run = smtp_run(ledger, server.port, connections=8)
        run.timing = Timing(ramp=0.05)
        report = await run.go()
    assert report.sent == 100
    assert {row.attempts for row in ledger.rows.values()} == {1}
