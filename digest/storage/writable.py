"""Prove that the database takes a write just now."""

from __future__ import annotations

import sqlalchemy as sa

from digest.storage.database import Database
from digest.storage.schema import meta

_NAME = "looked"
_TURN = sa.case((meta.c.value == "1", "0"), else_="1")


def prove_writable(database: Database) -> None:
    """Write a digit, durably: whether a disk is full is known only by writing.

    Raises:
        StorageError: it cannot be written, or not now.
    """
    with database.write() as connection:
        turn = meta.update().where(meta.c.name == _NAME).values(value=_TURN)
        if not connection.execute(turn).rowcount:
            connection.execute(meta.insert().values(name=_NAME, value="1"))
