"""The workers that a server's database knows, and the end of those that are gone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from digest.model import EditionKey
from digest.storage.columns import from_microseconds
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
#: Who ended, or died, stays in sight for so long.
REMEMBERED = timedelta(minutes=15)
#: Workers whose lease is over: others may end them.
OVER = f"(worker.state <> 'ended' AND {ENDS} < {DATABASE_NOW})"


_IDLE = "(worker.state = 'ended' AND sent + deferred + rejected + unknown = 0)"
_SILENT = f"({OVER} OR worker.state = 'ended' AND worker.lease_until > worker.seen_at)"


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerFacts:
    """What a worker tells of itself at each renewal; `rate` is letters a second, lately."""

    state: str = "working"  # or "idle", "stopping"
    edition: str | None = None
    batches: int = 0
    connections: int = 0
    sent: int = 0
    deferred: int = 0
    rejected: int = 0
    unknown: int = 0
    rate: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """A program that sends, as it told at `seen_at`; `rate` is letters a second, lately.

    `silent`: its lease is over, or others have ended it, so it was killed or is cut off. `age` is
    how long ago it was seen, by the database's clock.
    """

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
    silent: bool
    age: timedelta

    @property
    def lives(self) -> bool:
        return self.state != "ended" and not self.silent

    @property
    def works(self) -> bool:
        return self.lives and self.state != "idle"


def recent_workers(database: Database, within: timedelta = REMEMBERED) -> Sequence[Worker]:
    """Those at work, and those that ended or fell silent of late, by host and age.

    Who ended in order with no letter tried is left out: a worker that cannot begin is many.
    Nobody where the state is a file.

    Raises:
        StorageError: the database cannot be read.
    """
    if not database.is_shared:
        return ()
    now: sa.ColumnElement[int] = sa.literal_column(DATABASE_NOW)
    query = (
        sa.select(worker, sa.literal_column(_SILENT).label("silent"), now.label("now"))
        .where(worker.c.seen_at > now - within // timedelta(microseconds=1))
        .where(sa.text(f"({_SILENT} OR NOT {_IDLE})"))
        .order_by(worker.c.host, worker.c.started_at)
    )
    with database.read() as connection:
        return [_worker(dict(row)) for row in connection.execute(query).mappings()]


def rate_of(workers: Iterable[Worker], edition: EditionKey) -> float:
    """Letters of an edition a second, by all who send it now."""
    return sum(each.rate for each in workers if each.works and each.edition == edition.text)


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


def _worker(row: dict[str, Any]) -> Worker:
    now = from_microseconds(row.pop("now"))
    return Worker(**row, age=now - row["seen_at"])
