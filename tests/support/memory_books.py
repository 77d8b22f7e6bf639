"""The books of shared limits in memory, with answers that take a while and may fail."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from digest.errors import StorageAway


class Line:
    """The way to the database: `delay` says how long each half takes; `away` cuts it."""

    def __init__(self, delay: Callable[[], float] = lambda: 0.001) -> None:
        self.delay = delay
        self.away = False
        self.asked = 0

    async def cross(self) -> None:
        await asyncio.sleep(self.delay())
        if self.away:
            raise StorageAway("the server is not to be reached")


class MemoryPaces:
    def __init__(self, line: Line | None = None) -> None:
        self.line = line or Line()
        self.next: dict[str, int] = {}

    async def reserve(self, wanted: Mapping[str, tuple[int, int]]) -> dict[str, tuple[float, int]]:
        self.line.asked += 1
        await self.line.cross()
        now, answer = _now(), {}
        for name, (count, gap) in wanted.items():
            first = max(self.next.get(name, 0), now)
            self.next[name] = first + count * gap
            answer[name] = ((first - now) / 1e6, self.next[name])
        await self.line.cross()
        return answer

    async def give_back(self, unused: Mapping[str, tuple[int, int]]) -> None:
        await self.line.cross()
        for name, (mark, span) in unused.items():
            if self.next[name] == mark:
                self.next[name] -= span


class MemoryDays:
    """Draws are remembered for ever: a test's day has no end."""

    def __init__(self, line: Line | None = None) -> None:
        self.line = line or Line()
        self.drawn: list[int] = []

    async def draw(self, relay: str, per_day: int, letters: int) -> tuple[int, int]:
        await self.line.cross()
        letters = min(letters, per_day - sum(self.drawn))
        if letters > 0:
            self.drawn.append(letters)
        await self.line.cross()
        return max(letters, 0), len(self.drawn) - 1

    async def put_back(self, relay: str, mark: int, letters: int) -> None:
        self.drawn[mark] -= letters


def _now() -> int:
    return round(asyncio.get_running_loop().time() * 1e6)
