"""The statements of the ledger's hot path.

What happens between two letters goes a row a statement, which SQLite prepares once; claims and
returns, which come by the hundred, as one JSON text. The index is named because the planner,
which cannot know how short a JSON list is, would rather walk the whole edition.
"""

from __future__ import annotations

_ROWS = """
    SELECT delivery.address_key, delivery.address, delivery.name, delivery.reader_id,
      delivery.segment, delivery.due_at, delivery.attempt,
      coalesce(by_address.reason, by_reader.reason)
    FROM delivery
    LEFT JOIN suppression AS by_address ON by_address.address_key = delivery.address_key
    LEFT JOIN suppression AS by_reader ON by_reader.reader_id = delivery.reader_id
    WHERE delivery.edition = :edition AND
"""

#: What may be claimed, at most `wanted` rows each, in the order of one index. The last column is
#: NULL for readers who may be mailed. `PUT_OFF` waits longer than any wait: a clock stood ahead.
RETRIES = f"""{_ROWS} state = 'deferred' AND retry_at <= :at
    ORDER BY retry_at LIMIT :wanted"""
PUT_OFF = f"""{_ROWS} state = 'deferred' AND retry_at > :too_late
    ORDER BY retry_at LIMIT :wanted"""
PENDING = f"""{_ROWS} state = 'pending'
    ORDER BY due_at LIMIT :wanted"""
DUE = f"""{_ROWS} state = 'pending' AND due_at <= :due_before
    ORDER BY due_at LIMIT :wanted"""

_TAGGED = """
    AND EXISTS (SELECT 1 FROM json_each(:tags) AS tag WHERE instr(delivery.tags, tag.value) > 0)
"""


def among(queue: str) -> str:
    """The same queue for readers with any of `tags`, a JSON list of `;tag;`."""
    where, order, limit = queue.rpartition("ORDER BY")
    return f"{where}{_TAGGED}{order}{limit}"


#: Of (words, at, edition, key).
SUPPRESS = """
    UPDATE delivery INDEXED BY sqlite_autoindex_delivery_1
    SET state = 'suppressed', words = ?, retry_at = NULL, updated_at = ?
    WHERE edition = ? AND address_key = ?
"""

#: `keys` is a JSON list of address keys, `at` in microseconds.
CLAIM = """
    UPDATE delivery INDEXED BY sqlite_autoindex_delivery_1
    SET state = 'claimed', updated_at = :at
    WHERE edition = :edition AND address_key IN (SELECT value FROM json_each(:keys))
"""

#: Of (at, edition, key). A reader who was suppressed after the claim is left as she is.
BEGIN = """
    UPDATE delivery INDEXED BY sqlite_autoindex_delivery_1
    SET state = 'data', attempt = attempt + 1, retry_at = NULL, updated_at = ?
    WHERE edition = ? AND address_key = ? AND state = 'claimed'
      AND NOT EXISTS (SELECT 1 FROM suppression AS s WHERE s.address_key = delivery.address_key)
      AND NOT EXISTS (SELECT 1 FROM suppression AS s WHERE s.reader_id = delivery.reader_id)
"""

BARRED = """
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
"""

RELEASE = """
    UPDATE delivery INDEXED BY sqlite_autoindex_delivery_1
    SET state = 'pending'
    WHERE edition = :edition AND address_key IN (SELECT value FROM json_each(:keys))
      AND state = 'claimed'
"""

#: Of (state, retry_at, stage, code, enhanced, words, relay, at, edition, key). What is sent stays
#: sent. An untried letter gets its try back, since it cost the reader nothing; one that was
#: refused before it began has had its try all the same.
SETTLE = """
    UPDATE delivery INDEXED BY sqlite_autoindex_delivery_1
    SET
      attempt = attempt + CASE
        WHEN ?1 = 'pending' AND state = 'data' THEN -1
        WHEN ?1 IN ('deferred', 'rejected') AND ?4 > 0 AND state = 'claimed' THEN 1
        ELSE 0 END,
      state = ?1, retry_at = ?2, stage = ?3, code = ?4, enhanced = ?5, words = ?6, relay = ?7,
      updated_at = ?8
    WHERE edition = ?9 AND address_key = ?10 AND state <> 'sent'
"""

#: The same for what is sent, of (stage, code, enhanced, words, relay, at, edition, key).
SENT = """
    UPDATE delivery INDEXED BY sqlite_autoindex_delivery_1
    SET
      state = 'sent', retry_at = NULL, stage = ?, code = ?, enhanced = ?, words = ?, relay = ?,
      updated_at = ?
    WHERE edition = ? AND address_key = ? AND state <> 'sent'
"""
