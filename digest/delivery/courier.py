"""Deliver an edition's letters, so that none is lost and none goes twice.

Each connection does the same (`slot`): ask for a reader's letter, make its beginning durable, send
it, make its end durable. The end of one letter and the beginning of the next go to the ledger in
one transaction with those of the other connections, so between any two letters of a connection
lies exactly one durable write, and at any moment at most one letter a connection is in doubt.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import chain

from digest.config import DeliveryConfig
from digest.delivery.door import Timing
from digest.delivery.faults import LedgerLost, RunStopped
from digest.delivery.feed import Feed
from digest.delivery.floor import Fence, Floor, Press, Write
from digest.delivery.protocols import Ledger
from digest.delivery.relay import Relay, Shares, Way
from digest.delivery.report import DeliveryReport, Gauge, Tally
from digest.delivery.scribe import Scribe
from digest.delivery.shared import SharedLimits, Upkeep, make_domain_paces, make_pace
from digest.delivery.slot import Slot
from digest.delivery.streaks import RenderFaults
from digest.delivery.supply import Supply
from digest.model import Outcome, Recipient


async def deliver_letters(
    ledger: Ledger,
    write: Write,
    ways: Sequence[Way],
    *,
    delivery: DeliveryConfig,
    clock: Callable[[], datetime],
    on_outcome: Callable[[Recipient, Outcome], None],
    stop: asyncio.Event,
    press: Press | None = None,
    timing: Timing | None = None,
    chance: Callable[[], float] = random.random,
    fence: Fence | None = None,
    shared: SharedLimits | None = None,
    supply: Supply | None = None,
    gauge: Gauge | None = None,
) -> DeliveryReport:
    """Send to everyone whom the ledger gives, until it has nobody left.

    `on_outcome` is called when an outcome is durable. Setting `stop` lets letters under way
    finish and begins no more; the report then says `stopped`. A `press` writes the letters
    instead (signing takes long). `chance` gives numbers in [0, 1) that spread the retries. Where
    others may take our letters up, `fence` is asked right before the content of each leaves, and
    `shared` has the limits hold over all programs at once. With a `supply` the readers come from
    there until it is closed, and nobody is claimed. A `gauge` shows the work while it lasts.

    Raises:
        RunStopped: a DeliveryError; every relay refuses us, cannot be reached or is full.
        LedgerLost: a StorageError; what happens can no longer be remembered.
        DigestError: the outbox cannot be written, or the letters cannot be rendered.
    """
    run = _Run(
        ledger, ways, delivery, timing or Timing(), clock, chance, on_outcome, shared, supply
    )
    if gauge is not None:
        gauge.connections = run.count_connections
    return await run.work(write, press, stop, fence)


class _Run:
    """One call of `deliver_letters`: what begins it, and what ends it."""

    def __init__(
        self,
        ledger: Ledger,
        ways: Sequence[Way],
        delivery: DeliveryConfig,
        timing: Timing,
        clock: Callable[[], datetime],
        chance: Callable[[], float],
        on_outcome: Callable[[Recipient, Outcome], None],
        shared: SharedLimits | None,
        supply: Supply | None,
    ) -> None:
        self._delivery = delivery
        self._timing = timing
        self._clock = clock
        self._chance = chance
        self._on_outcome = on_outcome
        self._tally = Tally()
        self._halted = asyncio.Event()
        self._ramped = asyncio.Event()
        self._outcomes = 0
        self._early = self._left = 0  # connections that begin, and that are done
        self._error: Exception | None = None
        self._faults = RenderFaults()
        self._scribe = Scribe(ledger, clock=clock, on_settled=self._settled, on_broken=self._halt)
        self._relays = [
            Relay(
                way,
                stop_after_failures=delivery.stop_after_failures,
                timing=timing,
                wait=self._wait,
                chance=chance,
                clock=time.monotonic,
                shared=shared,
                on_change=self._look_again,
            )
            for way in ways
        ]
        self._pace = make_pace(
            shared, "all", delivery.letters_per_minute, clock=time.monotonic, wait=self._wait
        )
        self._shares = Shares(self._relays)
        limits = {name: limit.letters_per_minute for name, limit in delivery.domains.items()}
        domains = make_domain_paces(
            shared,
            limits,
            clock=time.monotonic,
            wait=self._wait,
            on_change=self._look_again,
        )
        self._feed = Feed(
            self._scribe,
            batch=delivery.batch_size,
            halted=self._halted,
            domains=domains,
            shares=self._shares,
            on_drained=self._halt,  # nobody is left to wait for, at a door or for a pace
            supply=supply,
        )
        parts = [(relay.pace, relay.permits, relay.day_letters) for relay in self._relays]
        self._upkeep = Upkeep([self._pace, domains, *chain(*parts)], self._halt)

    async def work(
        self, write: Write, press: Press | None, stop: asyncio.Event, fence: Fence | None
    ) -> DeliveryReport:
        started = time.monotonic()
        floor = self._floor(write, press, fence)
        watcher = asyncio.create_task(self._watch(stop))
        ramp = asyncio.get_running_loop().call_later(self._timing.ramp, self._ramped.set)
        self._early = sum(map(_half, self._relays))
        self._upkeep.begin()
        slots = [
            asyncio.create_task(self._employ(Slot(floor, relay), late=number >= _half(relay)))
            for relay in self._relays
            for number in range(relay.transport.connections)
        ]
        try:
            await asyncio.gather(*slots)
        finally:
            ramp.cancel()
            for task in (*slots, watcher):
                task.cancel()
            await asyncio.gather(*slots, watcher, return_exceptions=True)
            await self._upkeep.end()
        error = await self._wind_up()
        report = self._tally.report(
            transport=", ".join(relay.name for relay in self._relays),
            connects=sum(relay.door.connects for relay in self._relays),
            seconds=time.monotonic() - started,
            stopped=stop.is_set(),
        )
        if error is None:
            return report
        if isinstance(error, RunStopped | LedgerLost):
            error.report = report
        raise error

    def count_connections(self) -> int:
        return sum(relay.door.connections for relay in self._relays)

    def _floor(self, write: Write, press: Press | None, fence: Fence | None) -> Floor:
        return Floor(
            write=write,
            press=press,
            fence=fence,
            delivery=self._delivery,
            clock=self._clock,
            chance=self._chance,
            timing=self._timing,
            scribe=self._scribe,
            feed=self._feed,
            faults=self._faults,
            pace=self._pace,
            halted=self._halted,
            halt=self._halt,
            drop=self._drop,
        )

    async def _employ(self, slot: Slot, *, late: bool) -> None:
        """A relay is not met by a crowd, and a run that dies young leaves few letters in doubt."""
        if late:
            await self._ramped.wait()
        await slot.work()
        self._left += 1
        if self._left == self._early:
            self._ramped.set()  # nobody to be late for: no relay takes any more

    async def _wind_up(self) -> Exception | None:
        """Write and release what is left; the ledger's own failure outweighs any other."""
        if self._error is None and self._shares.all_full() and await self._feed.expects_more():
            full = ", ".join(relay.name for relay in self._relays if relay.is_full)
            words = f"{full} has had its letters of the day (letters_per_day); the rest waits"
            self._error = RunStopped(words, temporary=True)
        if self._error is None:
            await self._scribe.record(settled=self._faults.held)
        else:
            self._feed.hold(recipient for recipient, _ in self._faults.held)
        await self._feed.release()
        try:
            await self._scribe.finish()
        except LedgerLost as error:
            return error
        return self._error

    async def _watch(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._scribe.hurry()
        self._halt()

    def _halt(self, error: Exception | None = None) -> None:
        """Begin no more letters. The first error is the one that is raised."""
        self._error = self._error or error
        self._halted.set()
        self._ramped.set()
        self._look_again()

    def _drop(self, relay: Relay, error: RunStopped) -> None:
        """Use this relay no more; the last one ends the run."""
        relay.out = relay.out or error
        if all(each.out or each.is_full for each in self._relays):
            self._halt(relay.out)
        self._look_again()

    def _look_again(self) -> None:
        """Wake all who wait: for a reader, or for the right to a connection."""
        self._feed.wake()
        for relay in self._relays:
            if relay.permits is not None:
                relay.permits.wake()

    async def _wait(self, seconds: float) -> bool:
        """Wait, or less if the run ends. False: it ends."""
        if seconds > 0 and not self._halted.is_set():
            try:
                async with asyncio.timeout(seconds):
                    await self._halted.wait()
            except TimeoutError:
                return True
        return not self._halted.is_set()

    def _settled(self, recipient: Recipient, outcome: Outcome) -> None:
        """An outcome is durable."""
        self._outcomes += 1
        if self._outcomes == self._timing.ramp_letters:
            self._ramped.set()
        self._feed.done()
        self._tally.add(recipient, outcome)
        self._on_outcome(recipient, outcome)


def _half(relay: Relay) -> int:
    """How many of a relay's connections begin; one at least."""
    return (relay.transport.connections + 1) // 2
