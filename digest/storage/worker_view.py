"""Say who sends, on any machine, and how it goes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from digest.model import EditionKey
from digest.storage.database import Database
from digest.storage.schema import from_microseconds, worker

#: Who ended, or died, stays in sight for so long.
REMEMBERED = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerNow:
    """A worker as it was at `seen_at`, by the database's clock. `rate` is in letters a second.

    `silent` has one whose lease is over without an end: it was killed, or is cut off.
    """

    id: str
    host: str
    pid: int
    command: str
    state: str
    edition: str | None
    batches: int
    connections: int
    sent: int
    deferred: int
    rejected: int
    unknown: int
    rate: float
    started_at: datetime
    seen_at: datetime
    silent: bool
    age: timedelta

    @property
    def works(self) -> bool:
        return self.state in ("working", "stopping") and not self.silent


def recent_workers(database: Database) -> tuple[WorkerNow, ...]:
    """Those at work, and those that ended or fell silent of late; by machine and process.

    Raises:
        StorageError: the database cannot be read.
    """
    with database.read() as connection:
        now = _now(connection)
        query = (
            sa.select(worker)
            .where(worker.c.seen_at > now - REMEMBERED)
            .order_by(worker.c.host, worker.c.pid, worker.c.started_at)
        )
        found = connection.execute(query).mappings().all()
    return tuple(
        WorkerNow(
            **{name: row[name] for name in WorkerNow.__slots__ if name in row},
            silent=row["lease_until"] <= now and row["state"] != "ended",
            age=now - row["seen_at"],
        )
        for row in found
    )


def rate_of(workers: tuple[WorkerNow, ...], key: EditionKey) -> float:
    """Letters of an edition a second, by all who send it now."""
    return sum(each.rate for each in workers if each.works and each.edition == str(key))


def _now(connection: sa.Connection) -> datetime:
    """The moment by the clock of the database: machines' own may differ."""
    if connection.dialect.name != "postgresql":
        return datetime.now(UTC)
    microseconds = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
    return from_microseconds(connection.exec_driver_sql(microseconds).scalar_one())
