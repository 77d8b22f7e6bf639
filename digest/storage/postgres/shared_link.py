"""One connection for all that a courier asks about shared limits."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from digest.storage.postgres.database import PostgresDatabase
from digest.storage.postgres.link import Link


class SharedLink:
    """A `Link` that many tasks may use; one that is cancelled leaves the connection in order."""

    def __init__(self, database: PostgresDatabase, name: str) -> None:
        self._link = Link(database, name)
        self._turn = asyncio.Lock()

    async def ask(
        self, statement: str, given: Mapping[str, Any] | Sequence[Any] = ()
    ) -> list[tuple[Any, ...]]:
        """The rows that a statement answers; it is durable then.

        Raises:
            StorageError: as `Link.ask`.
        """
        asked = asyncio.ensure_future(self._ask(statement, given))
        asked.add_done_callback(_heard)
        return await asyncio.shield(asked)

    async def close(self) -> None:
        """Hang up; an answer that is still to come is waited for a moment."""
        self._link.hurry()
        async with self._turn:
            await self._link.close()

    async def _ask(
        self, statement: str, given: Mapping[str, Any] | Sequence[Any]
    ) -> list[tuple[Any, ...]]:
        async with self._turn:
            return await self._link.ask(statement, given)


def _heard(asked: asyncio.Future[Any]) -> None:
    """Who asked may be gone: then its failure is nobody's."""
    if not asked.cancelled():
        asked.exception()
