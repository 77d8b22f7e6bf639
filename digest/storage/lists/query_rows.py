"""Rows out of a query's answer, one at a time, as rows of a file."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import Any, NamedTuple

from digest.errors import Problem
from digest.storage.lists.columns import check_names, column_warnings, field_name
from digest.storage.lists.query import ListQuery
from digest.storage.lists.row import FIELDS, LISTS, Place, Row, Unreadable, Value

_ALIAS = "name one of them so: SELECT address AS email"


class Answer(NamedTuple):
    """What a database answers: the names of the columns, and the rows."""

    columns: Sequence[str]
    rows: Iterator[Sequence[Any]]


class QueryFailed(Exception):
    """What a database says against a query, in words."""


def read_query(query: ListQuery, problems: list[Problem]) -> Iterator[Row]:
    """The rows of its answer, in the database's order; what concerns all goes to `problems`.

    They are those of one moment, and are not held: a million readers take no more memory than
    ten. The database is only read.

    Raises:
        Unreadable: the database refuses the query, or is not to be reached; also on the way.
    """
    number = 0
    try:
        with _ask(query) as answer:
            names = [field_name(column) for column in answer.columns]
            check_names(query.name, answer.columns, names, _nowhere, table="the query", mend=_ALIAS)
            problems.extend(column_warnings(query.name, answer.columns, names, _nowhere))
            fields = [
                (field, names.index(name)) for field, name in enumerate(FIELDS) if name in names
            ]
            for number, cells in enumerate(answer.rows, 1):
                yield _row(query.name, number, cells, fields)
    except QueryFailed as failure:
        row = f"behind row {number:,}: " if number else ""
        raise Unreadable(Problem(file=query.name, what=f"{row}{failure}")) from None
    if not number:
        problems.append(Problem(file=query.name, what="the query gives no rows", warning=True))


def _ask(query: ListQuery) -> AbstractContextManager[Answer]:
    if query.is_postgres:
        from digest.storage.lists.query_postgres import ask_postgres

        return ask_postgres(query)
    from digest.storage.lists.query_sql import ask_database

    return ask_database(query)


def _row(shown: str, number: int, cells: Sequence[Any], fields: Sequence[tuple[int, int]]) -> Row:
    """`fields` are those that there are, each with the number of its column."""
    values: list[Value] = [""] * len(FIELDS)
    faults: list[tuple[int, str]] = []
    for field, column in fields:
        cell = cells[column]
        if cell is None:
            continue
        try:
            values[field] = _value(cell, FIELDS[field] in LISTS)
        except ValueError as error:
            faults.append((field, str(error)))
    who = values[0] if isinstance(values[0], str) else ""
    problems = tuple(
        Problem(file=shown, line=number, key=FIELDS[field], what=what, who=who)
        for field, what in faults
    )
    return Row(number, tuple(values), partial(_in_row, number), problems, who)


def _value(cell: Any, is_list: bool) -> Value:
    """A cell as a person would have typed it.

    Raises:
        ValueError: nobody could have.
    """
    if isinstance(cell, str):
        return _listed(cell) if is_list and cell.startswith("[") else cell
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, Decimal):
        return format(cell, "f")
    if isinstance(cell, datetime):
        midnight = cell.replace(hour=0, minute=0, second=0, microsecond=0)
        return cell.date().isoformat() if cell == midnight else cell.isoformat(" ")
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, list | tuple):
        items = [_value(item, False) for item in cell if item is not None]
        if any(not isinstance(item, str) for item in items):
            raise ValueError("takes a flat list of words")
        return tuple(map(str, items))
    if isinstance(cell, dict):
        raise ValueError("takes a value, not a mapping")
    if isinstance(cell, bytes | bytearray | memoryview):
        raise ValueError("holds bytes, not text")
    return str(cell)


def _listed(text: str) -> Value:
    """A JSON array as text, where a database has no arrays; another text stays what it is."""
    try:
        items = json.loads(text)
    except ValueError:
        return text
    return _value(items, False)


def _in_row(number: int, field: int) -> Place:
    return number, 0


def _nowhere(column: int) -> Place:
    return 0, 0
