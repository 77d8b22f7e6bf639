"""Everything that is kept about one address, for the person whose it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from digest.model import EmailAddress
from digest.storage.database import Database
from digest.storage.lifted import LIFTED
from digest.storage.schema import bounce, delivery, suppression

#: What is not hers: our own numbers and the names of keys.
_LEFT_OUT = frozenset({"id", "address_key", "stands"})


def dossier(
    database: Database, address: EmailAddress, reader_id: str
) -> dict[str, list[dict[str, Any]]]:
    """Rows of the state under `suppressions`, `letters` and `bounces`, oldest first.

    Raises:
        StorageError: the database cannot be read.
    """
    key = address.key
    theirs = (suppression.c.address_key == key) | (suppression.c.reader_id == reader_id)
    queries = {
        "suppressions": sa.select(suppression).where(theirs).order_by(suppression.c.at),
        "letters": sa.select(delivery)
        .where(delivery.c.address_key == key)
        .order_by(delivery.c.due_at),
        "bounces": sa.select(bounce)
        .where(bounce.c.address_key == key, bounce.c.kind != LIFTED)
        .order_by(bounce.c.at),
    }
    with database.read() as connection:
        return {
            name: [_plain(row) for row in connection.execute(query).mappings()]
            for name, query in queries.items()
        }


def _plain(row: Mapping[Any, Any]) -> dict[str, Any]:
    return {
        str(name): value.isoformat() if hasattr(value, "isoformat") else value
        for name, value in row.items()
        if name not in _LEFT_OUT
    }
