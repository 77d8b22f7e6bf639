"""A relay's letters of the day, drawn some at a time from what all programs share."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from digest.delivery.protocols import DayBook
from digest.errors import StorageBusy, StorageError

#: Letters that were drawn must leave within so many seconds; the book counts a day so much longer.
DRAWN_FOR = 600.0
#: So many times a day's letters are drawn at most, by all programs, while they send.
_DRAWS = 200
_MOST = 1_000
_PAUSE = 0.5


@dataclass(slots=True)
class _Drawn:
    until: float
    left: int
    mark: int


class DayLetters:
    """What this program may still send through one relay. `on_change`: there are some, or none."""

    def __init__(
        self,
        relay: str,
        letters_per_day: int,
        book: DayBook,
        *,
        clock: Callable[[], float],
        on_change: Callable[[], None],
    ) -> None:
        self._relay = relay
        self._per_day = letters_per_day
        self._book = book
        self._clock = clock
        self._on_change = on_change
        self._size = min(max(letters_per_day // _DRAWS, 1), _MOST)
        self._drawn: deque[_Drawn] = deque()
        self._exhausted = False
        self._called = asyncio.Event()
        self._drawing: asyncio.Task[tuple[int, int]] | None = None

    @property
    def left(self) -> int:
        """Letters at hand; more are drawn in time."""
        self._expire()
        left = sum(drawn.left for drawn in self._drawn)
        if left <= self._size // 2 and not self._exhausted:
            self._called.set()
        return left

    @property
    def is_full(self) -> bool:
        """The letters of the day are used up, over all programs."""
        return self.left <= 0 and self._exhausted

    @property
    def is_dry(self) -> bool:
        """None is at hand just now."""
        return self.left <= 0

    def took(self, letters: int) -> None:
        """Count a letter that is given to the relay, or that comes back."""
        while len(self._drawn) > 1 and self._drawn[0].left <= 0:
            self._drawn.popleft()
        if self._drawn:
            self._drawn[0].left -= letters

    async def keep(self) -> None:
        """Draw in time until cancelled.

        Raises:
            StorageError: the database refuses it.
        """
        while not self._exhausted:
            await self._called.wait()
            self._called.clear()
            begun = self._clock()
            try:
                letters, mark = await self._draw()
            except StorageBusy:
                await asyncio.sleep(_PAUSE)
                self._called.set()
                continue
            if letters:
                self._drawn.append(_Drawn(begun + DRAWN_FOR, letters, mark))
            self._exhausted = not letters
            self._on_change()

    async def _draw(self) -> tuple[int, int]:
        """A draw that goes on when we are cancelled: what it took must be given back."""
        self._drawing = asyncio.create_task(self._book.draw(self._relay, self._per_day, self._size))
        try:
            return await asyncio.shield(self._drawing)
        finally:
            if self._drawing.done():
                self._drawing = None

    async def close(self) -> None:
        """Give back what is left. Never raises."""
        with suppress(StorageError):
            if self._drawing is not None:
                letters, mark = await self._drawing
                self._drawn.append(_Drawn(self._clock() + DRAWN_FOR, letters, mark))
        with suppress(StorageError):
            for drawn in self._drawn:
                if drawn.left > 0:
                    await self._book.put_back(self._relay, drawn.mark, drawn.left)

    def _expire(self) -> None:
        while self._drawn and self._drawn[0].until < self._clock():
            self._drawn.popleft()
