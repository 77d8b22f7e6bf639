"""The books of the limits that all workers share, for one courier."""

from __future__ import annotations

from digest.storage.postgres.database import PostgresDatabase
from digest.storage.postgres.draws import PostgresDraws
from digest.storage.postgres.paces import PostgresPaces
from digest.storage.postgres.permits import PostgresPermits
from digest.storage.postgres.shared_link import SharedLink


class PostgresLimits:
    """All three, on one connection that is opened when something is asked. Close it after use.

    `worker` is the id of the lease under which permits are held; `part` tells the couriers of one
    worker apart.
    """

    def __init__(self, database: PostgresDatabase, worker: str, part: str) -> None:
        self._link = SharedLink(database, f"digest limits {worker} {part}")
        self.paces = PostgresPaces(self._link)
        self.permits = PostgresPermits(self._link, worker, part)
        self.days = PostgresDraws(self._link)

    async def close(self) -> None:
        await self._link.close()
