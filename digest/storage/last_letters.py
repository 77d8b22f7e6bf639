"""Tell what became of one reader's last letters."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from digest.model import EmailAddress
from digest.storage.database import Database
from digest.storage.schema import campaign, delivery


class LastLetter(NamedTuple):
    """One letter, or why there was none: its edition, state, and what the relay said."""

    edition: str
    state: str
    code: int
    words: str
    updated_at: datetime


def last_letters(database: Database, address: EmailAddress, limit: int = 5) -> list[LastLetter]:
    """The reader's rows of the last `limit` editions that were planned, the newest first.

    Raises:
        StorageError: the ledger cannot be read.
    """
    recent = sa.select(campaign.c.edition).order_by(campaign.c.frozen_at.desc()).limit(limit)
    columns = [delivery.c[name] for name in LastLetter._fields]
    with database.read() as connection:
        editions = connection.execute(recent).scalars().all()
        query = (
            sa.select(*columns)
            .where(delivery.c.edition.in_(editions), delivery.c.address_key == address.key)
            .order_by(delivery.c.updated_at.desc())
        )
        return [LastLetter(*row) for row in connection.execute(query)]
