"""Deliver an edition's letters, so that none is lost and none goes twice.

Each connection does the same: take a reader, write her letter, make the beginning durable, send,
make the end durable. The end of one letter and the beginning of the next go to the ledger in one
transaction with those of the other connections, so between any two letters of a connection lies
exactly one durable write, and at any moment at most one letter a connection is in doubt.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from datetime import datetime

from digest.config import DeliveryConfig
from digest.delivery.door import Door, Timing
from digest.delivery.faults import LedgerLost, RunStopped
from digest.delivery.feed import Feed
from digest.delivery.pacing import Pace
from digest.delivery.protocols import Connection, Ledger, Transport
from digest.delivery.replies import Bearing, judge_reply
from digest.delivery.report import DeliveryReport, Tally
from digest.delivery.retry import plan_retry
from digest.delivery.scribe import Scribe
from digest.delivery.streaks import RenderFaults, Streaks
from digest.errors import DigestError
from digest.model import Letter, Outcome, OutcomeKind, Recipient, Stage

Write = Callable[[Recipient], Letter]


async def deliver_letters(
    ledger: Ledger,
    write: Write,
    transport: Transport,
    *,
    delivery: DeliveryConfig,
    clock: Callable[[], datetime],
    on_outcome: Callable[[Recipient, Outcome], None],
    stop: asyncio.Event,
    timing: Timing | None = None,
    chance: Callable[[], float] = random.random,
) -> DeliveryReport:
    """Send to everyone whom the ledger gives, until it has nobody left.

    `on_outcome` is called when an outcome is durable. Setting `stop` lets letters under way
    finish and begins no more; the report then says `stopped`. `chance` gives numbers in [0, 1)
    that spread the retries.

    Raises:
        RunStopped: a DeliveryError; the relay refuses us or cannot be reached.
        LedgerLost: a StorageError; what happens can no longer be remembered.
        DigestError: the outbox cannot be written, or the letters cannot be rendered.
    """
    run = _Run(
        ledger,
        write,
        transport,
        delivery=delivery,
        clock=clock,
        on_outcome=on_outcome,
        timing=timing or Timing(),
        chance=chance,
    )
    return await run.work(stop)


class _Run:
    """One call of `deliver_letters`: what its connections share."""

    def __init__(
        self,
        ledger: Ledger,
        write: Write,
        transport: Transport,
        *,
        delivery: DeliveryConfig,
        clock: Callable[[], datetime],
        on_outcome: Callable[[Recipient, Outcome], None],
        timing: Timing,
        chance: Callable[[], float],
    ) -> None:
        self._write = write
        self._transport = transport
        self._delivery = delivery
        self._clock = clock
        self._on_outcome = on_outcome
        self._timing = timing
        self._chance = chance
        self._tally = Tally()
        self._halted = asyncio.Event()
        self._error: Exception | None = None
        self._streaks = Streaks(delivery.stop_after_failures)
        self._faults = RenderFaults()
        self._scribe = Scribe(ledger, clock=clock, on_settled=self._settled, on_broken=self._halt)
        batch = min(delivery.batch_size, 2 * transport.connections)
        self._feed = Feed(self._scribe, batch=batch, halted=self._halted)
        self._door = Door(
            transport, timing=timing, wait=self._wait, chance=chance, clock=time.monotonic
        )
        limit = delivery.smtp.letters_per_minute if delivery.transport == "smtp" else None
        self._pace = Pace(limit, clock=time.monotonic, wait=self._wait)

    async def work(self, stop: asyncio.Event) -> DeliveryReport:
        started = time.monotonic()
        watcher = asyncio.create_task(self._watch(stop))
        slots = [asyncio.create_task(self._guard()) for _ in range(self._transport.connections)]
        try:
            await asyncio.gather(*slots)
        finally:
            for task in (*slots, watcher):
                task.cancel()
            await asyncio.gather(*slots, watcher, return_exceptions=True)
        error = await self._wind_up()
        report = self._tally.report(
            transport=self._transport.name,
            connects=self._door.connects,
            seconds=time.monotonic() - started,
            stopped=stop.is_set(),
        )
        if error is None:
            return report
        if isinstance(error, RunStopped | LedgerLost):
            error.report = report
        raise error

    async def _wind_up(self) -> Exception | None:
        """Write and release what is left; the ledger's own failure outweighs any other."""
        if self._error is None:
            for recipient, outcome in self._faults.held:
                await self._scribe.record(settled=(recipient, outcome))
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
        self._halt()

    def _halt(self, error: Exception | None = None) -> None:
        """Begin no more letters. The first error is the one that is raised."""
        self._error = self._error or error
        self._halted.set()
        self._feed.wake()

    async def _wait(self, seconds: float) -> bool:
        """Wait, or less if the run ends. False: it ends."""
        if seconds > 0 and not self._halted.is_set():
            try:
                await asyncio.wait_for(self._halted.wait(), seconds)
            except TimeoutError:
                return True
        return not self._halted.is_set()

    async def _guard(self) -> None:
        """One connection's whole work; its failure ends the run, in order."""
        slot = _Slot()
        try:
            while recipient := await self._next(slot):
                if not await self._deliver(slot, recipient):
                    break
        except Exception as error:
            self._halt(error)
        try:
            await self._settle(slot)
            await self._hang_up(slot)
        except Exception as error:
            self._halt(error)

    async def _next(self, slot: _Slot) -> Recipient | None:
        """The next reader; what is settled is not kept waiting for one who is not at hand."""
        if slot.usable and not self._pace.waits and (recipient := self._feed.take_now()):
            return recipient
        await self._settle(slot)
        return await self._feed.take()

    async def _deliver(self, slot: _Slot, recipient: Recipient) -> bool:
        """One letter, up to its outcome. False: this connection's work is over."""
        letter = self._render(recipient)
        if letter is None:
            return True
        ready = False
        try:
            ready = await self._ready(slot)
        finally:
            if not ready:
                self._feed.give_back(recipient)
        if not ready:
            return False
        settled, slot.settled = slot.settled, None
        if not await self._scribe.record(begun=recipient, settled=settled):
            self._feed.done()
            return False
        slot.settled = (recipient, await self._send(slot, recipient, letter))
        return True

    async def _ready(self, slot: _Slot) -> bool:
        """Have an open connection, and the right to use it now."""
        if not slot.usable:
            await self._settle(slot)
            await self._hang_up(slot)
            slot.open(await self._door.enter())
        if self._pace.waits:
            await self._settle(slot)
        return slot.usable and await self._pace.turn() and not self._halted.is_set()

    def _render(self, recipient: Recipient) -> Letter | None:
        try:
            letter = self._write(recipient)
        except DigestError as error:
            self._feed.done()
            self._faults.add(recipient, error)
            return None
        except Exception:
            self._feed.give_back(recipient)
            raise
        self._faults.written()
        return letter

    async def _send(self, slot: _Slot, recipient: Recipient, letter: Letter) -> Outcome:
        assert slot.connection is not None
        relay = self._transport.name
        try:
            outcome = await slot.connection.send(letter)
        except DigestError as error:  # by contract, certainly not sent
            self._halt(error)
            return Outcome(
                kind=OutcomeKind.UNTRIED, stage=Stage.DATA, words=error.message, relay=relay
            )
        except Exception as error:  # a fault of ours: where it struck cannot be told
            self._halt(error)
            return Outcome(
                kind=OutcomeKind.UNKNOWN, stage=Stage.DOT, words=repr(error), relay=relay
            )
        return self._weigh(slot, recipient, outcome)

    def _weigh(self, slot: _Slot, recipient: Recipient, outcome: Outcome) -> Outcome:
        """What the outcome means for the connection, the run and the reader's next try."""
        judged = judge_reply(outcome.stage, outcome.code, outcome.words)
        between_letters = slot.answered and outcome.stage is Stage.MAIL
        slot.note(outcome, answered=outcome.code > 0 and not judged.ends)
        if slot.answered:
            self._door.answered()
        if judged.bearing is Bearing.THROTTLED:
            self._pace.rest(self._timing.throttle_rest)
        if outcome.kind is OutcomeKind.UNTRIED and judged.refuses_us:
            self._feed.put_aside(recipient)
        elif outcome.kind is OutcomeKind.UNTRIED and not between_letters:
            self._feed.count_untried(recipient)  # a full connection is nobody's fault
        if error := self._streaks.add(outcome, judged):
            self._halt(error)
        return plan_retry(
            recipient,
            outcome,
            now=self._clock(),
            give_up_after=self._delivery.give_up_after,
            chance=self._chance(),
        )

    async def _settle(self, slot: _Slot) -> None:
        if slot.settled:
            settled, slot.settled = slot.settled, None
            await self._scribe.record(settled=settled)

    def _settled(self, recipient: Recipient, outcome: Outcome) -> None:
        """An outcome is durable."""
        self._feed.done()
        self._tally.add(outcome)
        self._on_outcome(recipient, outcome)

    async def _hang_up(self, slot: _Slot) -> None:
        if slot.connection is None:
            return
        connection, fruitless = slot.connection, slot.fruitless
        slot.open(None)
        await connection.close()
        self._door.left(fruitless=fruitless)


class _Slot:
    """One connection's place in the run."""

    def __init__(self) -> None:
        self.connection: Connection | None = None
        self.settled: tuple[Recipient, Outcome] | None = None
        self.answered = False
        self._words = ""

    @property
    def usable(self) -> bool:
        return self.connection is not None and self.connection.usable

    @property
    def fruitless(self) -> str:
        """Why a lost connection answered no letter, or "" where nothing is amiss."""
        return "" if self.answered or self.usable else self._words

    def open(self, connection: Connection | None) -> None:
        self.connection = connection
        self.answered = False
        self._words = ""

    def note(self, outcome: Outcome, *, answered: bool) -> None:
        self.answered = self.answered or answered
        self._words = f"{outcome.code or ''} {outcome.words}".strip() or "no word"
