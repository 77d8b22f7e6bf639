"""Counts what somebody did of late, in bounded memory."""

from __future__ import annotations

from collections import OrderedDict

#: Names that are remembered at most; the oldest are forgotten first.
MOST = 50_000


class Allowance:
    """So many times in so many seconds for each name."""

    def __init__(self, times: int, seconds: float, most: int = MOST) -> None:
        self._times = times
        self._seconds = seconds
        self._most = most
        self._spent: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def take(self, name: str, now: float) -> bool:
        """One time more, if it is left; `now` is in monotonic seconds."""
        begun, count = self._spent.get(name, (now, 0))
        if now - begun >= self._seconds:
            begun, count = now, 0
        if count >= self._times:
            return False
        self._spent[name] = (begun, count + 1)
        if not count:
            self._spent.move_to_end(name)
        if len(self._spent) > self._most:
            self._spent.popitem(last=False)
        return True
