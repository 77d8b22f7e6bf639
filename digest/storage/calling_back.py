"""Let no letter begin to readers whose suppression is written just now, on a server.

A file has one writer, so that a letter begins before a suppression or sees it. Why it takes more
on a server says `postgres/leaving.py`, which does the same for those who leave by their links.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Literal

import sqlalchemy as sa

from digest.storage.columns import to_microseconds


def call_back(
    connection: sa.Connection,
    column: Literal["address_key", "reader_id"],
    who: Collection[str],
    at: datetime,
) -> None:
    """Mark the claimed letters of those who were suppressed in this transaction of `write()`."""
    if connection.dialect.name == "postgresql" and who:
        given = {"who": sorted(who), "at": to_microseconds(at)}
        connection.exec_driver_sql(CALL_BACK[column], given)


# Their other open letters are locked: what is claimed meanwhile is found claimed, what comes back
# pending comes back after us, and a letter that begins at this moment is waited for. In order, so
# that two who lock the same rows wait for each other instead of both for ever.
_CALL_BACK = """
    WITH hers AS MATERIALIZED (
      SELECT edition, address_key FROM delivery
      WHERE {found} AND state IN ('pending', 'claimed', 'deferred', 'data', 'unknown')
      ORDER BY edition, address_key FOR UPDATE
    )
    UPDATE delivery AS d SET state = 'suppressed', retry_at = NULL, updated_at = %(at)s,
      words = coalesce(
        (SELECT s.reason FROM suppression AS s WHERE s.address_key = d.address_key),
        (SELECT s.reason FROM suppression AS s WHERE s.reader_id = d.reader_id))
    FROM hers
    WHERE d.edition = hers.edition AND d.address_key = hers.address_key AND d.state = 'claimed'
"""
# No index begins with the address: it is looked for in each edition that has open letters. One that
# has only unknown ones sends them again by a `write()`, which waits for ours.
_BY_ADDRESS = """address_key = ANY(%(who)s) AND edition = ANY(ARRAY(
        SELECT c.edition FROM campaign AS c WHERE EXISTS (
          SELECT 1 FROM delivery AS o WHERE o.edition = c.edition AND o.stands = 0)))"""
#: What it takes, for the driver: `who` are address keys or reader ids, `at` the moment.
CALL_BACK = {
    "address_key": _CALL_BACK.format(found=_BY_ADDRESS),
    "reader_id": _CALL_BACK.format(found="reader_id = ANY(%(who)s)"),
}
