"""A table's rows as lines of PostgreSQL's COPY, and the sum that tells whether they arrived.

The lines are those that the server itself would write (COPY ... TO), so that both can be summed up
and compared: postgresql.org/docs/current/sql-copy.html, "Text Format".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any, NamedTuple

import sqlalchemy as sa

from digest.errors import StorageError
from digest.storage.columns import Packed
from digest.storage.database import Database
from digest.storage.schema import meta, metadata

#: Rows that go to the server together.
_MANY = 1_000
_SPECIAL = re.compile(r"[\\\b\f\n\r\t\v]")
_ESCAPES = str.maketrans(
    {"\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v"}
)
_WHOLE = (1 << 64) - 1


class Sum(NamedTuple):
    """How many rows a table has, and a sum over them in whatever order, good in this process."""

    rows: int
    sum: int


def copied_tables() -> list[sa.Table]:
    """The tables that are copied: all but `meta`; what another refers to comes before it."""
    return [table for table in metadata.sorted_tables if table is not meta]


def columns_of(table: sa.Table) -> str:
    """Their names, in the order of `lines_of`."""
    return ", ".join(f'"{column.name}"' for column in kept_columns(table))


def kept_columns(table: sa.Table) -> list[sa.Column[Any]]:
    """Those that a database does not make of others."""
    return [column for column in table.columns if column.computed is None]


def count_rows(connection: sa.Connection) -> dict[str, int]:
    """How many each table has."""
    tables = copied_tables()
    query = sa.select(sa.func.count())
    return {each.name: connection.scalar(query.select_from(each)) or 0 for each in tables}


def facts_of(database: Database) -> dict[str, str]:
    """What `meta` says of a state.

    Raises:
        StorageError: it cannot be read.
    """
    with database.read() as connection:
        found = connection.execute(sa.select(meta.c.name, meta.c.value))
        return {row.name: row.value for row in found}


def sum_up(lines: Iterable[bytes]) -> Sum:
    """Each line is one row."""
    rows = total = 0
    for line in lines:
        rows += 1
        total += hash(line)
    return Sum(rows, total & _WHOLE)


def lines_of(connection: sa.Connection, table: sa.Table, place: str) -> Iterator[list[bytes]]:
    """The rows of a SQLite table, many at a time, none held.

    Raises:
        StorageError: a row holds what PostgreSQL cannot keep; the line says which.
    """
    raw: Any = connection.connection.driver_connection
    # S608: the names are the schema's own.
    cursor = raw.execute(f'SELECT {columns_of(table)} FROM "{table.name}"')  # noqa: S608
    writers = [_writer_of(column) for column in kept_columns(table)]
    pairs = range(len(writers))
    while rows := list(islice(cursor, _MANY)):
        lines = []
        for row in rows:
            line = "\t".join([writers[n](row[n]) for n in pairs])
            if "\0" in line:
                raise StorageError(_unfit(table, row, place))
            lines.append(f"{line}\n".encode())
        yield lines


def _writer_of(column: sa.Column[Any]) -> Callable[[Any], str]:
    if isinstance(column.type, Packed):
        return _write_bytes
    if isinstance(column.type, sa.Boolean):
        return _write_boolean
    if isinstance(column.type, sa.Float):
        return _write_float
    return _write


def _write(value: Any) -> str:
    if value is None:
        return "\\N"
    if type(value) is not str:
        return str(value)
    return value.translate(_ESCAPES) if _SPECIAL.search(value) else value


def _write_bytes(value: bytes | None) -> str:
    return "\\N" if value is None else f"\\\\x{value.hex()}"


def _write_boolean(value: int | None) -> str:
    return "\\N" if value is None else "ft"[value]


def _write_float(value: float | None) -> str:
    return "\\N" if value is None else repr(value).removesuffix(".0")


def _unfit(table: sa.Table, row: tuple[Any, ...], place: str) -> str:
    cells = dict(zip([column.name for column in kept_columns(table)], row, strict=True))
    bad = next(name for name, cell in cells.items() if isinstance(cell, str) and "\0" in cell)
    which = " ".join(str(cells[column.name]) for column in table.primary_key.columns)
    return (
        f"{place}: table {table.name}, row {which!r}: {bad} holds a NUL character, which"
        " PostgreSQL cannot keep; take it out, then copy again"
    )
