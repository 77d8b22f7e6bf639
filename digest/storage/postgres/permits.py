"""Who has which of a relay's connections, which are numbered from 1 up to its limit.

A number has one row, so however many ask at once, nobody opens more than the limit. A worker's
numbers are free for others when its lease is over, and not before.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from digest.errors import StorageError
from digest.storage.postgres.shared_link import SharedLink
from digest.storage.postgres.sharing import share_out
from digest.storage.workers import DATABASE_NOW, ENDS, OVER

_LIVES = f"worker.state <> 'ended' AND NOT {OVER}"
_MINE = "relay = %(relay)s AND worker = %(worker)s AND part = %(part)s"
# Mine that I keep, and what others have and want. Nothing is written.
_LOOK = f"""
    SELECT 'wish', permit_wish.worker || part, wanted FROM permit_wish, worker
      WHERE relay = %(relay)s AND worker.id = permit_wish.worker AND {_LIVES}
    UNION ALL SELECT 'number', '', number FROM permit WHERE {_MINE} AND number = ANY(%(kept)s)
    UNION ALL SELECT 'lasts', '', {ENDS} - {DATABASE_NOW} FROM worker
      WHERE id = %(worker)s AND {_LIVES}
    UNION ALL SELECT 'now', '', {DATABASE_NOW}
"""  # noqa: S608 - words of ours
# The same, after what I want has changed, or what I keep; what the dead left goes with it.
_TELL = f"""
    WITH gone AS (
      DELETE FROM permit WHERE {_MINE} AND NOT number = ANY(%(kept)s)
    ), forgotten AS (
      DELETE FROM permit_wish WHERE relay = %(relay)s AND (
        worker = %(worker)s AND part = %(part)s AND %(wanted)s = 0
        OR NOT EXISTS (SELECT FROM worker WHERE id = permit_wish.worker AND {_LIVES}))
    ), told AS (
      INSERT INTO permit_wish (relay, worker, part, wanted)
      SELECT %(relay)s, %(worker)s, %(part)s, %(wanted)s WHERE %(wanted)s > 0
      ON CONFLICT (relay, worker, part) DO UPDATE SET wanted = excluded.wanted
    )
    {_LOOK}
"""  # noqa: S608
# Any numbers that are free: those who ask at once seldom ask for the same, and in order, so that
# they never wait for each other.
_TAKE = f"""
    INSERT INTO permit (relay, number, worker, part)
    SELECT %(relay)s, number, %(worker)s, %(part)s FROM (
      SELECT number FROM generate_series(1, %(limit)s) AS free(number)
      WHERE EXISTS (SELECT FROM worker WHERE id = %(worker)s AND {_LIVES})
      AND NOT EXISTS (SELECT FROM permit, worker WHERE permit.relay = %(relay)s
        AND permit.number = free.number AND id = permit.worker AND {_LIVES})
      ORDER BY random() LIMIT %(more)s) AS chosen
    ORDER BY number
    ON CONFLICT (relay, number) DO UPDATE SET worker = excluded.worker, part = excluded.part
      WHERE NOT EXISTS (SELECT FROM worker WHERE id = permit.worker AND {_LIVES})
    RETURNING number
"""  # noqa: S608
#: Where workers are more than connections, one gives way to another every so many seconds.
_ROUND = 20


class PostgresPermits:
    """Fits the courier's `PermitBook`, for one courier of a worker: that of the edition `part`."""

    def __init__(self, link: SharedLink, worker: str, part: str) -> None:
        self._link = link
        self._me = {"worker": worker, "part": part}
        self._told: dict[str, tuple[int, tuple[int, ...]]] = {}

    async def ask(
        self, relay: str, limit: int, wanted: int, kept: Sequence[int]
    ) -> tuple[set[int], int, float]:
        """Two statements while numbers are missing that should be ours, one otherwise.

        Raises:
            StorageError: the database cannot be asked, or the lease is over.
        """
        given = {**self._me, "relay": relay, "wanted": wanted, "kept": list(kept)}
        said = wanted, tuple(kept)
        statement = _LOOK if self._told.pop(relay, None) == said else _TELL
        rows = await self._link.ask(statement, given)
        numbers = {value for kind, _, value in rows if kind == "number"}
        lasts = sum(value for kind, _, value in rows if kind == "lasts") / 1_000_000
        if lasts <= 0:
            raise StorageError(
                f"{relay}: this program did not say in time that it is there (workers.timeout), so"
                " its connections may be another's"
            )
        allowed = self._allowed(limit, wanted, rows)
        more = min(wanted, allowed) - len(numbers)
        if more > 0:
            taken = await self._link.ask(_TAKE, given | {"limit": limit, "more": more})
            numbers |= {number for (number,) in taken}
        self._told[relay] = wanted, tuple(sorted(numbers))
        return numbers, allowed, lasts

    def _allowed(self, limit: int, wanted: int, rows: Sequence[tuple[Any, ...]]) -> int:
        """What the shares of the others leave: mine, and whatever nobody wants."""
        wishes = {who: value for kind, who, value in rows if kind == "wish"}
        me = self._me["worker"] + self._me["part"]
        now = next(value for kind, _, value in rows if kind == "now")
        shares = share_out(limit, wishes | {me: wanted}, now // (_ROUND * 1_000_000))
        return limit - sum(share for who, share in shares.items() if who != me)
