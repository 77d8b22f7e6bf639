"""Suppress the readers who leave by their links, many in one transaction.

Letters' links name a reader by her opaque id. The statements are SQLite's own, as those of the
ledger: after a letter to many, thousands leave within minutes.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from datetime import datetime

from digest.storage.database import Database, SqliteDatabase
from digest.storage.plain import storable
from digest.storage.schema import to_microseconds

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
        assert isinstance(database, SqliteDatabase)
        self._quick = database.quick()

    def leave(
        self, reader_ids: Collection[str], *, reason: str, source: str, at: datetime, kind: str
    ) -> int:
        """Suppress these readers; says how many were not suppressed yet.

        Durable when this returns, and in force for every letter not yet claimed.

        Raises:
            StorageBusy: another program is writing just now; nothing was written.
            StorageError: nothing was written; no reader must be told that it was.
        """
        with self._quick.transaction() as connection:
            return sum(
                suppress_in(connection, each, reason=reason, source=source, at=at, kind=kind)
                for each in dict.fromkeys(reader_ids)
            )

    def close(self) -> None:
        self._quick.close()


def suppress_in(
    connection: sqlite3.Connection,
    reader_id: str,
    *,
    reason: str,
    source: str,
    at: datetime,
    kind: str,
) -> bool:
    """Suppress one reader within the caller's transaction; False: she is, and its reason stays."""
    reader_id = storable(reader_id, 128)
    if connection.execute(_KNOWN, (reader_id,)).fetchone():
        return False
    key, address = connection.execute(_ADDRESS, (reader_id,)).fetchone() or (None, "")
    same = connection.execute(_SAME, (key,)).fetchone() if key is not None else None
    if same is None:
        told = (storable(reason), storable(source), to_microseconds(at), kind)
        connection.execute(_ADD, (key, address, reader_id, *told))
        return True
    if same[1] is None:
        connection.execute(_NAME, (reader_id, same[0]))
    return False
