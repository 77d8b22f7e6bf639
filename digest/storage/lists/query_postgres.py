"""Asks a PostgreSQL database for a list's rows, with a cursor that the server keeps."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from digest.storage.lists.query import ListQuery
from digest.storage.lists.query_rows import Answer, QueryFailed
from digest.storage.sql_errors import plain_postgres

if TYPE_CHECKING:
    import psycopg

_DECLARE = "DECLARE digest_readers NO SCROLL CURSOR FOR "
#: Rows that are asked for together.
_MANY = 2_000
_CONNECT_SECONDS = 10
# SQLSTATEs (appendix A of PostgreSQL's manual).
_TOOK_TOO_LONG, _WRITES, _NO_RIGHT = "57014", "25006", "42501"
#: What is wrong in the query or in what it computes, rather than between the server and us.
_ITS_OWN = ("0A", "21", "22", "42", "P0")


@contextmanager
def ask_postgres(query: ListQuery) -> Iterator[Answer]:
    """The answer, in a transaction that can only read and sees one moment.

    Raises:
        QueryFailed: it is refused, or the server is not to be reached; also while rows are taken.
    """
    try:
        import psycopg
    except ImportError:
        raise QueryFailed(
            "PostgreSQL needs more packages: pip install 'papers-digest[cluster]'"
        ) from None
    try:
        with psycopg.connect(
            query.url,
            connect_timeout=_CONNECT_SECONDS,
            application_name="papers-digest",
            client_encoding="utf-8",
        ) as connection:
            connection.read_only = True
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            yield _open(query, connection)
    except psycopg.Error as error:
        raise QueryFailed(_words(query, error)) from None


def _open(query: ListQuery, connection: psycopg.Connection) -> Answer:
    cursor = connection.cursor()
    cursor.execute("SELECT set_config('statement_timeout', %s, true)", [f"{query.timeout:.3f}s"])
    # Prepared, so that it is one statement: what follows a semicolon could end the transaction.
    cursor.execute((_DECLARE + query.sql).encode(), prepare=True)
    first = _fetch(cursor)
    return Answer([column.name for column in cursor.description or ()], _rows(cursor, first))


def _fetch(cursor: psycopg.Cursor) -> list[tuple[Any, ...]]:
    return cursor.execute(f"FETCH {_MANY} FROM digest_readers".encode()).fetchall()


def _rows(cursor: psycopg.Cursor, rows: list[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    while rows:
        yield from rows
        rows = _fetch(cursor) if len(rows) == _MANY else []


def _words(query: ListQuery, error: psycopg.Error) -> str:
    state = error.sqlstate or ""
    if state == _TOOK_TOO_LONG:
        return f"{query.place}: takes longer than {query.timeout:g} s (timeout in its entry)"
    if state == _WRITES:
        return f"the query writes; one of readers may only read ({error.diag.message_primary})"
    if state == _NO_RIGHT or not state.startswith(_ITS_OWN):
        return str(plain_postgres(query.place, error))
    hint = f" ({error.diag.message_hint})" if error.diag.message_hint else ""
    words = f"{error.diag.message_primary}{hint}"
    return f"{query.place} says: {' '.join(words.split())}{_where(query, error)}"


def _where(query: ListQuery, error: psycopg.Error) -> str:
    """Line and column in the query, as config.yaml has it."""
    position = int(error.diag.statement_position or 0) - len(_DECLARE)
    if not 1 <= position <= len(query.sql) + 1:
        return ""
    before = query.sql[: position - 1]
    line, column = before.count("\n") + 1, position - 1 - before.rfind("\n")
    return f", at line {line}, column {column} of the query"
