"""The next free moment under each limit a minute, over all workers, by the database's clock.

Virtual scheduling (ITU-T I.371, the generic cell rate algorithm): a row says when the next letter
may leave. Whoever reserves moves it on, in one statement; a row that has passed says nothing.
"""

from __future__ import annotations

import time
from collections.abc import Mapping

from digest.storage.postgres.shared_link import SharedLink

# One reading of the clock for the whole statement: what `excluded` holds is counted from it.
_NOW = "(extract(epoch FROM statement_timestamp()) * 1000000)::bigint"
# Nobody reserves more at once than a second's worth, or one moment where that is longer, nor often
# before the last is near: a courier has two such spans ahead, a worker seldom two couriers.
_SPANS_A_WORKER, _SPANS_OF_OTHERS = 4, 16
# A moment further ahead than all of them together can have put it was written before the clock was
# set back. It has passed: else nothing would leave for as long as the clock went back.
_FURTHEST = f"""
    greatest(excluded.next_at - {_NOW}, 1000000) * (
      SELECT {_SPANS_A_WORKER} * count(*) + {_SPANS_OF_OTHERS} FROM worker
      WHERE seen_at > {_NOW} - 3600000000)
"""  # noqa: S608 - words of ours
# In the order of the names, so that two who reserve the same ones never wait for each other.
_RESERVE = f"""
    INSERT INTO pace (name, next_at)
    SELECT name, {_NOW} + span FROM unnest(%s::text[], %s::bigint[]) AS asked(name, span)
    ORDER BY name
    ON CONFLICT (name) DO UPDATE SET next_at = excluded.next_at - {_NOW} + CASE
      WHEN pace.next_at > {_NOW} + {_FURTHEST} THEN {_NOW} ELSE greatest(pace.next_at, {_NOW}) END
    RETURNING name, next_at, next_at - {_NOW}
"""  # noqa: S608 - words of ours
_GIVE_BACK = """
    UPDATE pace SET next_at = mark - span
    FROM unnest(%s::text[], %s::bigint[], %s::bigint[]) AS unused(name, mark, span)
    WHERE pace.name = unused.name AND pace.next_at = unused.mark
"""
_PRUNE = f"""
    DELETE FROM pace WHERE name IN (
      SELECT name FROM pace WHERE next_at < {_NOW} - 60000000 LIMIT 10000 FOR UPDATE SKIP LOCKED)
"""  # noqa: S608
#: So many seconds lie between two times that rows which have passed are removed.
_PRUNED_EVERY = 60.0


class PostgresPaces:
    """Fits the courier's `PaceBook`."""

    def __init__(self, link: SharedLink) -> None:
        self._link = link
        self._pruned_at = float("-inf")

    async def reserve(self, wanted: Mapping[str, tuple[int, int]]) -> dict[str, tuple[float, int]]:
        """Raises: StorageError."""
        await self._prune()
        spans = {name: count * gap for name, (count, gap) in wanted.items()}
        rows = await self._link.ask(_RESERVE, (list(spans), list(spans.values())))
        return {name: ((ahead - spans[name]) / 1_000_000, end) for name, end, ahead in rows}

    async def give_back(self, unused: Mapping[str, tuple[int, int]]) -> None:
        """Raises: StorageError."""
        marks, spans = zip(*unused.values(), strict=True)
        await self._link.ask(_GIVE_BACK, (list(unused), list(marks), list(spans)))

    async def _prune(self) -> None:
        now = time.monotonic()
        if now < self._pruned_at + _PRUNED_EVERY:
            return
        await self._link.ask(_PRUNE)
        self._pruned_at = now
