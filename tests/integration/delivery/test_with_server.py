"""The courier with the ledger on a server."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from digest.errors import StorageError
from digest.storage import census
from digest.storage.database import Database
from digest.storage.ledgers import open_ledger
from digest.storage.postgres.database import PostgresDatabase
from digest.storage.workers import recent_workers
from tests.support.delivering import smtp_run
from tests.support.smtp_server import Rule, ScriptedServer
from tests.support.state import KEY, NOW, freeze_readers, new_database, on_postgres, reader


def counts(database: Database) -> dict[str, int]:
    return {state: n for state, n in census.counts(database, KEY).items() if n}


async def test_each_letter_ends_in_its_state_and_nothing_of_the_run_is_left(tmp_path: Path) -> None:
    rules = [
        Rule("rcpt", recipient="r3@", reply="550 5.1.1 no such user"),
        Rule("rcpt", recipient="r5@", tries=1, reply="450 4.2.0 busy"),
        Rule("dot", recipient="r7@", drop="before"),
        Rule("data", drop="before", times=1, skip=9),
    ]
    with on_postgres(), new_database(tmp_path) as database:
        freeze_readers(database, [reader(f"r{n}") for n in range(30)])
        async with ScriptedServer(rules) as server, open_ledger(database, KEY) as opened:
            run = smtp_run(opened.ledger, server.port)
            run.now, run.fence = NOW, opened.fence
            await run.go()
            assert counts(database) == {"sent": 27, "rejected": 1, "deferred": 1, "unknown": 1}
            assert len([each for each in recent_workers(database) if each.lives]) == 1
            run.now = NOW + timedelta(hours=1)
            run.stop = asyncio.Event()
            assert (await run.go()).sent == 1
        assert [each for each in recent_workers(database) if each.lives] == []
    assert set(server.recipients.values()) == {1}


async def test_a_server_that_takes_nothing_for_a_while_costs_no_letter(tmp_path: Path) -> None:
    """As where a standby takes over: every connection is cut, and the next one is read-only."""
    with on_postgres(), new_database(tmp_path) as database:
        assert isinstance(database, PostgresDatabase)
        freeze_readers(database, [reader(f"r{n}") for n in range(60)])
        rules = [Rule("dot", delay=0.02)]
        async with ScriptedServer(rules) as server, open_ledger(database, KEY) as opened:
            run = smtp_run(opened.ledger, server.port)
            run.now, run.fence = NOW, opened.fence
            running = asyncio.create_task(run.go())
            while len(server.accepted) < 20:
                await asyncio.sleep(0.01)
            await asyncio.to_thread(turn, database, "SET default_transaction_read_only = on")
            await asyncio.sleep(0.5)
            assert not running.done()
            await asyncio.to_thread(turn, database, "RESET default_transaction_read_only")
            assert (await running).sent == 60
        assert set(server.recipients.values()) == {1}
        assert counts(database) == {"sent": 60}


def turn(database: PostgresDatabase, setting: str) -> None:
    """Change what the server does on new connections, and cut those there are."""
    with psycopg.connect(database.conninfo, autocommit=True) as connection:
        connection.execute("SET default_transaction_read_only = off")
        connection.execute(f"ALTER DATABASE {connection.info.dbname} {setting}")
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name LIKE 'digest l%' AND datname = current_database()"
        )


async def test_a_letter_that_began_before_we_stood_still_is_not_sent_after(tmp_path: Path) -> None:
    """The database said that it may begin; this machine's clock says that too much time passed."""
    with on_postgres(), new_database(tmp_path) as database:
        freeze_readers(database, [reader(f"r{n}") for n in range(9)])
        async with ScriptedServer() as server, open_ledger(database, KEY) as opened:
            run = smtp_run(opened.ledger, server.port, connections=2)
            run.now, run.fence = NOW, lambda: len(server.accepted) < 3
            with pytest.raises(StorageError, match=r"workers\.timeout"):
                await run.go()
        sent = len(server.accepted)
        assert 3 <= sent <= 4
        assert counts(database) == {"sent": sent, "pending": 9 - sent}
        assert {row.attempt for row in census.rows(database, KEY) if row.state == "pending"} == {0}
