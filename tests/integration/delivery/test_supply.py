"""A courier that is handed its readers keeps its connections, and wakes when some come."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from digest.config import DeliveryConfig
from digest.delivery.courier import deliver_letters
from digest.delivery.faults import RunStopped
from digest.delivery.relay import Way
from digest.delivery.report import DeliveryReport, Gauge
from digest.delivery.smtp import SmtpTransport
from digest.delivery.supply import Supply
from digest.model import OutcomeKind, Recipient
from tests.support.delivering import QUICK, readers, smtp_config, write_letter
from tests.support.memory_ledger import NOON, MemoryLedger
from tests.support.smtp_server import Rule, ScriptedServer


class _AtWork:
    """A courier with a supply; `dry` is set whenever all who came are served."""

    def __init__(self, port: int, people: Sequence[Recipient]) -> None:
        self.ledger = MemoryLedger(people)
        self.stop = asyncio.Event()
        self.dry = asyncio.Event()
        self.supply = Supply(on_dry=self.dry.set)
        self.gauge = Gauge()
        self.sent: list[Recipient] = []
        transport = SmtpTransport(smtp_config(port, connections=2), None)
        self.courier = asyncio.create_task(
            deliver_letters(
                self.ledger,
                write_letter,
                [Way(transport=transport)],
                delivery=DeliveryConfig(),
                clock=lambda: NOON,
                on_outcome=lambda reader, outcome: self._note(reader, outcome.kind),
                stop=self.stop,
                timing=QUICK,
                supply=self.supply,
                gauge=self.gauge,
            )
        )

    def _note(self, reader: Recipient, kind: OutcomeKind) -> None:
        if kind is OutcomeKind.SENT:
            self.sent.append(reader)

    def hand(self, people: Sequence[Recipient]) -> bool:
        self.dry.clear()
        self.ledger.claim(len(people), NOON)
        return self.supply.hand(people)

    async def end(self) -> DeliveryReport:
        return await asyncio.wait_for(self.courier, 10)


@asynccontextmanager
async def at_work(people: Sequence[Recipient], *rules: Rule) -> AsyncIterator[_AtWork]:
    async with ScriptedServer(rules) as server:
        work = _AtWork(server.port, people)
        try:
            yield work
        finally:
            work.supply.close()
            work.courier.cancel()
            await asyncio.gather(work.courier, return_exceptions=True)


async def test_batches_that_come_later_go_over_the_same_connections():
    people = readers(30)
    async with at_work(people) as work:
        for start in range(0, 30, 10):
            assert work.hand(people[start : start + 10])
            await asyncio.wait_for(work.dry.wait(), 10)
            assert len(work.sent) == start + 10
            assert work.gauge.connections() in (1, 2)
        work.supply.close()
        report = await work.end()
    assert (report.sent, report.connects <= 2) == (30, True)


async def test_nobody_is_claimed_by_a_courier_that_is_handed_its_readers():
    people = readers(4)
    async with at_work(people) as work:
        work.hand(people[:2])
        await asyncio.wait_for(work.dry.wait(), 10)
        assert {row.state for row in work.ledger.rows.values()} == {"sent", "pending"}


async def test_a_closed_supply_takes_nobody_and_what_it_took_is_delivered():
    people = readers(6)
    async with at_work(people) as work:
        assert work.hand(people[:3])
        work.supply.close()
        assert not work.supply.hand(people[3:])
        report = await work.end()
    assert report.sent == 3


async def test_a_stop_gives_back_who_was_handed_and_not_begun():
    people = readers(40)
    async with at_work(people, Rule("dot", delay=0.05)) as work:
        work.hand(people)
        while len(work.sent) < 4:
            await asyncio.sleep(0.01)
        work.stop.set()
        report = await work.end()
        assert not work.supply.hand(people)
    assert report.stopped
    states = [row.state for row in work.ledger.rows.values()]
    assert (states.count("sent"), states.count("pending")) == (report.sent, 40 - report.sent)


async def test_a_relay_that_is_full_says_so_before_a_batch_comes():
    """Whoever was about to hand one waits, instead of asking for another courier at once."""
    async with ScriptedServer() as server:
        transport = SmtpTransport(smtp_config(server.port, connections=2), None)
        supply = Supply()
        with pytest.raises(RunStopped, match="letters_per_day"):
            await asyncio.wait_for(
                deliver_letters(
                    MemoryLedger(readers(2)),
                    write_letter,
                    [Way(transport=transport, left_today=0)],
                    delivery=DeliveryConfig(),
                    clock=lambda: NOON,
                    on_outcome=lambda _, __: None,
                    stop=asyncio.Event(),
                    timing=QUICK,
                    supply=supply,
                ),
                10,
            )
        assert not supply.hand(readers(2))
