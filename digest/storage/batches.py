"""Number the letters of an edition in batches, which workers take one by one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from digest.model import EditionKey
from digest.storage.columns import from_microseconds
from digest.storage.database import Database
from digest.storage.schema import delivery
from digest.storage.states import OPEN


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """So many open letters of an edition; `due_at` is when the first of them is due."""

    number: int
    due_at: datetime
    letters: int


#: Told of new batches within the transaction that makes them, with the driver's connection.
OnBatches = Callable[[Any, Sequence[Batch]], None]


class Numbering:
    """Gives letters their batches as they come; those of one moment go together.

    Memory grows with the batches and the moments, not with the letters.
    """

    def __init__(self, size: int, first: int) -> None:
        self._size = size
        self._next = first
        self._open: dict[int, int] = {}
        self._letters: dict[int, int] = {}
        self._due: dict[int, int] = {}

    def number(self, due_at: int) -> int:
        """The batch of one more letter that is due at `due_at`, in microseconds."""
        number = self._open.get(due_at)
        if number is None or self._letters[number] >= self._size:
            number, self._next = self._next, self._next + 1
            self._open[due_at], self._due[number], self._letters[number] = number, due_at, 0
        self._letters[number] += 1
        return number

    def batches(self) -> list[Batch]:
        """All so far, by their numbers."""
        return [
            Batch(number=number, due_at=from_microseconds(due_at), letters=self._letters[number])
            for number, due_at in self._due.items()
        ]


def next_number(connection: sa.Connection, edition: EditionKey) -> int:
    """The number after an edition's last batch; the first one has 1."""
    last = sa.select(sa.func.max(delivery.c.batch)).where(delivery.c.edition == edition.text)
    return (connection.execute(last).scalar() or 0) + 1


def batch_rest(
    database: Database, edition: EditionKey, size: int, on_batches: OnBatches
) -> Sequence[Batch]:
    """Put open letters that are in no batch yet (planned for no worker) into new ones.

    `on_batches` is told of them in the same transaction.

    Raises:
        StorageError: the ledger cannot be written; nothing was.
    """
    with database.write() as connection:
        first = next_number(connection, edition)
        given = {"edition": edition.text, "size": size, "first": first}
        rows = connection.execute(sa.text(_NUMBER_REST), given).all()
        made = [
            Batch(number=row.batch, due_at=from_microseconds(row.due_at), letters=row.letters)
            for row in rows
        ]
        if made:
            on_batches(connection.connection.driver_connection, made)
    return made


_IS_OPEN = " OR ".join(f"state = '{state.value}'" for state in OPEN)
_NUMBER_REST = f"""
    WITH rest AS (
      SELECT address_key, due_at,
        (row_number() OVER (PARTITION BY due_at ORDER BY address_key) - 1) / :size AS part
      FROM delivery WHERE edition = :edition AND batch IS NULL AND ({_IS_OPEN})
    ), numbered AS (
      SELECT address_key, :first - 1 + dense_rank() OVER (ORDER BY due_at, part) AS number
      FROM rest
    ), moved AS (
      UPDATE delivery AS d SET batch = numbered.number FROM numbered
      WHERE d.edition = :edition AND d.address_key = numbered.address_key
      RETURNING d.batch, d.due_at
    )
    SELECT batch, min(due_at) AS due_at, count(*) AS letters FROM moved
    GROUP BY batch ORDER BY batch
"""  # noqa: S608 - states of ours
