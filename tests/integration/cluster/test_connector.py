"""The queue's way to a server that is away, while the worker works and when it is to end."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from procrastinate.exceptions import ConnectorException
from psycopg import sql

from digest.cluster.connector import PatientConnector
from digest.errors import StorageAway
from digest.storage.postgres.database import PostgresDatabase, open_postgres
from tests.support.postgres import fresh_database, shared_server

#: Less than the pool of connections waits by itself.
SOON = 8


@pytest.fixture
def database(tmp_path: Path) -> Iterator[PostgresDatabase]:
    with fresh_database() as url, open_postgres(url, create=True, state=tmp_path) as opened:
        yield opened


def _let_in(database: PostgresDatabase, allow: bool) -> None:
    """Let nobody into the database any more, or everybody again."""
    name = sql.Identifier(shared_server().name_of(database.conninfo))
    words = sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}").format(name, sql.Literal(allow))
    with psycopg.connect(shared_server().url("postgres"), autocommit=True) as connection:
        connection.execute(words)
        if not allow:
            connection.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s",
                (shared_server().name_of(database.conninfo),),
            )


@pytest.mark.parametrize("comes_back", [True, False])
async def test_who_is_to_end_waits_for_the_server_for_a_moment_only(database, comes_back):
    """One that is back within it still gets what there is to say; each later question is short.

    Why nobody is let in is told, though the pool says only that time has passed.
    """
    stop = asyncio.Event()
    async with PatientConnector(database, stop) as connector:
        await connector.set_clock()
        _let_in(database, False)
        asking = asyncio.create_task(connector.set_clock())
        await asyncio.sleep(0.3)
        assert not asking.done()
        stop.set()
        if comes_back:
            _let_in(database, True)
            await asking
            return
        async with asyncio.timeout(SOON):
            for question in (asking, *(connector.set_clock() for _ in range(3))):
                with pytest.raises(StorageAway, match="is not currently accepting connections"):
                    await question


async def test_what_the_server_refuses_is_told_in_its_own_words_on_one_line(database):
    async with PatientConnector(database, asyncio.Event()) as connector:
        with pytest.raises(ConnectorException) as caught:
            await connector.execute_query_async("SELECT 1 / 0")
    words = f"{database.place}: the database says: division by zero"
    assert connector.plain(caught.value).message == words
    assert connector.plain(ConnectorException()).message.endswith("the queue says: Database error.")


async def test_why_the_server_is_away_is_told_once_while_it_is_waited_for(database, caplog):
    """A user who may not log in any more is known from a machine that is off."""
    async with PatientConnector(database, asyncio.Event()) as connector:
        await connector.set_clock()
        connector._own_pool.timeout = 0.2
        _let_in(database, False)
        asking = asyncio.create_task(connector.set_clock())
        await _wait_until(lambda: _accounts(caplog))
        await asyncio.sleep(0.5)
        _let_in(database, True)
        await asking
    assert len(_accounts(caplog)) == 1
    assert caplog.messages[-1] == f"{database.place}: is back"


async def test_a_server_that_went_without_a_word_is_missed_by_every_connection_alike(database):
    async def terms(connection):
        return _kept_alive(connection)

    with database.connect("another") as connection:
        known = _kept_alive(connection)
    async with PatientConnector(database, asyncio.Event()) as connector:
        assert await connector.ask(terms) == known
    assert len(known) == 4


def _kept_alive(connection):
    given = connection.info.get_parameters()
    return {name: of for name, of in given.items() if name.startswith(("keepalives", "tcp_user"))}


def _accounts(caplog):
    words = [record.getMessage() for record in caplog.records if record.name.startswith("digest")]
    return [each for each in words if "not currently accepting connections" in each]


async def _wait_until(so):
    async with asyncio.timeout(20):
        while not so():
            await asyncio.sleep(0.02)
