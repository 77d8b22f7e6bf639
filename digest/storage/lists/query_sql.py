"""Asks a SQLite file, or any database that SQLAlchemy has a driver for, for a list's rows."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.pool import NullPool

from digest.errors import StorageError
from digest.storage.lists.query import ListQuery
from digest.storage.lists.query_rows import Answer, QueryFailed
from digest.storage.sql_errors import plain_errors

#: Rows that are asked for together.
_MANY = 2_000
#: SQLite looks at the clock after so many steps of its machine, some milliseconds.
_STEPS = 100_000


@contextmanager
def ask_database(query: ListQuery) -> Iterator[Answer]:
    """The answer of one statement, which sees one moment; whatever it does is rolled back.

    Raises:
        QueryFailed: it is refused, or the database cannot be opened; also while rows are taken.
    """
    engine = _engine(query)
    limit = _Limit(query.timeout)
    try:
        with plain_errors(query.place), engine.connect() as connection:
            if query.is_sqlite:
                raw: Any = connection.connection.driver_connection
                raw.set_progress_handler(limit.is_over, _STEPS)
            options = {"no_parameters": True, "stream_results": True}
            result = connection.exec_driver_sql(query.sql, execution_options=options)
            if not result.returns_rows:
                raise QueryFailed("the query gives no rows at all: it is no SELECT")
            yield Answer(list(result.keys()), _rows(result, limit))
    except StorageError as error:
        if limit.was_over:
            words = f"takes longer than {query.timeout:g} s (timeout in its entry)"
            raise QueryFailed(f"{query.place}: {words}") from None
        raise QueryFailed(str(error)) from None


class _Limit:
    """How long the database may take for the next rows."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self.was_over = False
        self.renew()

    def renew(self) -> None:
        self._end = time.monotonic() + self._seconds

    def is_over(self) -> bool:
        self.was_over = time.monotonic() > self._end
        return self.was_over


def _engine(query: ListQuery) -> sa.Engine:
    try:
        url = _read_only_file(query) if query.is_sqlite else sa.make_url(query.url)
        return sa.create_engine(url, poolclass=NullPool)
    except (NoSuchModuleError, ModuleNotFoundError) as error:
        words = f"{query.place}: no driver for this database is installed ({error})"
        raise QueryFailed(words) from None
    except ArgumentError:
        raise QueryFailed("the url cannot be read as a database's address") from None


def _read_only_file(query: ListQuery) -> sa.URL:
    """The address under which SQLite opens a file for reading alone (sqlite.org/uri.html)."""
    name = sa.make_url(query.url).database
    if not name:
        raise QueryFailed("the url names no file; write sqlite:///members.db")
    path: Path = query.folder / name
    if not path.is_file():
        raise QueryFailed(f"{query.place}: there is no such file (seen from config.yaml)")
    file = f"file:{quote(str(path.resolve()))}"
    return sa.URL.create("sqlite", database=file, query={"mode": "ro", "uri": "true"})


def _rows(result: sa.CursorResult[Any], limit: _Limit) -> Iterator[Any]:
    limit.renew()
    while rows := result.fetchmany(_MANY):
        yield from rows
        limit.renew()
