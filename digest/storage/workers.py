"""The workers that a server's database knows, and the end of those that are gone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from digest.storage.database import Database
from digest.storage.schema import delivery, worker

#: The database's clock in whole microseconds, as moments are kept.
DATABASE_NOW = "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
# From when on the server takes writes: one that crashed mends itself first, which may take longer
# than a lease, and a standby ran long before it took over. Its log writer is started then; a user
# who may not see that makes do with the server's own start.
OPEN_SINCE = """greatest(pg_postmaster_start_time(),
    (SELECT max(backend_start) FROM pg_stat_activity WHERE backend_type = 'walwriter'))"""
#: When a worker's lease ends. A server that was away could not renew it, so from the moment that
#: it is there again every worker has the whole time.
ENDS = f"""greatest(worker.lease_until, worker.lease_until - worker.seen_at
    + (extract(epoch FROM {OPEN_SINCE}) * 1000000)::bigint)"""
#: Workers whose lease is over: others may end them.
OVER = f"(worker.state <> 'ended' AND {ENDS} < {DATABASE_NOW})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """A program that sends, as it told at `seen_at`; `rate` is letters a second, lately."""

    id: str
    host: str
    pid: int
    command: str
    state: str
    started_at: datetime
    seen_at: datetime
    lease_until: datetime
    edition: str | None
    batches: int
    connections: int
    sent: int
    deferred: int
    rejected: int
    unknown: int
    rate: float


def living_workers(database: Database) -> Sequence[Worker]:
    """Those whose lease lasts, by their host and age; nobody where the state is a file.

    Raises:
        StorageError: the database cannot be read.
    """
    if not database.is_shared:
        return ()
    query = (
        sa.select(worker)
        .where(worker.c.state != "ended", sa.text(f"NOT {OVER}"))
        .order_by(worker.c.host, worker.c.started_at)
    )
    with database.read() as connection:
        return [Worker(**row) for row in connection.execute(query).mappings()]


def end_dead(connection: sa.Connection) -> None:
    """End whose lease is over, for good: it cannot be renewed any more.

    Whoever takes their letters does it in the same transaction, so that no lease comes back
    between the two (a server that starts again gives every lease more time).
    """
    connection.execute(sa.text(f"UPDATE worker SET state = 'ended' WHERE {OVER}"))  # noqa: S608


def is_orphan() -> sa.ColumnElement[bool]:
    """Rows of the ledger whose holder sends no more."""
    alive = sa.select(worker.c.id).where(worker.c.id == delivery.c.holder)
    return ~alive.where(worker.c.state != "ended").exists()
