"""What one database does differently from another, all in this place."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement, ReturnTypeFromArgs
from sqlalchemy.types import TypeEngine

from digest.storage.sql_errors import is_held

#: How sure a commit is when it returns: see `make_sqlite_engine`.
Synchronous = Literal["full", "normal"]

#: Execution option of connections that will write.
WRITES = "digest_writes"

# A million random keys are put into two indexes during a freeze: with SQLite's own 2 MB of
# cache each page would be written to the log hundreds of times.
_CACHE_KIB = 65_536
_KEPT_LOG_BYTES = 67_108_864
_BETWEEN_TRIES = 0.005
_SORTED = sa.Text(collation="C")


def make_sqlite_engine(
    path: Path, *, busy_seconds: float, synchronous: Synchronous = "full"
) -> sa.Engine:
    """An engine whose connections may be used from any thread, one thread at a time.

    A killed process loses no commit. A power cut loses none either with `full`, where each
    commit waits for the disk; with `normal` the last moments before the cut may be missing, so
    that some letters may be sent again, but the database stays whole.

    A writer takes its lock when its transaction begins (BEGIN IMMEDIATE): one that starts as a
    reader fails at once instead of waiting when somebody else has written in between.
    """
    engine = sa.create_engine(
        sa.URL.create("sqlite", database=str(path)),
        connect_args={"timeout": busy_seconds, "check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, record: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        _keep_log(connection, busy_seconds)
        for pragma in (
            f"synchronous={synchronous.upper()}",
            "foreign_keys=ON",
            "trusted_schema=OFF",
            f"cache_size=-{_CACHE_KIB}",
            f"journal_size_limit={_KEPT_LOG_BYTES}",
        ):
            connection.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        writes = connection.get_execution_options().get(WRITES, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _keep_log(connection: sqlite3.Connection, busy_seconds: float) -> None:
    """Write ahead into a log; the file says so itself from the first time on.

    While two programs switch a new file, SQLite tells one of them at once that it is locked: no
    busy handler is asked where a read lock is to become an exclusive one (sqlite3BtreeSetVersion).
    """
    deadline = time.monotonic() + busy_seconds
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL").close()
        except sqlite3.OperationalError as error:
            if not is_held(error) or time.monotonic() > deadline:
                raise
            time.sleep(_BETWEEN_TRIES)
        else:
            return


def words(longest: int) -> TypeEngine[str]:
    """A text that is sorted by its code points, as SQLite does.

    `longest` tells what to expect; PostgreSQL would refuse what is longer, SQLite never does.
    """
    return sa.String(longest).with_variant(_SORTED, "postgresql")


def long_text() -> TypeEngine[str]:
    """The same without an end to expect."""
    return sa.Text().with_variant(_SORTED, "postgresql")


class Derived(sa.Computed):
    """A column that the database makes of others: SQLite when it is read, PostgreSQL when written.

    So SQLite can add it to a table that is there, and PostgreSQL has it for its indexes.
    """


@compiles(Derived)
def _derived(element: Any, compiler: Any, **options: Any) -> str:
    how = "STORED" if compiler.dialect.name == "postgresql" else "VIRTUAL"
    made_of = compiler.sql_compiler.process(
        element.sqltext, include_table=False, literal_binds=True
    )
    return f"GENERATED ALWAYS AS ({made_of}) {how}"


class written_as(FunctionElement[bool]):  # noqa: N801 - it is written as a function is
    """One condition in two ways: plainly, and as PostgreSQL's planner finds an index by it."""

    type = sa.Boolean()
    inherit_cache = True

    def self_group(self, against: Any = None) -> Any:
        """It has its parentheses, and no database needs to be told that it is true or false."""
        return self


@compiles(written_as)
def _written_plainly(element: Any, compiler: Any, **options: Any) -> str:
    plain, _ = element.clauses
    return f"({compiler.process(plain, **options)})"


@compiles(written_as, "postgresql")
def _written_for_postgres(element: Any, compiler: Any, **options: Any) -> str:
    _, by_index = element.clauses
    return f"({compiler.process(by_index, **options)})"


class after_at(ReturnTypeFromArgs[str]):  # noqa: N801 - it is written as a function is
    """What follows the @ of an address; there is exactly one."""

    inherit_cache = True


@compiles(after_at)
def _after_at(element: Any, compiler: Any, **options: Any) -> str:
    column = compiler.process(element.clauses, **options)
    return f"substr({column}, instr({column}, '@') + 1)"


@compiles(after_at, "postgresql")
def _after_at_postgres(element: Any, compiler: Any, **options: Any) -> str:
    return f"split_part({compiler.process(element.clauses, **options)}, '@', 2)"
