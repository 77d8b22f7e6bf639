"""Suppress the readers who leave by their links, on a server where workers may be at work."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import psycopg

from digest.storage.calling_back import CALL_BACK
from digest.storage.postgres.database import PostgresDatabase
from digest.storage.sql_errors import plain_postgres

# A row of the ledger that forgot its reader has no address. In order, so that two who write the
# same ones wait for each other instead of both for ever.
_ADD = """
    INSERT INTO suppression (address_key, address, reader_id, reason, source, at, kind)
    SELECT hers.address_key, coalesce(hers.address, ''), leaver.id, %(reason)s, %(source)s,
      %(at)s, %(kind)s
    FROM unnest(%(who)s::text[]) AS leaver(id)
    LEFT JOIN LATERAL (
      SELECT address_key, address FROM delivery
      WHERE reader_id = leaver.id AND address <> '' LIMIT 1
    ) AS hers ON true
    ORDER BY leaver.id
    ON CONFLICT DO NOTHING RETURNING reader_id
"""
_NAME = """
    UPDATE suppression AS s SET reader_id = leaver.id
    FROM unnest(%(who)s::text[]) AS leaver(id)
    WHERE s.reader_id IS NULL
      AND s.address_key = (SELECT address_key FROM delivery
        WHERE reader_id = leaver.id AND address <> '' LIMIT 1)
      AND NOT EXISTS (SELECT 1 FROM suppression AS other WHERE other.reader_id = leaver.id)
"""
# A letter that begins at this moment may not see the suppression: its transaction looks at the
# data as they were a moment ago, and may end a moment after ours. But it takes the row anew if we
# have written it, and waits for us before; so her claimed letters are marked here. A letter that
# has begun is left as it is; we wait for its beginning.
_CALL_BACK = CALL_BACK["reader_id"]


class ServerLeavers:
    """One connection, opened when needed and anew once it is lost; for one thread at a time."""

    def __init__(self, database: PostgresDatabase) -> None:
        self._database = database
        self._connection: psycopg.Connection[Any] | None = None

    def leave(self, ids: Sequence[str], *, reason: str, source: str, at: int, kind: str) -> int:
        """Suppress these readers in one transaction; says how many were not suppressed yet.

        Raises:
            StorageAway: it may have happened, or not; it may be done again.
            StorageBusy: nothing happened, it may be done again.
            StorageError: nothing happened.
        """
        given = {"reason": reason, "source": source, "at": at, "kind": kind, "who": sorted(ids)}
        try:
            connection = self._connection or self._open()
            with connection.transaction():
                added = connection.execute(_ADD, given).rowcount
                if added < len(ids):
                    connection.execute(_NAME, given)
                connection.execute(_CALL_BACK, given)
            return added
        except psycopg.Error as error:
            if self._connection is not None and self._connection.closed:
                self.close()
            raise plain_postgres(self._database.place, error) from None

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(psycopg.Error):
                connection.close()

    def _open(self) -> psycopg.Connection[Any]:
        connection = self._database.connect("digest leaving")
        connection.execute("SET lock_timeout = '5s'")
        self._connection = connection
        return connection
