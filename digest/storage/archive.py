"""Keep composed editions as documents, so that every one can be shown again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa

from digest.errors import StorageError
from digest.model import EditionKey
from digest.storage.database import Database
from digest.storage.schema import campaign, edition, meta


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchivedEdition:
    """One line of the archive; a frozen edition has been planned for its readers."""

    key: EditionKey
    date: date
    created_at: datetime
    frozen: bool


def save_edition(
    database: Database, key: EditionKey, *, day: date, created_at: datetime, document: str
) -> None:
    """Keep `document` as edition `key`; it replaces one that is not frozen.

    Raises:
        StorageError: the edition is frozen with other content, or cannot be written.
    """
    with database.write() as connection:
        query = sa.select(campaign.c.edition_document).where(campaign.c.edition == str(key))
        frozen = connection.execute(query).scalar()
        if frozen is not None and frozen != document:
            raise StorageError(f"edition {key} is frozen: its letters are under way or sent")
        if frozen is not None:
            return
        connection.execute(edition.delete().where(edition.c.key == str(key)))
        row = {"key": str(key), "date": day, "created_at": created_at, "document": document}
        connection.execute(edition.insert(), row)


def load_edition(database: Database, key: EditionKey) -> str | None:
    """The document of edition `key`, or None when there is no such edition.

    Raises:
        StorageError: the database cannot be read.
    """
    with database.read() as connection:
        query = sa.select(edition.c.document).where(edition.c.key == str(key))
        document: str | None = connection.execute(query).scalar()
        return document


def documents_until(database: Database, day: date, limit: int) -> Iterator[str]:
    """The documents of the last `limit` editions up to `day`, the newest first, one at a time.

    Raises:
        StorageError: the database cannot be read.
    """
    newest = sa.select(edition.c.key).where(edition.c.date <= day)
    with database.read() as connection:
        keys = newest.order_by(edition.c.date.desc(), edition.c.key.desc()).limit(limit)
        for key in tuple(connection.execute(keys).scalars()):
            query = sa.select(edition.c.document).where(edition.c.key == key)
            if (document := connection.execute(query).scalar()) is not None:
                yield document


def archive_id(database: Database) -> str:
    """A UUID that this archive alone has, as long as it lives.

    Raises:
        StorageError: the database cannot be read.
    """
    with database.read() as connection:
        query = sa.select(meta.c.value).where(meta.c.name == "id")
        return str(connection.execute(query).scalar_one())


def list_editions(database: Database) -> tuple[ArchivedEdition, ...]:
    """All editions, newest first.

    Raises:
        StorageError: the database cannot be read.
    """
    query = (
        sa.select(
            edition.c.key, edition.c.date, edition.c.created_at, campaign.c.edition.label("frozen")
        )
        .outerjoin(campaign, campaign.c.edition == edition.c.key)
        .order_by(edition.c.date.desc(), edition.c.key.desc())
    )
    with database.read() as connection:
        return tuple(
            ArchivedEdition(
                key=EditionKey(row.key),
                date=row.date,
                created_at=row.created_at,
                frozen=row.frozen is not None,
            )
            for row in connection.execute(query)
        )
