"""The letters that a relay was given in the last day, drawn by all workers from one account.

Each draw is a numbered row. Whoever draws counts what was drawn within the day and takes the next
number: of two who counted the same one gets the number, and the other counts again.
"""

from __future__ import annotations

from digest.storage.postgres.shared_link import SharedLink
from digest.storage.workers import DATABASE_NOW

# A letter may leave up to ten minutes after it was drawn: the day is longer by as much.
_SINCE = f"({DATABASE_NOW} - 86400000000 - 600000000)"
_DRAW = f"""
    WITH seen AS (
      SELECT max(number) AS last, coalesce(sum(letters) FILTER (WHERE at > {_SINCE}), 0) AS used
      FROM draw WHERE relay = %(relay)s
    ), drawn AS (
      INSERT INTO draw (relay, number, at, letters)
      SELECT %(relay)s, last + 1, {DATABASE_NOW}, least(%(letters)s, %(per_day)s - used) FROM seen
      WHERE used < %(per_day)s AND last IS NOT NULL
      ON CONFLICT (relay, number) DO NOTHING
      RETURNING number, letters
    )
    SELECT last, used, number, letters FROM seen LEFT JOIN drawn ON true
"""  # noqa: S608 - words of ours
# What the ledger knows of the day before the first draw, hour by hour. Row 0 says that it is done.
_BEGIN = f"""
    INSERT INTO draw (relay, number, at, letters)
    SELECT %(relay)s, row_number() OVER (ORDER BY max(updated_at)), max(updated_at), count(*)
    FROM delivery
    WHERE edition IN (SELECT edition FROM campaign WHERE frozen_at > {DATABASE_NOW} - 1209600000000)
      AND relay = %(relay)s AND state IN ('sent', 'unknown') AND updated_at > {_SINCE}
    GROUP BY updated_at / 3600000000
    UNION ALL SELECT %(relay)s, 0, {DATABASE_NOW}, 0
    ON CONFLICT (relay, number) DO NOTHING
"""  # noqa: S608
# The last one stays: the next number follows from it.
_PRUNE = f"""
    DELETE FROM draw WHERE relay = %(relay)s AND at < {DATABASE_NOW} - 172800000000
      AND number < (SELECT max(number) FROM draw WHERE relay = %(relay)s)
"""  # noqa: S608
_PUT_BACK = """
    UPDATE draw SET letters = letters - %(letters)s WHERE relay = %(relay)s AND number = %(mark)s
"""


class PostgresDraws:
    """Fits the courier's `DayBook`."""

    def __init__(self, link: SharedLink) -> None:
        self._link = link
        self._known: set[str] = set()

    async def draw(self, relay: str, per_day: int, letters: int) -> tuple[int, int]:
        """Raises: StorageError."""
        given = {"relay": relay, "per_day": per_day, "letters": letters}
        if relay not in self._known:
            await self._link.ask(_PRUNE, given)
            self._known.add(relay)
        while True:
            ((last, used, number, drawn),) = await self._link.ask(_DRAW, given)
            if drawn:
                return drawn, number
            if last is None:
                await self._link.ask(_BEGIN, given)
            elif used >= per_day:
                return 0, 0

    async def put_back(self, relay: str, mark: int, letters: int) -> None:
        """Raises: StorageError."""
        await self._link.ask(_PUT_BACK, {"relay": relay, "mark": mark, "letters": letters})
