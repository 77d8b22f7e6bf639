"""Open the state database, or say in one line why that cannot be."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import sqlalchemy as sa

from digest.errors import StorageError
from digest.storage import schema
from digest.storage.atomic import PRIVATE_FILE, make_private_folder, sync_folder
from digest.storage.dialect import WRITES, Synchronous, make_sqlite_engine
from digest.storage.moving import TELL_WHERE, refuse_moved
from digest.storage.permission import explain
from digest.storage.quick import QuickWriter
from digest.storage.sql_errors import plain_errors
from digest.storage.state_marker import load_marker, save_marker
from digest.storage.upgrade import stamp, upgrade

#: The database's name in the state folder.
NAME = "digest.db"

_MAGIC = b"SQLite format 3\0"
# `PRAGMA quick_check` reads every page: 50 MB take some 0.1 s, a year's ledger much longer.
_CHECKED_WHOLE = 50_000_000


class Database:
    """An open state database; any thread may use it. Close it, or use it in a `with`.

    `place` is how a person finds it: a file, or a server and the database's name there.
    """

    def __init__(self, place: str, engine: sa.Engine) -> None:
        self.place = place
        self._engine = engine
        self._writer = engine.execution_options(**{WRITES: True})

    @property
    def is_replaced(self) -> bool:
        """Whether another database stands in its place, or none."""
        return False

    @property
    def is_shared(self) -> bool:
        """Whether programs on other machines may be at work on it: a server's, not a file."""
        return False

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """One consistent view of the data.

        Raises:
            StorageError: the database cannot be read.
        """
        with self._guarded(), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """One transaction: all of it is durable when the block ends, or nothing happened.

        Raises:
            StorageError: the database cannot be written.
        """
        with self._guarded(), self._writer.begin() as connection:
            yield connection

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        with plain_errors(self.place):
            yield

    def close(self) -> None:
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class SqliteDatabase(Database):
    """A state database in one file on this machine."""

    def __init__(self, path: Path, engine: sa.Engine) -> None:
        super().__init__(str(path), engine)
        self.path = path
        self._file = _identity(path)
        self._quick: list[QuickWriter] = []

    @property
    def is_replaced(self) -> bool:
        """Whether its file was removed, or another one stands in its place."""
        return _identity(self.path) != self._file

    def quick(self) -> QuickWriter:
        """A connection of its own for many short transactions; it is closed with the database."""
        writer = QuickWriter(self._engine, self._guarded)
        self._quick.append(writer)
        return writer

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        # SQLite goes on writing into a file that somebody removed; what is written is lost.
        if self.is_replaced:
            raise StorageError(f"{self.path}: was removed or replaced while in use")
        with plain_errors(self.place):
            yield

    def close(self) -> None:
        for writer in self._quick:
            writer.close()
        super().close()


def open_database(
    path: Path,
    *,
    create: bool,
    busy_seconds: float = 30.0,
    synchronous: Synchronous = "full",
    moving: bool = False,
) -> SqliteDatabase:
    """Open the database at `path`; with `create`, make it on the very first run.

    A database that existed before (`state.json` beside it says so) is never made again.
    `busy_seconds` is how long to wait for another program's transaction. A commit survives a
    killed process always, a power cut with `synchronous` "full"; with "normal" the last moments
    before the cut may be missing, so that some letters may be repeated. One that an older
    program made is brought up to date in one transaction. One that was moved, or is about to be,
    is opened only for the `moving` itself.

    Raises:
        StorageError: missing, moved, damaged, locked, read-only, of a newer program, or the disk
            is full.
    """
    marker = load_marker(path.parent)
    if not moving:
        refuse_moved(path, marker)
    if _is_new(path, marker):
        _make_file(path, create)
    else:
        _check_file(path)
    engine = make_sqlite_engine(path, busy_seconds=busy_seconds, synchronous=synchronous)
    try:
        with plain_errors(str(path)):
            database = SqliteDatabase(path, engine)
            if create:
                _make_tables(database)
            if _check_content(database, marker, moving=moving) < schema.SCHEMA_VERSION:
                with database.write() as connection:
                    upgrade(connection)
    except BaseException:
        engine.dispose()
        raise
    return database


def _is_new(path: Path, marker: dict[str, str]) -> bool:
    """Whether there never was a database here; an empty file is one whose making was cut off."""
    try:
        empty = path.stat().st_size == 0 and not _log(path)
    except FileNotFoundError:
        empty = True
    except OSError as error:
        raise StorageError(explain(error, path, "cannot be opened")) from None
    if empty and "server" in marker:
        raise StorageError(f"{path}: the state is in {marker['server']}; {TELL_WHERE}")
    if empty and "database" in marker:
        raise StorageError(
            f"{path}: is missing or empty although it existed before (state.json says so);"
            " restore it from a backup: a new one would mail readers twice"
        )
    return empty


def _make_file(path: Path, create: bool) -> None:
    if not create:
        raise StorageError(f"{path}: does not exist yet; the first `digest run` makes it")
    try:
        make_private_folder(path.parent)
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, PRIVATE_FILE))
    except OSError as error:
        raise StorageError(explain(error, path, "cannot be made")) from None
    sync_folder(path.parent)


def _check_file(path: Path) -> None:
    """See from the first page whether the file is whole (sqlite.org/fileformat2.html)."""
    try:
        with path.open("rb") as file:
            head = file.read(100)
            size = os.fstat(file.fileno()).st_size
    except OSError as error:
        raise StorageError(explain(error, path, "cannot be read")) from None
    if not head and _log(path):
        return
    if len(head) < 100 or not head.startswith(_MAGIC):
        raise StorageError(f"{path}: is damaged or no database; restore it from a backup")
    page = int.from_bytes(head[16:18], "big")
    pages = int.from_bytes(head[28:32], "big")
    # While a log is there, pages may still be on their way from it into the file.
    if size < (65536 if page == 1 else page) * pages and not _log(path):
        raise StorageError(f"{path}: is damaged: its end is missing; restore it from a backup")


def _log(path: Path) -> bool:
    """Whether a write-ahead log with something in it lies beside the database."""
    with suppress(OSError):
        return path.with_name(path.name + "-wal").stat().st_size > 0
    return False


def _make_tables(database: SqliteDatabase) -> None:
    """Make the tables, unless they are there; two programs may try at once."""
    with database.write() as connection:
        if sa.inspect(connection).get_table_names():
            return
        make_tables_in(connection)


def make_tables_in(connection: sa.Connection) -> None:
    """The tables of a new database, whose id nobody else has."""
    schema.metadata.create_all(connection)
    stamp(connection, schema.SCHEMA_VERSION)
    facts = {"schema": str(schema.SCHEMA_VERSION), "id": str(uuid.uuid4())}
    rows = [{"name": name, "value": value} for name, value in facts.items()]
    connection.execute(schema.meta.insert(), rows)


def _check_content(database: SqliteDatabase, marker: dict[str, str], *, moving: bool) -> int:
    """See whether it is ours; says its schema's version."""
    path = database.path
    with database.read() as connection:
        if not sa.inspect(connection).has_table("meta"):
            raise StorageError(f"{path}: is not a database of this program")
        rows = connection.execute(sa.select(schema.meta.c.name, schema.meta.c.value))
        facts = {row.name: row.value for row in rows}
        if not moving:
            refuse_moved(path, facts)
        version = int(facts["schema"])
        if version > schema.SCHEMA_VERSION:
            raise StorageError(
                f"{path}: was written by a newer version of this program (schema {version},"
                f" this one knows {schema.SCHEMA_VERSION}); upgrade papers-digest"
            )
        _check_pages(connection, path)
    if marker.get("database", facts["id"]) != facts["id"]:
        raise StorageError(f"{path}: is not the database that state.json beside it names")
    if "database" not in marker:
        save_marker(path.parent, database=facts["id"])
    return version


def _check_pages(connection: sa.Connection, path: Path) -> None:
    if connection.dialect.name != "sqlite" or path.stat().st_size > _CHECKED_WHOLE:
        return
    verdict = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one()
    if verdict != "ok":
        words = " ".join(str(verdict).split())
        raise StorageError(f"{path}: is damaged ({words}); restore it from a backup")


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino
