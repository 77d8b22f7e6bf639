"""What holds of the ledger in a file only."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from digest.errors import StorageError
from digest.model import OutcomeKind
from digest.storage import census
from digest.storage.campaigns import open_editions
from digest.storage.database import Database
from digest.storage.ledger import EditionLedger
from digest.storage.recovery import give_up, recover
from tests.support.state import KEY, NOW, freeze_readers, new_database, outcome, reader


def _counts(database: Database) -> dict[str, int]:
    return {state: n for state, n in census.counts(database, KEY).items() if n}


def _locals(recipients: object) -> list[str]:
    return [r.address.local for r in recipients]  # type: ignore[attr-defined]


def test_settled_and_begun_are_written_together_or_not_at_all(tmp_path: Path) -> None:
    """A letter that is no longer ours must not be sent; nothing of that call is kept."""
    with new_database(tmp_path) as database:
        freeze_readers(database, [reader("ann"), reader("bob")])
        ledger = EditionLedger(database, KEY)
        ann, bob = ledger.claim(2, NOW)
        ledger.record((ann,), (), NOW)
        ledger.release((bob,))
        with pytest.raises(StorageError, match="another program"):
            ledger.record((bob,), [(ann, outcome(OutcomeKind.SENT))], NOW)
        assert _counts(database) == {"data": 1, "pending": 1}


async def test_threads_that_claim_at_the_same_time_wait_for_each_other(tmp_path: Path) -> None:
    with new_database(tmp_path) as database:
        freeze_readers(database, [reader(f"r{n}") for n in range(400)])
        ledger = EditionLedger(database, KEY)
        claims = [asyncio.to_thread(ledger.claim, 2, NOW) for _ in range(200)]
        taken = [local for claim in await asyncio.gather(*claims) for local in _locals(claim)]
        assert len(taken) == len(set(taken)) == 400


def test_a_claim_follows_an_index_and_sorts_nothing(tmp_path: Path) -> None:
    """So a claim among a million rows costs what it costs among a hundred."""
    statements: list[str] = []
    with new_database(tmp_path) as database:
        freeze_readers(database, [reader(f"r{n}") for n in range(50)])
        ledger = EditionLedger(database, KEY, due_before=NOW)
        assert ledger.claim(1, NOW)
        connection = ledger._quick._connection
        assert connection is not None
        connection.set_trace_callback(statements.append)
        ledger.claim(5, NOW)
        connection.set_trace_callback(None)
        plans = [
            " ".join(row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}"))
            for sql in statements
            if sql.lstrip().startswith("SELECT")
        ]
    assert len(plans) == 3
    assert ["delivery_retry" in p for p in plans] == [True, True, False]
    assert "delivery_due (edition=? AND due_at<?)" in plans[2]
    assert not any("TEMP B-TREE" in plan or "SCAN" in plan for plan in plans)


def test_what_a_run_looks_for_it_finds_by_an_index(tmp_path: Path) -> None:
    """So a run among a year's editions begins as fast as the first one."""
    statements: list[str] = []

    def keep(_connection: Any, _cursor: Any, sql: str, given: Any, *_: Any) -> None:
        if "delivery" in sql:
            plan = connection.execute(f"EXPLAIN QUERY PLAN {sql}", given)
            statements.append(" ".join(row[3] for row in plan))

    with new_database(tmp_path) as database:
        freeze_readers(database, [reader("ann")])
        with sqlite3.connect(database.path) as connection:
            event.listen(database._engine, "before_cursor_execute", keep)
            recover(database, "resend", NOW)
            give_up(database, NOW, "too late", NOW)
            open_editions(database, NOW)
            census.next_due(database, KEY)
            census.next_retry(database, KEY)
            census.counts(database, KEY)
        connection.close()
    assert len(statements) == 14
    assert "COVERING INDEX sqlite_autoindex_delivery_1" in statements.pop()  # all, for the count
    for plan in statements:
        assert "INDEX delivery_" in plan
        assert "SCAN delivery" not in plan
