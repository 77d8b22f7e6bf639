"""Prove that the database takes a write just now."""

from __future__ import annotations

from digest.storage.database import Database

_NAME = "looked"
_WRITE = "INSERT INTO meta (name, value) VALUES (?, '1') ON CONFLICT (name) DO UPDATE SET value = "
_TURN = "CASE value WHEN '1' THEN '0' ELSE '1' END"


def prove_writable(database: Database) -> None:
    """Write a digit, durably: whether a disk is full is known only by writing.

    Raises:
        StorageError: it cannot be written, or not now.
    """
    with database.write() as connection:
        connection.exec_driver_sql(_WRITE + _TURN, (_NAME,))
