"""Runs short transactions on a connection that stays open."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from threading import Lock
from typing import Any, cast

import sqlalchemy as sa

#: How long a statement waits for another program's transaction, in milliseconds; whoever calls
#: may then do something else and come back.
BUSY_MILLISECONDS = 50
#: Few pages are touched, again and again; the large cache is for the connection that freezes.
CACHE_KIB = 16_384


class QuickWriter:
    """A connection for many small transactions, one at a time, each by a few statements.

    Threads may share it: they wait for each other.

    To borrow a connection, begin, run two statements, commit and give it back costs SQLAlchemy
    some 250 µs, ten times what SQLite itself needs for ten rows; between two letters of a
    connection lies one such transaction. So the driver is spoken to, in its own SQL.
    """

    def __init__(
        self, engine: sa.Engine, guarded: Callable[[], AbstractContextManager[None]]
    ) -> None:
        self._engine = engine
        self._guarded = guarded
        self._turn = Lock()
        self._lent: sa.PoolProxiedConnection | None = None
        self._connection: sqlite3.Connection | None = None

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """What is executed in the block is durable when it ends, or nothing of it happened.

        Raises:
            StorageBusy: another program is writing just now; nothing happened.
            StorageError: the database cannot be written.
        """
        with self._turn, self._guarded():
            connection = self._connection or self._open()
            try:
                connection.execute("BEGIN IMMEDIATE")
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    def close(self) -> None:
        """Give the connection back; a next transaction opens one again."""
        with self._turn:
            lent, self._lent, self._connection = self._lent, None, None
            if lent is not None:
                lent.invalidate()

    def _open(self) -> sqlite3.Connection:
        self._lent = self._engine.raw_connection()
        driver: Any = self._lent.driver_connection
        driver.execute(f"PRAGMA busy_timeout={BUSY_MILLISECONDS}").close()
        driver.execute(f"PRAGMA cache_size=-{CACHE_KIB}").close()
        self._connection = cast(sqlite3.Connection, driver)
        return self._connection
