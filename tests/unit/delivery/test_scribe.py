"""One writer for all connections: what waits together is written together, and by whom."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest

from digest.delivery import scribe as module
from digest.delivery.faults import LedgerLost
from digest.delivery.scribe import Scribe, Written
from digest.errors import StorageAway, StorageBusy, StorageRefused
from digest.model import Outcome, OutcomeKind, Recipient, Stage
from tests.support.memory_ledger import NOON, MemoryLedger, reader

SENT = Outcome(kind=OutcomeKind.SENT, stage=Stage.DOT, code=250)


def people(count: int) -> list[Recipient]:
    return [reader(f"reader{n}@example.org") for n in range(count)]


def make(ledger: MemoryLedger) -> Scribe:
    return Scribe(
        ledger, clock=lambda: NOON, on_settled=lambda *_: None, on_broken=lambda _error: None
    )


async def test_connections_that_are_ready_together_are_written_together() -> None:
    ledger = MemoryLedger(people(6))
    scribe = make(ledger)
    claimed = await scribe.claim(6)
    written = [scribe.record(begun=each) for each in claimed]
    assert await asyncio.gather(*written) == [Written.YES] * 6
    await scribe.finish()
    assert ledger.records == [(6, 0)]


async def test_a_group_waits_for_as_many_as_have_letters_under_way() -> None:
    """Six are under way: the second answer of three waits for the third, no clock needed."""
    ledger = MemoryLedger(people(12))
    scribe = make(ledger)
    claimed = await scribe.claim(12)
    await asyncio.gather(*(scribe.record(begun=each) for each in claimed[:6]))
    written = []
    for number in range(3):
        settled = [(claimed[number], SENT)]
        written.append(scribe.record(begun=claimed[6 + number], settled=settled))
        await asyncio.sleep(0)
    await asyncio.gather(*written)
    assert ledger.records == [(6, 0), (3, 3)]
    await scribe.finish()


async def test_a_lonely_entry_is_written_all_the_same() -> None:
    ledger = MemoryLedger(people(3))
    scribe = make(ledger)
    claimed = await scribe.claim(3)
    await asyncio.gather(*(scribe.record(begun=each) for each in claimed))
    async with asyncio.timeout(5):
        await scribe.record(settled=[(claimed[0], SENT)])
    assert ledger.records == [(3, 0), (0, 1)]
    await scribe.finish()


@pytest.mark.parametrize("trouble", [StorageBusy, StorageAway, StorageRefused])
async def test_a_ledger_that_takes_nothing_for_now_is_asked_again(
    trouble: type[StorageBusy],
) -> None:
    def held(name: str, number: int) -> None:
        if name in ("claim", "record") and number in (1, 2):
            raise trouble("is locked, away or read-only")

    ledger = MemoryLedger(people(2), fail=held)
    scribe = make(ledger)
    claimed = await scribe.claim(2)
    assert len(claimed) == 2
    assert await scribe.record(begun=claimed[0]) is Written.YES
    await scribe.finish()
    assert scribe.broken is None


async def test_a_ledger_that_stays_held_ends_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    def held(name: str, number: int) -> None:
        if name == "record":
            raise StorageBusy("is locked by another program")

    monkeypatch.setattr(module, "PATIENCE", 0.1)
    scribe = make(MemoryLedger(people(1), fail=held))
    (only,) = await scribe.claim(1)
    assert await scribe.record(begun=only) is Written.NO
    assert isinstance(scribe.broken, StorageBusy)


async def test_what_a_failed_write_left_over_waits_for_a_ledger_that_is_held() -> None:
    """Whatever broke it: the program that holds it now is done in a moment."""

    def fail(name: str, number: int) -> None:
        if name == "record" and number == 2:
            raise OSError("the disk is full")
        if name == "record" and number in (3, 4):
            raise StorageBusy("is locked by another program")

    ledger = MemoryLedger(people(1), fail=fail)
    scribe = make(ledger)
    (only,) = await scribe.claim(1)
    assert await scribe.record(begun=only) is Written.YES
    assert await scribe.record(settled=[(only, SENT)]) is Written.NO
    with pytest.raises(LedgerLost, match="every outcome so far is recorded") as lost:
        await scribe.finish()
    assert lost.value.unwritten == ()


async def test_a_held_ledger_is_waited_for_a_shorter_while_where_the_end_is_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def held(name: str, number: int) -> None:
        if name == "record":
            raise StorageBusy("is locked by another program")

    monkeypatch.setattr(module, "HURRY_HELD", 0.1)
    scribe = make(MemoryLedger(people(1), fail=held))
    (only,) = await scribe.claim(1)
    scribe.hurry()
    async with asyncio.timeout(10):
        assert await scribe.record(begun=only) is Written.NO


@pytest.mark.parametrize("trouble", [StorageAway, StorageRefused])
async def test_a_ledger_that_takes_nothing_does_not_hold_up_an_end_that_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, trouble: type[StorageBusy]
) -> None:
    """Nor is its letter forgotten: it is tried once more, and the error names it."""
    away, tries = asyncio.Event(), []

    def fail(name: str, number: int) -> None:
        if name == "record" and number > 1:
            away.set()
            tries.append(number)
            raise trouble("takes nothing")

    monkeypatch.setattr(module, "HURRY", 0.1)
    scribe = make(MemoryLedger(people(1), fail=fail))
    (only,) = await scribe.claim(1)
    assert await scribe.record(begun=only) is Written.YES
    over = scribe.record(settled=[(only, SENT)])
    await away.wait()
    scribe.hurry()
    assert await over is Written.NO
    before = len(tries)
    with pytest.raises(LedgerLost) as lost:
        await scribe.finish()
    assert lost.value.unwritten == (only,)
    assert len(tries) == before + 1


@pytest.mark.parametrize(("seconds", "in_the_loop"), [(0.0, True), (0.02, False)])
async def test_a_quick_ledger_works_in_the_loop_and_a_slow_one_in_a_thread(
    seconds: float, in_the_loop: bool
) -> None:
    threads: list[int] = []

    def note(name: str, number: int) -> None:
        if name == "record":
            threads.append(threading.get_ident())
            time.sleep(seconds)

    ledger = MemoryLedger(people(30), fail=note)
    scribe = make(ledger)
    for each in await scribe.claim(30):
        await scribe.record(begun=each)
    await scribe.finish()
    assert (threads[-1] == threading.get_ident()) is in_the_loop
    assert threads[0] == threading.get_ident()


async def test_the_ledger_is_called_once_at_a_time_while_it_changes_its_pace() -> None:
    """A disk that hovers around the border sends calls to and fro between loop and thread."""
    busy, together = [], []

    def note(name: str, number: int) -> None:
        together.append(len(busy))
        busy.append(name)
        time.sleep(0.009 if number % 4 else 0.0)
        busy.pop()

    ledger = MemoryLedger(people(200), fail=note)
    scribe = make(ledger)

    async def connection() -> None:
        for each in await scribe.claim(20):
            await scribe.record(begun=each)
            await scribe.record(settled=[(each, SENT)])

    await asyncio.gather(*(connection() for _ in range(6)))
    await scribe.finish()
    assert set(together) == {0}
