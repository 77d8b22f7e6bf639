"""Suppress the readers who leave by their links, many in one transaction.

Letters' links name a reader by her opaque id. The statements are each database's own, as those
of the ledger: after a letter to many, thousands leave within minutes.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from digest.storage.columns import to_microseconds
from digest.storage.database import Database, SqliteDatabase
from digest.storage.plain import storable

_KNOWN = "SELECT 1 FROM suppression WHERE reader_id = ?"
#: A row of the ledger that forgot its reader has no address.
_ADDRESS = """
    SELECT address_key, address FROM delivery
    WHERE reader_id = ? AND address <> '' LIMIT 1
"""
_SAME = "SELECT id, reader_id FROM suppression WHERE address_key = ?"
_NAME = "UPDATE suppression SET reader_id = ? WHERE id = ?"
_ADD = """
    INSERT INTO suppression (address_key, address, reader_id, reason, source, at, kind)
    VALUES (?, ?, ?, ?, ?, ?, ?)
"""


class Leavers:
    """Takes readers out of the post; one at a time in any thread."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._way = _ways(database)

    def leave(
        self, reader_ids: Collection[str], *, reason: str, source: str, at: datetime, kind: str
    ) -> int:
        """Suppress these readers; says how many were not suppressed yet.

        Durable when this returns, and in force for every letter that has not begun by then.

        Raises:
            StorageBusy: another program is writing just now; the same call may be repeated.
            StorageError: nothing was written; no reader must be told that it was.
        """
        ids = list(dict.fromkeys(storable(each, 128) for each in reader_ids))
        told = {"reason": storable(reason), "source": storable(source)}
        return self._way.leave(ids, at=to_microseconds(at), kind=kind, **told)

    def close(self) -> None:
        self._way.close()


class _Way(Protocol):
    def leave(self, ids: Sequence[str], *, reason: str, source: str, at: int, kind: str) -> int: ...

    def close(self) -> None: ...


def _ways(database: Database) -> _Way:
    if isinstance(database, SqliteDatabase):
        return _FileLeavers(database)
    from digest.storage.postgres.database import PostgresDatabase
    from digest.storage.postgres.leaving import ServerLeavers

    assert isinstance(database, PostgresDatabase)
    return ServerLeavers(database)


class _FileLeavers:
    def __init__(self, database: SqliteDatabase) -> None:
        self._quick = database.quick()

    def leave(self, ids: Sequence[str], *, reason: str, source: str, at: int, kind: str) -> int:
        told = (reason, source, at, kind)
        with self._quick.transaction() as connection:
            return sum(_suppress(connection, each, told) for each in ids)

    def close(self) -> None:
        self._quick.close()


def _suppress(
    connection: sqlite3.Connection, reader_id: str, told: tuple[str, str, int, str]
) -> bool:
    """False: she is suppressed, and that reason stays."""
    if connection.execute(_KNOWN, (reader_id,)).fetchone():
        return False
    key, address = connection.execute(_ADDRESS, (reader_id,)).fetchone() or (None, "")
    same = connection.execute(_SAME, (key,)).fetchone() if key is not None else None
    if same is None:
        connection.execute(_ADD, (key, address, reader_id, *told))
        return True
    if same[1] is None:
        connection.execute(_NAME, (reader_id, same[0]))
    return False
