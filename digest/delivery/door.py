"""The way to the relay: who may knock, and how soon after nobody opened."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass

from digest.delivery.faults import ConnectFailed, RunStopped
from digest.delivery.pacing import Wait
from digest.delivery.protocols import Connection, Transport

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """The run's waits, in seconds. Tests shorten them."""

    #: A run begins with half of its connections. The others join after so long, or so many letters.
    ramp: float = 1.0
    ramp_letters: int = 1_000
    knock_first: float = 0.5
    knock_longest: float = 30.0
    first_knocks: int = 5  # before any connection stood: cron comes again soon enough
    knocks: int = 10  # in a row without a letter answered, then the run ends
    spare_knocks: int = 4  # of a connection while others work, then it stays away
    throttle_rest: float = 0.25  # doubled each time, while the relay takes nothing
    throttle_longest: float = 60.0
    throttles: int = 10  # such rests in a row, then the relay is left alone


class Door:
    """Opens connections for all slots of a run.

    Until a first connection stands, and whenever the last tries failed, one slot knocks at a time
    with growing waits between: a relay that is down sees fewer than five connects a second, and a
    relay that takes few connections is not asked for more for ever.
    """

    def __init__(
        self,
        transport: Transport,
        *,
        timing: Timing,
        wait: Wait,
        chance: Callable[[], float],
        clock: Callable[[], float],
    ) -> None:
        self._transport = transport
        self._timing = timing
        self._wait = wait
        self._chance = chance
        self._clock = clock
        self._lock = asyncio.Lock()
        self._failures = 0
        self._not_before = 0.0
        self._missed_at = 0.0
        self._open = 0
        self.connects = 0

    @property
    def is_open(self) -> bool:
        """Whether a connection stands."""
        return self._open > 0

    @property
    def connections(self) -> int:
        """How many stand."""
        return self._open

    async def enter(self) -> Connection | None:
        """An open connection, or None: this slot should end.

        Raises:
            RunStopped: the relay cannot be reached, or refuses us.
        """
        misses = 0
        while misses < self._timing.spare_knocks or not self._open:
            if self._failures or not self.connects:
                async with self._lock:
                    connection = await self._knock()
            else:
                connection = await self._knock()
            if connection:
                self._open += 1
                return connection
            misses += 1
            # Others are at work: only this one waits, and nobody who has lost a connection.
            if not await self._wait(self._pause(misses) if self._open else 0):
                return None
        return None

    def answered(self) -> None:
        """A letter got its answer: the relay works."""
        self._failures = 0

    def left(self, *, fruitless: str = "") -> None:
        """A connection is closed. `fruitless` says why, if it answered no letter at all.

        Raises:
            RunStopped: too many in a row came to nothing.
        """
        self._open -= 1
        self._tell("connection_closed", fruitless or "closed")
        if fruitless:
            self._missed(f"{self._transport.name} keeps closing connections: {fruitless}")

    async def _knock(self) -> Connection | None:
        while (ahead := self._not_before - self._clock()) > 0:
            if not await self._wait(ahead):
                return None
        if not await self._wait(0):  # the slot before us may have ended the run
            return None
        begun = self._clock()
        try:
            connection = await self._transport.connect()
        except ConnectFailed as error:
            self._tell("connection_failed", error.message)
            if not error.temporary:
                raise RunStopped(error.message) from None
            # All slots knock at once when a relay goes down: that is one miss and not one each.
            if begun >= self._missed_at and not self._open:
                self._missed(error.message, "; what is not sent stays pending")
            return None
        self.connects += 1
        self._tell("connection_opened", "opened")
        return connection

    def _tell(self, event: str, words: str) -> None:
        """For the log: relay and words."""
        facts = {"relay": self._transport.name}
        _log.info("%s", words, extra={"event": event, "facts": facts})

    def _missed(self, message: str, comfort: str = "") -> None:
        self._failures += 1
        self._missed_at = self._clock()
        timing = self._timing
        knocks = timing.knocks if self.connects else min(timing.first_knocks, timing.knocks)
        if self._failures >= knocks and not self._open:
            tries = f"{self._failures} tries in a row came to nothing"
            raise RunStopped(f"{message} ({tries}{comfort})", temporary=True)
        self._not_before = self._clock() + self._pause(self._failures)

    def _pause(self, misses: int) -> float:
        """How long to wait after so many misses in a row."""
        step: float = self._timing.knock_first * 2 ** min(misses - 1, 10)
        return min(step, self._timing.knock_longest) * (0.5 + 0.5 * self._chance())
