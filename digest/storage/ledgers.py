"""The ledger of an edition, in whichever database it is kept."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from digest.config import WorkersConfig
from digest.model import EditionKey
from digest.model.audience import EVERYBODY, Audience
from digest.storage.database import Database, SqliteDatabase
from digest.storage.ledger import EditionLedger
from digest.storage.workers import WorkerFacts

if TYPE_CHECKING:
    from digest.storage.postgres.ledger import PostgresLedger


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenLedger:
    """What a courier writes its letters down in.

    `fence` says whether a letter's content may leave now; None: nobody could take it from us.
    `worker` is the lease's id; "" where one program is alone.
    """

    ledger: EditionLedger | PostgresLedger
    fence: Callable[[], bool] | None = None
    worker: str = ""


@asynccontextmanager
async def open_ledger(
    database: Database,
    edition: EditionKey,
    *,
    due_before: datetime | None = None,
    readers: Audience = EVERYBODY,
    workers: WorkersConfig | None = None,
    command: str = "run",
    facts: Callable[[], WorkerFacts] = WorkerFacts,
) -> AsyncIterator[OpenLedger]:
    """The ledger that a run of its own works from; see `EditionLedger` for the limits.

    On a server it holds a lease by the terms of `workers` while the block runs, known to others
    as `command` and by its `facts`.

    Raises:
        StorageError: the server is not to be reached.
    """
    if isinstance(database, SqliteDatabase):
        yield OpenLedger(
            ledger=EditionLedger(database, edition, due_before=due_before, readers=readers)
        )
        return
    from digest.storage.postgres.database import PostgresDatabase
    from digest.storage.postgres.leases import hold_lease
    from digest.storage.postgres.ledger import PostgresLedger

    assert isinstance(database, PostgresDatabase)
    terms = workers or WorkersConfig()
    async with hold_lease(
        database,
        command=command,
        heartbeat=terms.heartbeat,
        timeout=terms.timeout,
        facts=facts,
    ) as lease:
        ledger = PostgresLedger(database, edition, lease, due_before=due_before, readers=readers)
        try:
            yield OpenLedger(ledger=ledger, fence=lease.holds, worker=lease.id)
        finally:
            await ledger.close()
