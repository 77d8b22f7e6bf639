"""A few connections to the server, each of which asks one statement at a time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from digest.storage.postgres.database import PostgresDatabase
from digest.storage.postgres.link import Link


class Lanes:
    """Asks on a connection that is free; a second one is opened only where the first is busy.

    `name` is ours alone, at most 61 octets. Before a connection is opened `before` is awaited.
    """

    def __init__(
        self,
        database: PostgresDatabase,
        name: str,
        number: int,
        before: Callable[[], Awaitable[object]],
    ) -> None:
        self.place = database.place
        self._before = before
        self._links = [Link(database, f"{name} {lane}") for lane in range(number)]
        self._free: asyncio.LifoQueue[Link] = asyncio.LifoQueue()
        for link in reversed(self._links):
            self._free.put_nowait(link)

    async def ask(
        self, statement: str, given: Mapping[str, Any], *, alone: bool = False
    ) -> list[tuple[Any, ...]]:
        """The rows that a statement answers; `alone`, when no other is under way.

        Raises:
            StorageAway, StorageBusy, StorageError: as `Link.ask`.
        """
        async with self._taken(len(self._links) if alone else 1) as link:
            return await link.ask(statement, given)

    async def ask_briskly(self, statement: str, given: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """As `Link.ask_briskly`."""
        async with self._taken(1) as link:
            return await link.ask_briskly(statement, given)

    def hurry(self) -> None:
        """As `Link.hurry`."""
        for link in self._links:
            link.hurry()

    async def close(self) -> None:
        for link in self._links:
            await link.close()

    @asynccontextmanager
    async def _taken(self, number: int) -> AsyncIterator[Link]:
        taken: list[Link] = []
        try:
            for _ in range(number):
                taken.append(await self._free.get())  # noqa: PERF401 - what came is given back
            if not taken[0].is_open:
                await self._before()
            yield taken[0]
        finally:
            for link in reversed(taken):
                self._free.put_nowait(link)
