"""A relay's connections, shared out among all programs that send through it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

from digest.clocks import machine_clock
from digest.delivery.protocols import PermitBook
from digest.errors import StorageBusy, StorageError

#: Seconds between two looks at who else wants some.
_PERIOD = 1.0
#: At least so much between two questions, however much changes.
_SHORTEST = 0.1
#: A connection that has waited so long for a reader is not needed.
_IDLE = 1.0
#: Permits are trusted for so much of the time that the database says they are ours.
_TRUST = 0.8


class Permit:
    """The right to one open connection."""

    def __init__(self, number: int, permits: Permits) -> None:
        self.number = number
        self._permits = permits
        self._recalled = False
        self._idle_since: float | None = None

    @property
    def recalled(self) -> bool:
        """Whether the connection should close before its next letter: another program waits."""
        return self._recalled or self._permits.lapsed

    def recall(self) -> None:
        self._recalled = True

    def rest(self, resting: bool) -> None:
        """Say that the connection waits for a reader, or that it does no longer."""
        self._idle_since = self._permits.clock() if resting else None

    @property
    def idle(self) -> bool:
        since = self._idle_since
        return since is not None and self._permits.clock() - since > _IDLE

    def leave(self) -> None:
        """The connection is closed."""
        self._permits.left(self)


class Permits:
    """One relay's permits that this program has. `on_recall` is called when some must be let go.

    What is told to the database is a state and no change: which numbers are kept, and how many
    are wanted. An answer that was lost is made good by the next question.
    """

    def __init__(
        self,
        relay: str,
        limit: int,
        book: PermitBook,
        *,
        on_recall: Callable[[], None],
        clock: Callable[[], float] = machine_clock,
    ) -> None:
        self._relay = relay
        self._limit = limit
        self._book = book
        self._on_recall = on_recall
        self.clock = clock
        self._spare: set[int] = set()
        self._unused: set[int] = set()  # spare since the last question at least
        self._used: dict[int, Permit] = {}
        self._allowed = 0
        self._waiting = 0
        self._until = float("-inf")
        self._called = asyncio.Event()
        self._news = asyncio.Event()

    @property
    def lapsed(self) -> bool:
        """Whether they may be another's by now, as the database was away for long."""
        return self.clock() > self._until

    async def enter(self, needed: Callable[[], bool]) -> Permit | None:
        """The right to open a connection, waited for; None: it is not needed any more."""
        self._waiting += 1
        try:
            if self._waiting > len(self._spare):
                self._called.set()
            while needed():
                if permit := self._take():
                    return permit
                self._news.clear()
                await self._news.wait()
            return None
        finally:
            self._waiting -= 1

    def left(self, permit: Permit) -> None:
        """A connection is closed; its number is kept for a moment, unless it was recalled."""
        mine = self._used.pop(permit.number, None)
        if mine and not permit.recalled:
            self._spare.add(permit.number)
            self.wake()
        else:
            self._called.set()

    def wake(self) -> None:
        """Let all who wait look whether they still need to."""
        self._news.set()

    async def keep(self) -> None:
        """Ask for what is wanted, and let go what others wait for, until cancelled.

        Raises:
            StorageError: the database refuses it.
        """
        while True:
            with suppress(TimeoutError):
                busy = self._used or self._spare or self._waiting
                async with asyncio.timeout(_PERIOD if busy else None):
                    await self._called.wait()
            self._called.clear()
            with suppress(StorageBusy):
                await self._ask()
            self.wake()
            await asyncio.sleep(_SHORTEST)

    async def close(self) -> None:
        """Give all back. Never raises: what is not given back is free when the lease is over."""
        with suppress(StorageError):
            await self._book.ask(self._relay, self._limit, 0, ())

    def _take(self) -> Permit | None:
        active = sum(not permit.recalled for permit in self._used.values())
        if not self._spare or self.lapsed or active >= self._allowed:
            return None
        permit = Permit(self._spare.pop(), self)
        self._unused.discard(permit.number)
        self._used[permit.number] = permit
        return permit

    async def _ask(self) -> None:
        self._spare -= self._unused
        busy = sum(not permit.idle and not permit.recalled for permit in self._used.values())
        kept = {*self._used, *self._spare}
        asked = self.clock()
        numbers, self._allowed, good = await self._book.ask(
            self._relay, self._limit, busy + self._waiting, sorted(kept)
        )
        self._until = asked + good * _TRUST
        self._unused = set(self._spare)
        lost = kept.difference(numbers)
        self._spare = (self._spare - lost) | set(numbers).difference(kept)
        for number in lost:
            if permit := self._used.pop(number, None):
                permit.recall()
        self._recall()

    def _recall(self) -> None:
        """Let go what is over the share: unused ones, then idle ones, then the oldest."""
        active = [permit for permit in self._used.values() if not permit.recalled]
        while self._spare and len(active) + len(self._spare) > self._allowed:
            self._spare.pop()
            self._called.set()
        surplus = max(len(active) - self._allowed, 0)
        for permit in sorted(active, key=lambda permit: not permit.idle)[:surplus]:
            permit.recall()
        if surplus:
            self._on_recall()
