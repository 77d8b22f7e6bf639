"""The statements of the ledger's hot path on PostgreSQL.

Each is one round trip and one transaction. Many rows come as one JSON text, which costs the
program less than an array for each column.

The planner does not know how few the given keys are, nor, before it has counted a new edition's
rows, how many those are. So that it finds each row by its whole key, as it must, the edition
comes along with every key (behind OFFSET 0, where it cannot see that it is always the same), and
a state that must not lead it to that state's index is a parameter.
"""

from __future__ import annotations

from digest.storage.workers import DATABASE_NOW

#: Whether the lease `me` lasts `margin` microseconds longer. Looked at once a statement.
LASTS = f"""
    EXISTS (SELECT 1 FROM worker WHERE id = %(me)s AND state <> 'ended'
      AND lease_until - %(margin)s > {DATABASE_NOW})
"""  # noqa: S608 - words of ours
CAN_BEGIN = f"SELECT {LASTS}"

_ROW = """
    d.address_key, d.address, d.name, d.reader_id, d.segment, d.due_at, d.attempt, d.batch
"""

# A reader suppressed by now is marked so in the same statement. `queue` and `moment` are the order
# in which they are served, since RETURNING knows none.
_TAKE = f"""
    UPDATE delivery AS d
    SET state = CASE WHEN f.reason IS NULL THEN 'claimed' ELSE 'suppressed' END,
      words = coalesce(f.reason, d.words),
      retry_at = CASE WHEN f.reason IS NULL THEN d.retry_at END,
      holder = %(me)s, updated_at = %(at)s
    FROM (
      SELECT found.*, coalesce(by_address.reason, by_reader.reason) AS reason
      FROM found
      LEFT JOIN suppression AS by_address ON by_address.address_key = found.address_key
      LEFT JOIN suppression AS by_reader ON by_reader.reader_id = found.reader_id
    ) AS f
    WHERE d.edition = f.edition AND d.address_key = f.address_key
    RETURNING f.queue, f.moment, f.reason IS NOT NULL, {_ROW}
"""  # noqa: S608


def _queue(number: int, column: str, where: str, limit: str, tagged: str) -> str:
    return f"""
      SELECT {number} AS queue, {column} AS moment, edition, address_key, reader_id
      FROM delivery AS d
      WHERE edition = %(edition)s AND {where} {tagged}
      ORDER BY {column} LIMIT {limit} FOR UPDATE SKIP LOCKED
    """  # noqa: S608


def claim_of_edition(*, tagged: bool) -> str:
    """At most `wanted` rows of the edition, each for one claimer only.

    Those whose time to be tried again has come, those put off for longer than any wait (a clock
    stood ahead), and those due.
    """
    among = (
        "AND EXISTS (SELECT 1 FROM unnest(%(tags)s::text[]) AS t WHERE strpos(d.tags, t) > 0)"
        if tagged
        else ""
    )
    rest = "%(wanted)s - (SELECT count(*) FROM retries)"
    retries = _queue(
        0,
        "retry_at",
        "stands = 0 AND state = 'deferred' AND retry_at <= %(at)s",
        "%(wanted)s",
        among,
    )
    put_off = _queue(
        1, "retry_at", "stands = 0 AND state = 'deferred' AND retry_at > %(too_late)s", rest, among
    )
    rest += " - (SELECT count(*) FROM put_off)"
    due = _queue(
        2, "due_at", "stands = 0 AND state = 'pending' AND due_at <= %(due_before)s", rest, among
    )
    return f"""
    WITH retries AS MATERIALIZED ({retries}), put_off AS MATERIALIZED ({put_off}),
      due AS MATERIALIZED ({due}),
      found AS (SELECT * FROM retries UNION ALL SELECT * FROM put_off UNION ALL SELECT * FROM due)
    {_TAKE}
    """  # noqa: S608


#: All that may be claimed of `batches` now.
CLAIM_OF_BATCHES = f"""
    WITH found AS MATERIALIZED (
      SELECT CASE state WHEN 'deferred' THEN 0 ELSE 1 END AS queue,
        coalesce(retry_at, due_at) AS moment, edition, address_key, reader_id
      FROM delivery
      WHERE edition = %(edition)s AND batch = ANY(%(batches)s) AND stands = 0
        AND (state = 'pending' AND due_at <= %(due_before)s OR state = 'deferred'
          AND (retry_at <= %(at)s OR retry_at > %(too_late)s))
      FOR UPDATE
    )
    {_TAKE}
"""  # noqa: S608

#: What is claimed by us although we do not know of it: the answer to the claim was lost.
CLAIMED_UNKNOWINGLY = f"""
    SELECT 0, d.due_at, false, {_ROW} FROM delivery AS d
    WHERE edition = %(edition)s AND stands = 0 AND state = 'claimed' AND holder = %(me)s
      AND NOT address_key = ANY(%(hands)s)
"""  # noqa: S608

RELEASE = """
    UPDATE delivery SET state = 'pending'
    WHERE edition = %(edition)s AND address_key = ANY(%(keys)s)
      AND state = 'claimed' AND holder = %(me)s
"""

# What is sent stays sent, whoever says so and when. Any other outcome counts only for him who
# claimed the row last, and not once its reader was suppressed. An untried letter gets its try
# back, since it cost the reader nothing; one that was refused before it began has had its try all
# the same.
_SETTLE = """
    UPDATE delivery AS d SET
      attempt = d.attempt + CASE
        WHEN s.state = 'pending' AND d.state IN ('data', 'unknown') THEN -1
        WHEN s.state IN ('deferred', 'rejected') AND s.code > 0 AND d.state = 'claimed' THEN 1
        ELSE 0 END,
      state = s.state, retry_at = s.retry_at, stage = s.stage, code = s.code,
      enhanced = s.enhanced, words = s.words, relay = s.relay, updated_at = %(at)s
    FROM (
      SELECT %(edition)s::text AS edition, r.*
      FROM json_to_recordset(%(settled)s) AS r(key text, state text, retry_at bigint, stage text,
        code integer, enhanced text, words text, relay text) OFFSET 0
    ) AS s
    WHERE d.edition = s.edition AND d.address_key = s.key AND d.state <> %(sent)s
      AND (s.state = 'sent' OR d.holder = %(me)s AND d.state <> 'suppressed')
"""

# The state is looked at anew once the row is locked: whoever leaves marks her claimed rows.
_BEGIN = f"""
    UPDATE delivery AS d
    SET state = 'data', attempt = d.attempt + 1, retry_at = NULL, updated_at = %(at)s
    FROM (
      SELECT %(edition)s::text AS edition, u.key FROM unnest(%(begun)s::text[]) AS u(key) OFFSET 0
    ) AS b
    WHERE d.edition = b.edition AND d.address_key = b.key
      AND d.state = %(claimed)s AND d.holder = %(me)s
      AND NOT EXISTS (SELECT 1 FROM suppression AS s WHERE s.address_key = d.address_key)
      AND NOT EXISTS (SELECT 1 FROM suppression AS s WHERE s.reader_id = d.reader_id)
      AND {LASTS}
    RETURNING d.address_key
"""  # noqa: S608

SETTLE = _SETTLE
BEGIN = _BEGIN
SETTLE_AND_BEGIN = f"WITH settled AS ({_SETTLE}) {_BEGIN}"

#: Of `keys`: claimed by us still, but suppressed since.
BARRED = """
    UPDATE delivery AS d SET state = 'suppressed', retry_at = NULL, updated_at = %(at)s,
      words = coalesce(
        (SELECT s.reason FROM suppression AS s WHERE s.address_key = d.address_key),
        (SELECT s.reason FROM suppression AS s WHERE s.reader_id = d.reader_id))
    WHERE edition = %(edition)s AND address_key = ANY(%(keys)s)
      AND state = 'claimed' AND holder = %(me)s
      AND (EXISTS (SELECT 1 FROM suppression AS s WHERE s.address_key = d.address_key)
        OR EXISTS (SELECT 1 FROM suppression AS s WHERE s.reader_id = d.reader_id))
"""

#: Of `keys`: begun by us already, by a call whose answer was lost.
BEGUN_BEFORE = """
    SELECT address_key FROM delivery
    WHERE edition = %(edition)s AND address_key = ANY(%(keys)s)
      AND state = 'data' AND holder = %(me)s
"""
