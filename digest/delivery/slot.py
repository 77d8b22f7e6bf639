"""One connection's work: reader after reader, each letter begun and ended on record.

While the ledger writes that a letter begins, the next one is already written; its envelope then
leaves behind the first one's content. What ends is on record before the connection's next
content: `_carry` is the only place that sends one, and it waits for the record.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable
from dataclasses import dataclass

from digest.delivery.faults import RunStopped
from digest.delivery.floor import Floor
from digest.delivery.permits import Permit
from digest.delivery.protocols import Connection
from digest.delivery.relay import Relay
from digest.delivery.replies import Bearing, judge_reply
from digest.delivery.retry import plan_retry
from digest.delivery.scribe import Settled, Written
from digest.errors import DigestError, StorageError
from digest.model import Letter, Outcome, OutcomeKind, Recipient, Stage

#: An outcome waits at most so many seconds for the next letter's beginning, to be written with it.
UNRECORDED = 0.02


@dataclass(slots=True)
class _Turn:
    """A reader who is taken, with her letter once it is written."""

    recipient: Recipient
    letter: Letter


class Slot:
    """One of a relay's connections, opened again as often as need be."""

    def __init__(self, floor: Floor, relay: Relay) -> None:
        self._floor = floor
        self._relay = relay
        self._connection: Connection | None = None
        self._settled: list[Settled] = []
        self._ahead: _Turn | None = None
        self._answered = False
        self._words = ""
        self._has_turn = False
        self._permit: Permit | None = None

    async def work(self) -> None:
        """Until nobody is left for this connection; a failure ends the run, in order."""
        try:
            turn = await self._next()
            while turn:
                turn = await self._carry(turn) or await self._next()
        except RunStopped as error:
            self._floor.drop(self._relay, error)
        except Exception as error:
            self._floor.halt(error)
        self._let_go()
        try:
            await self._settle()
            await self._hang_up()
        except RunStopped as error:
            self._floor.drop(self._relay, error)
        except Exception as error:
            self._floor.halt(error)

    @property
    def _usable(self) -> bool:
        return self._connection is not None and self._connection.usable and not self._is_recalled

    @property
    def _is_recalled(self) -> bool:
        return self._permit is not None and self._permit.recalled

    def _ends(self) -> bool:
        return self._floor.halted.is_set() or self._relay.out is not None

    @property
    def _waits(self) -> bool:
        return self._relay.pace.waits or self._floor.pace.waits

    async def _next(self) -> _Turn | None:
        """The next reader with her letter; what is settled is not kept waiting meanwhile."""
        feed = self._floor.feed
        while not self._ends():
            if not self._usable and not await self._connect():
                return None
            if self._ahead is not None:
                ahead, self._ahead = self._ahead, None
                return ahead
            recipient = None
            if self._has_turn or not self._waits:
                recipient = feed.take_now(self._relay)
            if recipient is None:
                await self._settle()
                recipient = await self._await_reader()
            if recipient is None and self._is_recalled:
                continue  # others wait for this connection, and she for another one
            if recipient is None:
                return None
            if await self._may_go(recipient) and (turn := await self._turn(recipient)):
                return turn
        return None

    async def _connect(self) -> bool:
        """Open a connection once somebody waits for one; no reader is kept at a closed door."""
        feed, relay = self._floor.feed, self._relay
        self._let_go()
        await self._settle()
        await self._hang_up()
        while await feed.await_reader(relay):
            try:
                if not await self._may_connect():
                    continue
                # Its turn first: a relay that hangs up on idle connections would not wait for it.
                if await self._await_turn() and not self._is_recalled:
                    self._connection = await relay.door.enter()
            finally:
                feed.entered(relay)
                if self._connection is None:
                    recalled = self._is_recalled
                    self._leave_permit()
            if self._connection is None and recalled:
                continue
            self._answered, self._words = False, ""
            return self._connection is not None
        return False

    async def _may_connect(self) -> bool:
        """Wait for the right to open a connection; False: the reader has been served meanwhile."""
        permits, feed = self._relay.permits, self._floor.feed
        if permits is not None:
            self._permit = await permits.enter(lambda: not self._ends() and feed.has_waiting)
        return permits is None or self._permit is not None

    def _leave_permit(self) -> None:
        if self._permit is not None:
            self._permit.leave()
            self._permit = None

    async def _await_reader(self) -> Recipient | None:
        """The next reader, or None; others may have the connection while it has none."""
        if self._permit is None:
            return await self._floor.feed.take(self._relay)
        self._permit.rest(True)
        try:
            return await self._floor.feed.take(self._relay, lambda: not self._is_recalled)
        finally:
            self._permit.rest(False)

    async def _await_turn(self) -> bool:
        """Wait for this connection's moment; False: the run ends. It keeps until it is used."""
        if not self._has_turn or self._relay.pace.resting:
            if self._waits:
                await self._settle()
            pace, all_relays = self._relay.pace, self._floor.pace
            self._has_turn = await pace.turn(all_relays)
        return self._has_turn

    async def _may_go(self, recipient: Recipient) -> bool:
        """Wait for this letter's moment; False: she is given back, as all has changed meanwhile."""
        free = False
        try:
            free = await self._await_turn() and self._usable and not self._ends()
        finally:
            if free:
                self._has_turn = False
            else:
                self._floor.feed.give_back(recipient, self._relay)
        return free

    def _let_go(self) -> None:
        """Give the reader back whose letter is written ahead: it was for another connection."""
        if self._ahead is not None:
            self._floor.feed.give_back(self._ahead.recipient, self._relay)
            self._ahead = None

    async def _at_hand(self) -> _Turn | None:
        """The next reader if she can be asked for at once, without any waiting."""
        if not self._usable or self._waits or self._ends():
            return None
        recipient = self._floor.feed.take_now(self._relay)
        if recipient is None:
            return None
        self._relay.pace.take()
        self._floor.pace.take()
        try:
            return await self._turn(recipient)
        except Exception as error:  # too many cannot be written: the one under way still ends well
            self._floor.halt(error)
            return None

    async def _turn(self, recipient: Recipient) -> _Turn | None:
        """A taken reader's letter; None: it cannot be written, and she is set apart."""
        floor = self._floor
        eightbit = self._connection is not None and self._connection.eightbit
        try:
            if floor.press is None:
                letter = floor.write(recipient, eightbit)
            else:
                letter = await floor.press(recipient)
        except DigestError as error:
            floor.feed.done()
            self._relay.took(-1)
            floor.faults.add(recipient, error)
            return None
        except BaseException:
            floor.feed.give_back(recipient, self._relay)
            raise
        floor.faults.written()
        return _Turn(recipient, letter)

    async def _carry(self, turn: _Turn) -> _Turn | None:
        """One letter, up to its outcome; the answer is the next one, if it was asked for behind."""
        floor, recipient = self._floor, turn.recipient
        if self._ends():
            await self._take_back(recipient)
            return None
        connection = self._connection
        if connection is None or not connection.usable:
            floor.feed.give_back(recipient, self._relay)
            return None
        begun_at = time.monotonic()
        if refusal := await self._said(self._offer(connection, turn.letter), Stage.MAIL):
            self._weigh(recipient, refusal, begun_at)
            return None
        if self._ends():
            await self._take_back(recipient)
            return None
        settled, self._settled = self._settled, []
        recording = floor.scribe.record(begun=recipient, settled=settled)
        following, self._ahead = self._ahead or await self._at_hand(), None
        written = await recording
        if written is not Written.YES:
            return await self._call_off(recipient, following)
        if floor.fence is not None and not floor.fence():
            return await self._stand_back(recipient, following)
        # Begun now, not when it is awaited: what the fence said holds for this moment only.
        sending = asyncio.ensure_future(
            connection.hand_over(turn.letter, following.letter if following else None)
        )
        # While the relay reads this letter, the one after the next is written.
        self._ahead = await self._at_hand()
        outcome = await self._said(sending, Stage.DOT)
        assert outcome is not None
        self._weigh(recipient, outcome, begun_at)
        return following

    async def _offer(self, connection: Connection, letter: Letter) -> Outcome | None:
        """Ask for the letter. An answer that is slow keeps nobody's outcome off the record."""
        if not self._settled:
            return await connection.offer(letter)
        late = asyncio.get_running_loop().call_later(UNRECORDED, self._record_settled)
        try:
            return await connection.offer(letter)
        finally:
            late.cancel()

    async def _take_back(self, recipient: Recipient) -> None:
        """The run ends before this reader's letter began; hanging up unasks for it."""
        self._floor.feed.give_back(recipient, self._relay)
        await self._settle()
        self._answered = True
        await self._hang_up()

    async def _stand_back(self, recipient: Recipient, following: _Turn | None) -> _Turn | None:
        """We stood still for so long that others may have taken this letter; it goes back."""
        words = "this program stood still for too long (workers.timeout); it begins no more"
        self._floor.halt(StorageError(f"{self._relay.name}: {words}"))
        untried = Outcome(kind=OutcomeKind.UNTRIED, stage=Stage.DOT, words=words)
        self._settled.append((recipient, untried))
        self._relay.took(-1)
        self._answered = True
        await self._hang_up()
        return following

    async def _call_off(self, recipient: Recipient, following: _Turn | None) -> _Turn | None:
        """A letter whose 354 has come is not to be sent: only hanging up takes it back."""
        self._floor.feed.done()
        self._relay.took(-1)
        self._answered = True
        await self._hang_up()
        return following

    async def _said(self, answer: Awaitable[Outcome | None], stage: Stage) -> Outcome | None:
        """What the other side says; a failure of ours ends the run after it is written down."""
        try:
            return await answer
        except DigestError as error:  # by contract, certainly not sent
            self._floor.halt(error)
            kind, words = OutcomeKind.UNTRIED, error.message
        except Exception as error:  # a fault of ours: where it struck cannot be told
            self._floor.halt(error)
            kind = OutcomeKind.UNKNOWN if stage is Stage.DOT else OutcomeKind.UNTRIED
            words = repr(error)
        return Outcome(kind=kind, stage=stage, words=words, relay=self._relay.name)

    def _weigh(self, recipient: Recipient, outcome: Outcome, begun_at: float) -> None:
        """What the outcome means for the connection, the relay and the reader's next try."""
        relay, feed = self._relay, self._floor.feed
        if outcome.kind is OutcomeKind.SENT:
            self._answered = True
            relay.door.answered()
            relay.pace.sent()
            relay.streaks.add(outcome, _FINE, begun_at)
            self._settled.append((recipient, outcome))
            return
        judged = judge_reply(outcome.stage, outcome.code, outcome.words)
        # A full connection is nobody's fault, nor is one that gave way to another kind.
        gave_way = self._connection is not None and self._connection.gave_way
        blameless = gave_way or (self._answered and outcome.stage is Stage.MAIL)
        too_fast = judged.bearing is Bearing.THROTTLED
        replied = outcome.code > 0 and not judged.ends
        self._answered = self._answered or gave_way or too_fast or replied
        self._words = f"{outcome.code or ''} {outcome.words}".strip() or "no word"
        if self._answered:
            relay.door.answered()
        if outcome.kind is OutcomeKind.UNTRIED:
            relay.took(-1)
        if judged.bearing is Bearing.THROTTLED:
            self._slow_down(outcome, begun_at)
        elif outcome.kind is OutcomeKind.UNTRIED and judged.refuses_us:
            feed.put_aside(recipient)
        elif outcome.kind is OutcomeKind.UNTRIED and not blameless:
            feed.count_untried(recipient)
        if not gave_way and (error := relay.streaks.add(outcome, judged, begun_at)):
            self._floor.drop(relay, error)
        outcome = plan_retry(
            recipient,
            outcome,
            now=self._floor.clock(),
            give_up_after=self._floor.delivery.give_up_after,
            chance=self._floor.chance(),
        )
        self._settled.append((recipient, outcome))

    def _slow_down(self, outcome: Outcome, begun_at: float) -> None:
        pace = self._relay.pace
        pace.throttled(begun_at)
        if pace.rests >= self._floor.timing.throttles:
            said = f"{outcome.code} {outcome.words}"
            message = f"{self._relay.name} takes nothing for being too fast, however long we wait"
            error = RunStopped(f"{message}: {said}; what is not sent stays pending", temporary=True)
            self._floor.drop(self._relay, error)

    async def _settle(self) -> None:
        if self._settled:
            await self._record_settled()

    def _record_settled(self) -> asyncio.Future[Written]:
        settled, self._settled = self._settled, []
        return self._floor.scribe.record(settled=settled)

    async def _hang_up(self) -> None:
        if self._connection is None:
            return
        connection, self._connection = self._connection, None
        words = self._words or "it closes connections before any letter"
        blameless = self._answered or self._is_recalled or connection.usable
        fruitless = "" if blameless else words
        try:
            await connection.close()
        finally:
            self._leave_permit()
        try:
            self._relay.door.left(fruitless=fruitless)
        finally:
            self._floor.feed.wake()  # others may take what this relay cannot


_FINE = judge_reply(Stage.DOT, 250, "")
