"""The moments at which letters may leave under a limit that many programs share.

They are reserved some at a time, evenly spaced, each for one program alone. One that passes unused
is lost, so however many programs there are, and whichever of them dies, the limit holds.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

#: A letter may leave so many seconds behind its moment: timers fire late, answers take a while.
#: Moments are spaced as if a minute were so much longer, so that this never breaks the limit.
LATE = 0.5
#: At least so long a moment can be used, however slow the answer was that brought it.
_SHORTEST = 0.05
#: What is nearer is now: a clock may not tell such moments apart, nor a timer wait for them.
_INSTANT = 1e-6
#: The next ones are reserved when the last is nearer than so many seconds.
_NEAR = 0.2


@dataclass(slots=True)
class _Slice:
    """Moments from `first` on, `left` of them; each can be used for `grace` seconds."""

    first: float
    left: int
    grace: float
    mark: int


class Moments:
    """Those that are reserved under one limit. Times are in seconds of one monotonic clock."""

    def __init__(self, letters_per_minute: int) -> None:
        #: Between two moments, in microseconds.
        self.gap = math.ceil((60 + LATE) * 1_000_000 / letters_per_minute)
        #: How many to reserve next. It grows while they are used, up to a second's worth.
        self.size = 1
        self._gap = self.gap / 1_000_000
        self._most = max(1_000_000 // self.gap, 1)
        self._slices: deque[_Slice] = deque()
        self._used = self._lost = 0

    def add(self, count: int, ahead: float, mark: int, *, asked: float, answered: float) -> None:
        """Note `count` moments, the first `ahead` seconds from when they were reserved.

        That was at some time between `asked` and `answered`: none is used before the later one
        allows it, nor much after the earlier one forbids it. `mark` is for who gives them back.
        """
        grace = max(LATE - (answered - asked), _SHORTEST)
        self._slices.append(_Slice(answered + ahead, count, grace, mark))
        if self._lost:
            self.size = max(self.size // 2, 1)
        elif self._used:
            self.size = min(self.size * 2, self._most)
        self._used = self._lost = 0

    def ahead(self, now: float) -> float | None:
        """Seconds until the next one, 0 if it is there; None if none is reserved."""
        self._lose(now)
        if not self._slices:
            return None
        ahead = self._slices[0].first - now
        return ahead if ahead > _INSTANT else 0.0

    def take(self, now: float) -> None:
        """Use the next one, if it is there."""
        if self.ahead(now) == 0:
            self._pass(self._slices[0], 1)
            self._used += 1

    def is_low(self, now: float) -> bool:
        """Whether more should be reserved for letters that follow each other."""
        if not self._slices:
            return True
        last = self._slices[-1]
        return self._most > 1 and last.first + last.left * self._gap - now < _NEAR

    def unused(self) -> tuple[int, int] | None:
        """The mark of those reserved last, and how many microseconds of them are left."""
        if not self._slices:
            return None
        last = self._slices[-1]
        return last.mark, last.left * self.gap

    def _lose(self, now: float) -> None:
        """Forget those that have passed."""
        while self._slices:
            first = self._slices[0]
            late = now - first.grace - first.first
            if late <= 0:
                return
            self._pass(first, math.ceil(late / self._gap))
            self._lost += 1

    def _pass(self, first: _Slice, count: int) -> None:
        first.first += count * self._gap
        first.left -= count
        if first.left <= 0:
            self._slices.popleft()
