"""Remember how long each list was when an edition was planned, and see when one lost readers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, NamedTuple

import sqlalchemy as sa

from digest.errors import Problem
from digest.storage.database import Database
from digest.storage.plain import storable_key
from digest.storage.schema import list_memory

if TYPE_CHECKING:
    from digest.storage.lists.reading import ListSize

#: So few readers leave any list without a question.
FEW = 2
_MEND = "restore it from a backup; if it is meant: --accept-list-change"


class Remembered(NamedTuple):
    """A list as it was at the last plan, as `ListSize` has it."""

    readers: int
    whole: bool
    at: datetime


def load_lists(database: Database) -> dict[str, Remembered]:
    """Each list of the last plan, by its name in messages.

    Raises:
        StorageError: it cannot be read.
    """
    with database.read() as connection:
        found = connection.execute(sa.select(list_memory))
        return {row.path: Remembered(row.readers, row.whole, row.at) for row in found}


def save_lists_in(connection: sa.Connection, lists: Mapping[str, ListSize], at: datetime) -> None:
    """Keep these lists in place of the former, inside a transaction that is under way."""
    connection.execute(list_memory.delete())
    rows = [
        {"path": storable_key(path), "readers": size.readers, "whole": size.whole, "at": at}
        for path, size in lists.items()
    ]
    if rows:
        connection.execute(list_memory.insert(), rows)


def find_losses(
    before: Mapping[str, Remembered], now: Mapping[str, ListSize], *, shrink: float, zone: tzinfo
) -> Iterator[Problem]:
    """What looks like an accident: a list that is gone, much shorter, or cut off at its end.

    `shrink` is the share that it may lose; 1 asks for nothing at all.
    """
    if shrink >= 1:
        return
    now = {storable_key(path): size for path, size in now.items()}
    for path, then in before.items():
        had = f"had {_count(then.readers)} on {then.at.astimezone(zone):%Y-%m-%d}"
        size = now.get(path)
        if size is None:
            yield Problem(file=path, what=f"{had}, and is not among the lists now", mend=_MEND)
            continue
        lost = then.readers - size.readers
        if lost > FEW and lost > then.readers * shrink:
            yield Problem(file=path, what=f"{had}, has {size.readers:,} now", mend=_MEND)
        elif lost >= 0 and then.whole and not size.whole:
            what = f"{had}, has {size.readers:,} now and ends inside a line: it seems cut off"
            yield Problem(file=path, what=what, mend=f"end it with a line break, or {_MEND}")


def _count(readers: int) -> str:
    return "1 reader" if readers == 1 else f"{readers:,} readers"
