"""The statements of the ledger's hot path: one for a whole group of rows.

A group's rows travel as one JSON text, so that the database works through them by itself. With a
statement a row the thread that writes would have to ask for the interpreter's lock at every row,
against an event loop that is busy sending. The index is named because the planner, which cannot
know how short a JSON list is, would rather walk the whole edition.
"""

from __future__ import annotations

import sqlalchemy as sa

#: `keys` is a JSON list of address keys, `at` in microseconds.
CLAIM = sa.text("""
    UPDATE delivery INDEXED BY sqlite_autoindex_delivery_1
    SET state = 'claimed', updated_at = :at
    WHERE edition = :edition AND address_key IN (SELECT value FROM json_each(:keys))
""")

#: A reader who was suppressed after the claim is left as she is.
BEGIN = sa.text("""
    UPDATE delivery INDEXED BY sqlite_autoindex_delivery_1
    SET state = 'data', attempt = attempt + 1, retry_at = NULL, updated_at = :at
    WHERE edition = :edition AND address_key IN (SELECT value FROM json_each(:keys))
      AND state = 'claimed'
      AND NOT EXISTS (SELECT 1 FROM suppression AS s WHERE s.address_key = delivery.address_key)
      AND NOT EXISTS (SELECT 1 FROM suppression AS s WHERE s.reader_id = delivery.reader_id)
""")

BARRED = sa.text("""
    UPDATE delivery INDEXED BY sqlite_autoindex_delivery_1
    SET state = 'suppressed', retry_at = NULL, updated_at = :at,
      words = coalesce(
        (SELECT s.reason FROM suppression AS s WHERE s.address_key = delivery.address_key),
        (SELECT s.reason FROM suppression AS s WHERE s.reader_id = delivery.reader_id))
    WHERE edition = :edition AND address_key IN (SELECT value FROM json_each(:keys))
      AND state = 'claimed'
      AND (EXISTS (SELECT 1 FROM suppression AS s WHERE s.address_key = delivery.address_key)
        OR EXISTS (SELECT 1 FROM suppression AS s WHERE s.reader_id = delivery.reader_id))
    RETURNING reader_id
""")

RELEASE = sa.text("""
    UPDATE delivery INDEXED BY sqlite_autoindex_delivery_1
    SET state = 'pending'
    WHERE edition = :edition AND address_key IN (SELECT value FROM json_each(:keys))
      AND state = 'claimed'
""")

#: `rows` is a JSON list of [key, state, retry_at, stage, code, enhanced, words, relay]. What is
#: sent stays sent. An untried letter gets its try back, since it cost the reader nothing; one that
#: was refused before it began has had its try all the same.
SETTLE = sa.text("""
    UPDATE delivery INDEXED BY sqlite_autoindex_delivery_1
    SET
      attempt = attempt + CASE
        WHEN new.state = 'pending' AND delivery.state = 'data' THEN -1
        WHEN new.state IN ('deferred', 'rejected') AND new.code > 0
          AND delivery.state = 'claimed' THEN 1
        ELSE 0 END,
      state = new.state, retry_at = new.retry_at, stage = new.stage, code = new.code,
      enhanced = new.enhanced, words = new.words, relay = new.relay, updated_at = :at
    FROM (
      SELECT value ->> 0 AS key, value ->> 1 AS state, value ->> 2 AS retry_at,
        value ->> 3 AS stage, value ->> 4 AS code, value ->> 5 AS enhanced,
        value ->> 6 AS words, value ->> 7 AS relay
      FROM json_each(:rows)
    ) AS new
    WHERE delivery.edition = :edition
      AND delivery.address_key IN (SELECT value ->> 0 FROM json_each(:rows))
      AND delivery.address_key = new.key
      AND delivery.state <> 'sent'
""")
