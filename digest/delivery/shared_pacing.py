"""Limits a minute that hold over all programs at work on the same database."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Mapping
from contextlib import suppress
from itertools import islice

from digest.delivery.moments import Moments
from digest.delivery.pacing import DomainPaces, Pace, Wait
from digest.delivery.protocols import PaceBook
from digest.errors import StorageBusy, StorageError

#: Between two tries while the database is away.
_PAUSE = 0.5
#: A run that ends waits so long for an answer that is on its way.
_PATIENCE = 2.0
#: As long as anybody may wait: the answer wakes her.
_LATER = 60.0
_DOMAINS_AT_ONCE = 1_000
_DOMAINS_KEPT = 10_000


class SharedPace(Pace):
    """A pace below a limit that all programs share; what the relay says counts for this one alone.

    Every program that hears "too fast" slows down by a share of its own rate, and comes back by
    one. The faster one takes more of the relay's refusals, so it slows down more often: the rates
    draw level, and their sum goes up and down just around what the relay takes.
    """

    def __init__(
        self,
        name: str,
        letters_per_minute: int,
        book: PaceBook,
        *,
        clock: Callable[[], float],
        wait: Wait,
        first_rest: float = 1.0,
        longest_rest: float = 60.0,
    ) -> None:
        super().__init__(
            None, clock=clock, wait=wait, first_rest=first_rest, longest_rest=longest_rest
        )
        self._name = name
        self._book = book
        self._moments = Moments(letters_per_minute)
        self._queue = asyncio.Lock()
        self._asking: asyncio.Task[None] | None = None

    @property
    def waits(self) -> bool:
        return super().waits or self._queue.locked() or self._moments.ahead(self._clock()) != 0

    def take(self) -> float:
        moment = super().take()
        self._moments.take(self._clock())
        self._reserve_in_time()
        return moment

    async def turn(self, after: Pace | None = None) -> bool:
        """Letters wait one behind the other: only the first one may leave later than its moment."""
        async with self._queue:
            if not await self._own_turn():
                return False
            while ahead := self._ahead():
                going = await (self._refill() if ahead == math.inf else self._wait(ahead))
                if not going:
                    return False
            self._moments.take(self._clock())
            self._reserve_in_time()
            return after is None or await after.turn()

    async def close(self) -> None:
        """Give back what nobody reserved behind. Never raises."""
        if self._asking is not None:
            await asyncio.wait({self._asking}, timeout=_PATIENCE)
            self._asking.cancel()
            await asyncio.gather(self._asking, return_exceptions=True)
        if unused := self._moments.unused():
            with suppress(StorageError):
                await self._book.give_back({self._name: unused})

    def _ahead(self) -> float:
        ahead = self._moments.ahead(self._clock())
        return math.inf if ahead is None else ahead

    def _reserve_in_time(self) -> None:
        if self._moments.is_low(self._clock()) and (self._asking is None or self._asking.done()):
            self._asking = asyncio.create_task(self._reserve())

    async def _refill(self) -> bool:
        """Until moments are reserved. False: the run ends."""
        if self._asking is None or (self._asking.done() and not self._asking.exception()):
            self._asking = asyncio.create_task(self._reserve())
        end = asyncio.ensure_future(self._wait(3600))
        try:
            await asyncio.wait({self._asking, end}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            end.cancel()
        if self._asking.done():
            self._asking.result()
        return await self._wait(0)

    async def _reserve(self) -> None:
        moments = self._moments
        going = True
        while going:
            asked, count = self._clock(), moments.size
            try:
                answer = await self._book.reserve({self._name: (count, moments.gap)})
            except StorageBusy:
                going = await self._wait(_PAUSE)
                continue
            ahead, mark = answer[self._name]
            moments.add(count, ahead, mark, asked=asked, answered=self._clock())
            return


class SharedDomainPaces(DomainPaces):
    """How soon the next letter may go to each domain, whoever sends it.

    A domain that somebody waits for has its moments reserved in the background, many domains at a
    time; `on_change` is called when they are there.
    """

    def __init__(
        self,
        limits: Mapping[str, int],
        book: PaceBook,
        *,
        clock: Callable[[], float],
        wait: Wait,
        on_change: Callable[[], None],
    ) -> None:
        super().__init__(limits, clock=clock)
        self._limits = limits
        self._book = book
        self._wait = wait
        self._on_change = on_change
        self._moments: dict[str, Moments] = {}
        self._wanted: dict[str, None] = {}
        self._called = asyncio.Event()

    def ahead(self, domain: str) -> float:
        if not self._limit(domain):
            return 0.0
        moments = self._moments.get(domain)
        ahead = moments.ahead(self._clock()) if moments else None
        if ahead is None:
            self._wanted[domain] = None
            self._called.set()
            return _LATER
        return ahead

    def take(self, domain: str) -> None:
        if moments := self._moments.get(domain):
            moments.take(self._clock())

    def give_back(self, domain: str) -> None:
        """Its moment has passed for everybody."""

    async def keep(self) -> None:
        """Reserve what is wanted until cancelled.

        Raises:
            StorageError: the database refuses it.
        """
        while True:
            await self._called.wait()
            self._called.clear()
            while self._wanted:
                try:
                    await self._reserve(list(islice(self._wanted, _DOMAINS_AT_ONCE)))
                except StorageBusy:
                    await self._wait(_PAUSE)
                self._on_change()

    async def close(self) -> None:
        """Give back what nobody reserved behind. Never raises."""
        left = {d: unused for d, each in self._moments.items() if (unused := each.unused())}
        if left:
            with suppress(StorageError):
                await self._book.give_back({_name(d): unused for d, unused in left.items()})

    def _limit(self, domain: str) -> int | None:
        return self._limits.get(domain) or self._limits.get("*")

    async def _reserve(self, domains: list[str]) -> None:
        found = {d: self._moments.get(d) or Moments(self._limit(d) or 1) for d in domains}
        asked = self._clock()
        answer = await self._book.reserve({_name(d): (m.size, m.gap) for d, m in found.items()})
        answered = self._clock()
        self._forget(answered)
        for domain, moments in found.items():
            ahead, mark = answer[_name(domain)]
            moments.add(moments.size, ahead, mark, asked=asked, answered=answered)
            self._moments[domain] = moments
            self._wanted.pop(domain, None)

    def _forget(self, now: float) -> None:
        """Domains whose moments have passed, once they are many."""
        if len(self._moments) > _DOMAINS_KEPT:
            kept = {d: each for d, each in self._moments.items() if each.ahead(now) is not None}
            self._moments = kept


def _name(domain: str) -> str:
    return f"domain:{domain}"
