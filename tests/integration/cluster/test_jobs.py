"""What the jobs say of the batches, asked of Procrastinate's own tables."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from digest.cluster.names import TASK
from digest.model import EditionKey
from digest.storage.postgres.database import PostgresDatabase, open_postgres
from digest.storage.postgres.jobs import BatchesLeft, batches_left, take_back_stalled
from tests.support.postgres import fresh_database

DAY = EditionKey("2026-11-23")
_JOB = """
    INSERT INTO procrastinate_jobs (queue_name, task_name, args, status, worker_id, scheduled_at)
    VALUES ('digest', %s, jsonb_build_object('edition', %s::text, 'batch', %s::int),
      %s::procrastinate_job_status, %s, %s)
"""


@pytest.fixture
def database(tmp_path: Path) -> Iterator[PostgresDatabase]:
    with fresh_database() as url, open_postgres(url, create=True, state=tmp_path) as opened:
        yield opened


def _make_jobs(database: PostgresDatabase, count: int, status: str, *, silent: float) -> None:
    """So many jobs of a worker that was last heard of `silent` seconds ago."""
    with psycopg.connect(database.conninfo) as connection:
        row = connection.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat)"
            " VALUES (now() - make_interval(secs => %s)) RETURNING id",
            (silent,),
        ).fetchone()
        assert row is not None
        for batch in range(count):
            connection.execute(_JOB, (TASK, DAY.text, batch, status, row[0], None))


async def _take_back(database: PostgresDatabase, timeout: float) -> list[tuple[str, int]]:
    async with await psycopg.AsyncConnection.connect(database.conninfo) as connection:
        return await take_back_stalled(connection, TASK, timedelta(seconds=timeout))


async def test_many_who_look_at_once_take_each_stalled_job_back_once(database):
    _make_jobs(database, 50, "doing", silent=9)
    await asyncio.sleep(0.1)  # the server has to have been there for the time-out
    answers = await asyncio.gather(*(_take_back(database, 0.05) for _ in range(4)))
    taken = [batch for answer in answers for _, batch in answer]
    assert sorted(taken) == list(range(50))


async def test_a_worker_that_lives_keeps_its_jobs(database):
    _make_jobs(database, 3, "doing", silent=0)
    assert await _take_back(database, 30) == []


async def test_after_the_servers_start_everybody_has_the_time_to_be_heard(database):
    """They were silent because it was away."""
    _make_jobs(database, 3, "doing", silent=10_000)
    assert await _take_back(database, 9_000) == []


def test_batches_are_told_by_when_they_go(database):
    _make_jobs(database, 2, "doing", silent=0)
    with psycopg.connect(database.conninfo) as connection:
        for batch, ahead in ((7, "-1 minute"), (8, "1 hour"), (9, "1 hour")):
            when = connection.execute("SELECT now() + %s::interval", (ahead,)).fetchone()
            assert when is not None
            connection.execute(_JOB, (TASK, DAY.text, batch, "todo", None, when[0]))
    with database.read() as connection:
        assert batches_left(connection, DAY) == BatchesLeft(now=1, later=2, doing=2)
        assert batches_left(connection, EditionKey("2026-11-24")) == BatchesLeft()
