"""Suppress the thousands who left somewhere else, in one transaction."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from digest.model import EmailAddress
from digest.storage.calling_back import call_back
from digest.storage.database import Database
from digest.storage.plain import storable
from digest.storage.schema import suppression
from digest.storage.suppressions import Kind


class Leaver(NamedTuple):
    """An address never to be mailed, and why."""

    address: EmailAddress
    kind: Kind
    reason: str


def suppress_all(
    database: Database, leavers: Iterable[Leaver], *, source: str, at: datetime
) -> int:
    """Never mail any of them again; gives how many were not suppressed before.

    All of them or, when it fails, none.

    Raises:
        StorageError: it could not be written.
    """
    with database.write() as connection:
        query = sa.select(suppression.c.address_key)
        before = {key for key in connection.execute(query).scalars() if key is not None}
        rows = {}
        for leaver in leavers:
            if leaver.address.key not in before:
                rows[leaver.address.key] = {
                    "address_key": leaver.address.key,
                    "address": str(leaver.address),
                    "reader_id": None,
                    "reason": storable(leaver.reason),
                    "source": storable(source),
                    "at": at,
                    "kind": leaver.kind.value,
                }
        if rows:
            connection.execute(suppression.insert(), list(rows.values()))
            call_back(connection, "address_key", rows, at)
    return len(rows)
