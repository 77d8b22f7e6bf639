"""The ledger of an edition, in whichever database it is kept."""

from __future__ import annotations

from datetime import datetime

from digest.model import EditionKey
from digest.model.audience import EVERYBODY, Audience
from digest.storage.database import Database, SqliteDatabase
from digest.storage.ledger import EditionLedger


def open_ledger(
    database: Database,
    edition: EditionKey,
    *,
    due_before: datetime | None = None,
    readers: Audience = EVERYBODY,
) -> EditionLedger:
    """What a courier writes its letters down in; see `EditionLedger` for the limits."""
    assert isinstance(database, SqliteDatabase)
    return EditionLedger(database, edition, due_before=due_before, readers=readers)
