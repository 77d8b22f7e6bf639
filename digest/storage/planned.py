"""Write what a plan adds to a frozen edition."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from digest.errors import StorageError
from digest.model import EditionKey, EmailAddress, Recipient
from digest.model.audience import Audience
from digest.storage.batches import Numbering
from digest.storage.columns import to_microseconds
from digest.storage.list_memory import save_lists_in
from digest.storage.plain import storable
from digest.storage.schema import audience, delivery, segment
from digest.storage.states import State

if TYPE_CHECKING:
    from digest.storage.lists.reading import ListSize

_CHUNK = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class SkippedReader:
    """A reader who gets no letter of an edition; `reason` tells her list's owner why."""

    address: EmailAddress
    name: str
    reader_id: str
    reason: str
    tags: str = ""


Planned = Recipient | SkippedReader


def write_plan(
    connection: sa.Connection,
    key: EditionKey,
    readers: Iterable[Planned],
    choices: Mapping[str, str],
    planned_for: Audience,
    lists: Mapping[str, ListSize] | None,
    at: datetime,
    numbering: Numbering | None = None,
) -> None:
    """The rows of `readers`, then what is known behind them: their choices, the lists' sizes.

    With a `numbering` each letter gets its batch.

    Raises:
        StorageError: an address comes twice, or has a row already.
    """
    rows = _reader_rows(key, readers, to_microseconds(at), numbering)
    try:
        if connection.dialect.name == "postgresql":
            from digest.storage.postgres.copying import copy_rows

            copy_rows(connection, delivery.name, _COLUMNS, rows)
        else:
            while chunk := list(islice(rows, _CHUNK)):
                connection.exec_driver_sql(_READERS, chunk)
    except IntegrityError:
        raise StorageError(
            f"edition {key}: the plan holds an address twice; nothing was planned"
        ) from None
    there = sa.select(segment.c.segment).where(segment.c.edition == str(key))
    known = set(connection.execute(there).scalars())
    insert_rows(
        connection,
        segment,
        (
            {"edition": str(key), "segment": name, "choice": choice}
            for name, choice in choices.items()
            if name not in known
        ),
    )
    insert_rows(
        connection,
        audience,
        ({"edition": str(key), "audience": name, "planned_at": at} for name in planned_for.names),
    )
    if lists is not None:
        save_lists_in(connection, lists, at)


def insert_rows(connection: sa.Connection, table: sa.Table, rows: Iterable[dict[str, Any]]) -> None:
    """Some thousands at a time."""
    rows = iter(rows)
    while chunk := list(islice(rows, _CHUNK)):
        connection.execute(table.insert(), chunk)


_Row = tuple[str | int | None, ...]

_COLUMNS = (
    "edition", "address_key", "address", "name", "reader_id", "segment", "due_at", "state",
    "words", "updated_at", "tags", "batch",
)  # fmt: skip
# A million rows go this way: SQLAlchemy's own insert takes three times as long for each.
_READERS = f"""
    INSERT INTO delivery ({", ".join(_COLUMNS)}) VALUES ({", ".join("?" * len(_COLUMNS))})
"""  # noqa: S608 - columns of ours


def _reader_rows(
    key: EditionKey, readers: Iterable[Planned], at: int, numbering: Numbering | None
) -> Iterator[_Row]:
    moment = lru_cache(1024)(to_microseconds)
    for reader in readers:
        batch = None
        if isinstance(reader, SkippedReader):
            stands = ("", at, State.SKIPPED.value, storable(reader.reason))
        elif reader.edition.text == key.text:
            due_at = moment(reader.due_at)
            stands = (reader.segment, due_at, State.PENDING.value, "")
            batch = None if numbering is None else numbering.number(due_at)
        else:
            raise ValueError(f"a recipient of {reader.edition} in the plan of {key}")
        address, name = reader.address, storable(reader.name)
        yield (
            key.text,
            address.key,
            str(address),
            name,
            reader.reader_id,
            *stands,
            at,
            reader.tags,
            batch,
        )
