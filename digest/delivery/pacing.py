"""How fast letters may leave.

A relay that says "too fast" is listened to: the pace drops at once and comes back little by
little (additive increase, multiplicative decrease), so that a run finds the rate which the relay
takes, and its letters go through without being refused again and again.
"""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Mapping

#: Waits so many seconds, or less; False means that the run ends and nobody should go on.
Wait = Callable[[float], Awaitable[bool]]

#: A timer that fires late may be made good for by so many seconds' worth of letters.
_CATCH_UP = 0.05
#: The rate is what was taken in the last second; a run that just began is measured by less.
_BUCKETS, _BUCKET, _SHORTEST = 10, 0.1, 0.05
_FIRST_DROP, _LATER_DROP = 0.5, 0.9
_BACK, _NEAR, _PROBE = 0.25, 0.95, 0.05
_SLOWEST = 0.2


class Pace:
    """Spaces letters evenly at a rate that the relay has its say in. `clock`: monotonic seconds."""

    def __init__(
        self,
        letters_per_minute: int | None,
        *,
        clock: Callable[[], float],
        wait: Wait,
        first_rest: float = 1.0,
        longest_rest: float = 60.0,
    ) -> None:
        self._highest = letters_per_minute / 60 if letters_per_minute else math.inf
        self._rate = self._highest
        self._clock = clock
        self._wait = wait
        self._first_rest = first_rest
        self._longest_rest = longest_rest
        self._next = 0.0
        self._rest_until = 0.0
        self._known = math.inf  # the rate at which the relay said: too fast
        self._slowed_at = -math.inf
        self._grown_at = 0.0
        self._taken = 0  # letters since the last slow-down
        self._began = math.nan
        self._counts = [0] * _BUCKETS
        self._bucket = 0
        #: Slow-downs in a row with no letter taken between them.
        self.rests = 0

    @property
    def rate(self) -> float:
        """Letters a second that may leave now; infinite while nothing limits them."""
        return self._rate

    @property
    def waits(self) -> bool:
        """True if the next letter would have to wait."""
        free = max(self._next, self._rest_until)
        return free > 0 and free > self._clock()

    @property
    def resting(self) -> bool:
        """True while nothing may leave at all."""
        return self._rest_until > self._clock()

    def take(self) -> float:
        """Take the next free moment; the answer says when it is, 0 for at once."""
        if self._rate == math.inf:
            return 0.0
        now = self._clock()
        self._grow(now)
        moment = max(self._next, now - _CATCH_UP)
        self._next = moment + 1 / self._rate
        return moment

    async def turn(self, after: Pace | None = None) -> bool:
        """Wait for this letter's moment, and for that of `after`. False: the run ends."""
        return await self._own_turn() and (after is None or await after.turn())

    async def _own_turn(self) -> bool:
        moment = Pace.take(self)
        while (ahead := max(moment, self._rest_until) - self._clock()) > 0:
            if not await self._wait(ahead):
                return False
        return True

    def sent(self) -> None:
        """A letter was taken by the relay."""
        now = self._clock()
        if self._taken == 0:
            self.rests = 0
            if math.isnan(self._began):
                self._began = now
        self._taken += 1
        if now >= (self._bucket + 1) * _BUCKET:
            self._turn_buckets(now)
        self._counts[self._bucket % _BUCKETS] += 1

    def throttled(self, begun: float) -> None:
        """The relay said "too fast" to a letter that was begun at the moment `begun`.

        Letters that were under way when the pace dropped last say nothing new.
        """
        if begun < self._slowed_at:
            return
        now = self._clock()
        if self._taken:
            first = math.isinf(self._known)
            self._known = min(self._rate, self._measure(now))
            self._rate = max(_SLOWEST, self._known * (_FIRST_DROP if first else _LATER_DROP))
            self._next = max(self._next, now + 1 / self._rate)
        else:
            self.rests += 1
            rest = self._first_rest * 2 ** min(self.rests - 1, 20)
            self._rest_until = now + min(rest, self._longest_rest)
            if not math.isinf(self._rate):
                # Once may be bad luck: a letter that came a moment too early.
                drop = _LATER_DROP if self.rests == 1 else _FIRST_DROP
                self._rate = max(_SLOWEST, self._rate * drop)
        self._slowed_at = self._grown_at = now
        self._taken = 0

    def _grow(self, now: float) -> None:
        """Come back: evenly up to where it was too fast, from there in growing small steps."""
        if self._rate >= self._highest or math.isinf(self._known) or now <= self._grown_at:
            return
        step = _BACK * self._known
        if self._rate >= _NEAR * self._known:
            calm = now - self._slowed_at
            step = min(_PROBE * self._known * 2 ** min(calm, 30), self._rate)
        elapsed = min(now - self._grown_at, 1.0)
        self._rate = min(self._rate + step * elapsed, self._highest)
        self._grown_at = now

    def _turn_buckets(self, now: float) -> None:
        bucket = max(int(now / _BUCKET), self._bucket)
        for passed in range(max(self._bucket + 1, bucket - _BUCKETS + 1), bucket + 1):
            self._counts[passed % _BUCKETS] = 0
        self._bucket = bucket

    def _measure(self, now: float) -> float:
        """Letters a second that were taken of late."""
        self._turn_buckets(now)
        kept = (_BUCKETS - 1) * _BUCKET + now % _BUCKET
        seconds = min(max(now - self._began, _SHORTEST), kept)
        return max(sum(self._counts) / seconds, _SLOWEST)


class DomainPaces:
    """How soon the next letter may go to each recipient domain.

    `limits` maps a domain, or `*` for every other one, to letters a minute.
    """

    def __init__(self, limits: Mapping[str, int], *, clock: Callable[[], float]) -> None:
        self._gaps = {domain: 60 / limit for domain, limit in limits.items()}
        self._clock = clock
        self._next: dict[str, float] = {}

    def __bool__(self) -> bool:
        return bool(self._gaps)

    def ahead(self, domain: str) -> float:
        """Seconds until a letter to `domain` may leave; 0: now."""
        return max(self._next.get(domain, 0.0) - self._clock(), 0.0)

    def take(self, domain: str) -> None:
        """A letter to `domain` leaves now."""
        gap = self._gaps.get(domain) or self._gaps.get("*")
        if gap:
            now = self._clock()
            self._next[domain] = max(self._next.get(domain, 0.0), now - _CATCH_UP) + gap

    def give_back(self, domain: str) -> None:
        """The letter that was to leave does not."""
        if domain in self._next:
            self._next[domain] -= self._gaps.get(domain) or self._gaps["*"]
