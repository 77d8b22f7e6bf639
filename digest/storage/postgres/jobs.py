"""What the queue's jobs and the ledger's open batches say of each other.

The jobs are Procrastinate's rows; a batch has at most one that is `todo` or `doing`, which its
queueing lock names. Statements are in the driver's own style, for both kinds of connections.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import psycopg
import sqlalchemy as sa
from psycopg.rows import dict_row

from digest.model import EditionKey
from digest.storage.batches import Batch, OnBatches
from digest.storage.columns import from_microseconds
from digest.storage.database import Database
from digest.storage.workers import OPEN_SINCE

# As the batches' index knows them.
_OPEN = "delivery WHERE edition = %(edition)s AND stands = 0 AND batch IS NOT NULL"
_LIVE = "status IN ('todo', 'doing')"

_WITHOUT_JOB = f"""
    SELECT batch, min(coalesce(retry_at, due_at)) AS due, count(*) AS letters FROM {_OPEN}
    AND batch <> ALL (ARRAY(
      SELECT (args ->> 'batch')::int FROM procrastinate_jobs
      WHERE task_name = %(task)s AND args ->> 'edition' = %(edition)s AND {_LIVE}))
    GROUP BY batch ORDER BY due, batch
"""  # noqa: S608 - words of ours
_LEFT = f"""
    SELECT status, scheduled_at > now() AS later, count(*) AS number FROM procrastinate_jobs
    WHERE args ->> 'edition' = %(edition)s AND {_LIVE} GROUP BY 1, 2
"""  # noqa: S608
_OF_BATCH = f"""
    SELECT clock_timestamp() AS now, count(*) AS open,
      min(CASE state WHEN 'pending' THEN due_at WHEN 'deferred' THEN retry_at END) AS next,
      count(*) FILTER (WHERE state IN ('claimed', 'data')) AS held
    FROM {_OPEN} AND batch = %(batch)s
"""  # noqa: S608
# A server that was away has heard of nobody: whoever lives gets the time to say so.
_STALLED = f"""
    SELECT job.id, args FROM procrastinate_jobs AS job
    LEFT JOIN procrastinate_workers AS worker ON worker.id = job.worker_id
    WHERE job.status = 'doing' AND job.task_name = %(task)s
      AND clock_timestamp() > {OPEN_SINCE} + %(timeout)s
      AND (worker.id IS NULL OR worker.last_heartbeat < clock_timestamp() - %(timeout)s)
      AND NOT EXISTS (SELECT FROM procrastinate_jobs AS other
        WHERE other.queueing_lock = job.queueing_lock AND other.status = 'todo')
    FOR UPDATE OF job SKIP LOCKED
"""  # noqa: S608
_TAKE_BACK = f"""
    WITH stalled AS MATERIALIZED ({_STALLED})
    SELECT args, procrastinate_retry_job_v2(id, now(), NULL, NULL, NULL) FROM stalled
"""  # noqa: S608
_CLOCK = "SELECT clock_timestamp()"
_WAITING = """
    SELECT queue_name, min(args ->> 'edition') AS edition FROM procrastinate_jobs
    WHERE status = 'todo' AND task_name = %(task)s
      AND (scheduled_at IS NULL OR scheduled_at <= now())
    GROUP BY queue_name
"""


_TO_QUEUE = """
    UPDATE procrastinate_jobs SET queue_name = :queue
    WHERE status = 'todo' AND task_name = :task AND args ->> 'edition' = ANY (:editions)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchesLeft:
    """How many of an edition's batches wait for a worker, for their moment, or are in work."""

    now: int = 0
    later: int = 0
    doing: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchLeft:
    """What is open of one batch: the first moment of a letter that nobody holds, and those held.

    `now` is by the database's clock, `next` by the ledger's.
    """

    now: datetime
    open: int
    next: datetime | None
    held: int


def enqueue_lost(
    database: Database, edition: EditionKey, task: str, on_batches: OnBatches
) -> Sequence[Batch]:
    """Tell `on_batches` of open batches that no job will take up; gives them.

    Raises:
        StorageError: the database cannot be written; nothing was.
    """
    with database.write() as connection:
        given = {"edition": edition.text, "task": task}
        lost = [
            Batch(number=row.batch, due_at=from_microseconds(row.due), letters=row.letters)
            for row in connection.exec_driver_sql(_WITHOUT_JOB, given)
        ]
        if lost:
            on_batches(connection.connection.driver_connection, lost)
    return lost


def to_queue(
    connection: sa.Connection, editions: Sequence[EditionKey], *, task: str, queue: str
) -> None:
    """Let the jobs of these editions that nobody has begun wait in another queue."""
    given = {"queue": queue, "task": task, "editions": [str(key) for key in editions]}
    connection.execute(sa.text(_TO_QUEUE), given)


def batches_left(connection: sa.Connection, edition: EditionKey) -> BatchesLeft:
    """The edition's live jobs."""
    counts = {"now": 0, "later": 0, "doing": 0}
    for row in connection.exec_driver_sql(_LEFT, {"edition": edition.text}):
        name = "doing" if row.status == "doing" else "later" if row.later else "now"
        counts[name] += row.number
    return BatchesLeft(**counts)


def server_now(connection: psycopg.Connection[Any]) -> datetime:
    """The moment by the server's clock, which says when jobs are due."""
    return _moment(connection.execute(_CLOCK).fetchone())


async def server_moment(connection: psycopg.AsyncConnection[Any]) -> datetime:
    """The same, for those who wait."""
    return _moment(await (await connection.execute(_CLOCK)).fetchone())


def _moment(row: tuple[Any, ...] | None) -> datetime:
    assert row is not None
    moment: datetime = row[0]
    return moment


async def left_of_batch(
    connection: psycopg.AsyncConnection[Any], edition: EditionKey, batch: int
) -> BatchLeft:
    """What is open of one batch."""
    given = {"edition": edition.text, "batch": batch}
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(_OF_BATCH, given)
        row = await cursor.fetchone()
    assert row is not None
    row["next"] = None if row["next"] is None else from_microseconds(row["next"])
    return BatchLeft(**row)


async def take_back_stalled(
    connection: psycopg.AsyncConnection[Any], task: str, timeout: timedelta
) -> list[tuple[str, int]]:
    """Put the jobs of dead workers back; says of which (edition, batch). Many may do it at once."""
    cursor = await connection.execute(_TAKE_BACK, {"task": task, "timeout": timeout})
    return [(row[0]["edition"], row[0]["batch"]) for row in await cursor.fetchall()]


async def waiting_queues(connection: psycopg.AsyncConnection[Any], task: str) -> dict[str, str]:
    """The queues in which a job is due now, each with an edition of it."""
    cursor = await connection.execute(_WAITING, {"task": task})
    return dict(await cursor.fetchall())
