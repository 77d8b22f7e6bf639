"""Remember which papers each source gave, so that yesterday's batch is known when it returns."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import sqlalchemy as sa

from digest.model import EditionKey
from digest.storage.database import Database
from digest.storage.schema import source_memory


def save_memory(
    database: Database, key: EditionKey, day: date, given: Mapping[str, frozenset[str]]
) -> None:
    """Keep what each source (by label) gave for edition `key`, in place of an earlier answer.

    Raises:
        StorageError: the database cannot be written.
    """
    with database.write() as connection:
        save_memory_in(connection, key, day, given)


def save_memory_in(
    connection: sa.Connection, key: EditionKey, day: date, given: Mapping[str, frozenset[str]]
) -> None:
    """The same inside a transaction that is under way."""
    for label, ids in given.items():
        where = (source_memory.c.edition == str(key)) & (source_memory.c.source == label)
        connection.execute(source_memory.delete().where(where))
        row = {"edition": str(key), "source": label, "date": day, "ids": "\n".join(sorted(ids))}
        connection.execute(source_memory.insert(), row)


def memory_before(database: Database, day: date) -> dict[str, frozenset[str]]:
    """Per source label, the ids it gave for its latest edition before `day`.

    A source that gave nothing that day is there with an empty set.

    Raises:
        StorageError: the database cannot be read.
    """
    other = source_memory.alias()
    latest = (
        sa.select(sa.func.max(other.c.date))
        .where(other.c.source == source_memory.c.source, other.c.date < day)
        .scalar_subquery()
    )
    query = sa.select(source_memory).where(source_memory.c.date == latest)
    found: dict[str, frozenset[str]] = {}
    with database.read() as connection:
        for row in connection.execute(query):
            ids = frozenset(row.ids.split("\n")) - {""}
            found[row.source] = found.get(row.source, frozenset()) | ids
    return found
