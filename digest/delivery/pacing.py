"""How fast letters may leave, over all connections together."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

#: Waits so many seconds, or less; False means that the run ends and nobody should go on.
Wait = Callable[[float], Awaitable[bool]]


class Pace:
    """Spaces letters evenly, and stands still for a while when the relay says: too fast.

    A letter takes the next free moment, so no burst follows a pause. `clock` gives monotonic
    seconds.
    """

    def __init__(
        self, letters_per_minute: int | None, *, clock: Callable[[], float], wait: Wait
    ) -> None:
        self._gap = 60 / letters_per_minute if letters_per_minute else 0.0
        self._clock = clock
        self._wait = wait
        self._next = 0.0
        self._rest_until = 0.0

    @property
    def waits(self) -> bool:
        """True if the next letter would have to wait."""
        return max(self._next, self._rest_until) > self._clock()

    async def turn(self) -> bool:
        """Wait for this letter's moment. False: the run ends."""
        moment = max(self._next, self._clock())
        self._next = moment + self._gap
        while (ahead := max(moment, self._rest_until) - self._clock()) > 0:
            if not await self._wait(ahead):
                return False
        return True

    def rest(self, seconds: float) -> None:
        """Let nothing leave for a while."""
        self._rest_until = max(self._rest_until, self._clock() + seconds)
