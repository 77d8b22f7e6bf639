"""Finds the letters that a report may be about: ledger rows of one reader."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from digest.model import EditionKey, EmailAddress
from digest.storage.database import Database
from digest.storage.plain import storable
from digest.storage.schema import campaign, delivery


@dataclass(frozen=True, slots=True, kw_only=True)
class MailedLetter:
    """A letter of a frozen edition. `address` is None where its reader was deleted since."""

    edition: EditionKey
    address: EmailAddress | None
    reader_id: str
    frozen_at: datetime


def newest_key(database: Database) -> str:
    """The fingerprint of the key that signs the newest edition's letters; "" if none is known.

    Raises:
        StorageError: the ledger cannot be read.
    """
    query = sa.select(campaign.c.key_fingerprint).order_by(campaign.c.frozen_at.desc()).limit(1)
    with database.read() as connection:
        return str(connection.execute(query).scalar() or "")


def letters_of_reader(database: Database, reader_id: str) -> tuple[MailedLetter, ...]:
    """Every letter whose links name this reader, newest first.

    Raises:
        StorageError: the ledger cannot be read.
    """
    return _letters(database, delivery.c.reader_id == storable(reader_id, 128))


def letters_to(
    database: Database, address: EmailAddress, since: datetime
) -> tuple[MailedLetter, ...]:
    """The letters to an address in the editions frozen since then, newest first.

    Raises:
        StorageError: the ledger cannot be read.
    """
    # Named one by one, each is one look into the ledger's index.
    recent = sa.select(campaign.c.edition).where(campaign.c.frozen_at >= since)
    mine = (delivery.c.address_key == address.key) & delivery.c.edition.in_(recent)
    return _letters(database, mine)


def _letters(database: Database, where: sa.ColumnElement[bool]) -> tuple[MailedLetter, ...]:
    columns = (delivery.c.edition, delivery.c.address, delivery.c.reader_id, campaign.c.frozen_at)
    query = (
        sa.select(*columns)
        .join(campaign, campaign.c.edition == delivery.c.edition)
        .where(where)
        .order_by(campaign.c.frozen_at.desc())
    )
    with database.read() as connection:
        return tuple(
            MailedLetter(
                edition=EditionKey(row.edition),
                address=_address(row.address),
                reader_id=row.reader_id,
                frozen_at=row.frozen_at,
            )
            for row in connection.execute(query)
        )


def _address(text: str) -> EmailAddress | None:
    if not text:
        return None
    local, _, domain = text.rpartition("@")
    return EmailAddress(local, domain)
