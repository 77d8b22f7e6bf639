"""Let no letter begin to readers whose suppression is written just now, on a server.

A file has one writer, so that a letter begins before a suppression or sees it. Why it takes more
on a server says `postgres/leaving.py`, which does the same for those who leave by their links.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Literal

import sqlalchemy as sa

from digest.storage.schema import to_microseconds


def call_back(
    connection: sa.Connection,
    column: Literal["address_key", "reader_id"],
    who: Collection[str],
    at: datetime,
) -> None:
    """Mark the claimed letters of those who were suppressed in this transaction of `write()`.

    Their other open letters are locked: what is claimed meanwhile is found claimed, and a letter
    that begins at this moment is waited for. What is over is opened again by a `write()` only.
    """
    if connection.dialect.name == "postgresql" and who:
        statement = sa.text(_CALL_BACK.format(column=column))
        connection.execute(statement, {"who": sorted(who), "at": to_microseconds(at)})


# In order, so that two who lock the same rows wait for each other instead of both for ever.
_CALL_BACK = """
    WITH hers AS MATERIALIZED (
      SELECT edition, address_key FROM delivery
      WHERE {column} = ANY(:who) AND stands = 0 AND edition = ANY(ARRAY(
        SELECT c.edition FROM campaign AS c WHERE EXISTS (
          SELECT 1 FROM delivery AS o WHERE o.edition = c.edition AND o.stands = 0)))
      ORDER BY edition, address_key FOR UPDATE
    )
    UPDATE delivery AS d SET state = 'suppressed', retry_at = NULL, updated_at = :at,
      words = coalesce(
        (SELECT s.reason FROM suppression AS s WHERE s.address_key = d.address_key),
        (SELECT s.reason FROM suppression AS s WHERE s.reader_id = d.reader_id))
    FROM hers
    WHERE d.edition = hers.edition AND d.address_key = hers.address_key AND d.state = 'claimed'
"""
