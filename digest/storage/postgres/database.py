"""Open the state database on a PostgreSQL server, or say in one line why that cannot be."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from digest.errors import StorageError
from digest.storage import schema
from digest.storage.atomic import make_private_folder
from digest.storage.database import Database, make_tables_in
from digest.storage.dialect import WRITES, Synchronous
from digest.storage.postgres.connecting import connect, make_engine, name_place
from digest.storage.postgres.queue_schema import ensure_queue
from digest.storage.sql_errors import plain_errors
from digest.storage.state_marker import load_marker, save_marker
from digest.storage.upgrade import upgrade
from digest.storage.versions import Versions, read_versions

if TYPE_CHECKING:
    import psycopg


class PostgresDatabase(Database):
    """A state database on a server.

    `conninfo` and `synchronous` are for connections besides the engine's.
    """

    def __init__(
        self,
        place: str,
        engine: sa.Engine,
        conninfo: str,
        connect_timeout: float,
        synchronous: Synchronous,
    ) -> None:
        super().__init__(place, engine)
        self.conninfo = conninfo
        self.synchronous = synchronous
        self._connect_timeout = connect_timeout
        self._engine = engine.execution_options(isolation_level="REPEATABLE READ")
        # Whatever the server is set to: who had to wait for his turn sees what was written since.
        self._writer = engine.execution_options(**{WRITES: True}, isolation_level="READ COMMITTED")

    @property
    def is_shared(self) -> bool:
        return True

    def connect(self, name: str) -> psycopg.Connection[Any]:
        """A connection of one's own, each statement a transaction; the server shows it as `name`.

        Raises:
            StorageError: none can be had.
        """
        with plain_errors(self.place):
            timeout = self._connect_timeout
            return connect(self.conninfo, connect_timeout=timeout, name=name, autocommit=True)


def open_postgres(
    url: str,
    *,
    create: bool,
    state: Path,
    busy_seconds: float = 30.0,
    connect_timeout: float = 10.0,
    synchronous: Synchronous = "full",
) -> PostgresDatabase:
    """Open the database at `url` (a libpq URI); with `create`, make its tables on the first run.

    A database that existed before (`state.json` in the folder `state` says so) is never made
    again. `busy_seconds` is how long to wait for another program's transaction.

    Raises:
        ConfigError: the extra `cluster` is not installed.
        StorageError: not to be reached, refused, of another program's version.
    """
    with _opening(url, busy_seconds, connect_timeout, synchronous) as database:
        marker = load_marker(state)
        if not _is_made(database):
            _make_tables(database, marker, create=create)
        facts = _facts(database)
        version, known = int(facts["schema"]), schema.SCHEMA_VERSION
        if version < known:
            raise StorageError(
                f"{database.place}: has the tables of an older version (schema {version}, this"
                f" program needs {known}); stop the workers, then run `digest db upgrade`"
            )
        _recognise(database, facts, marker, state)
    return database


def open_unseen(
    url: str, *, busy_seconds: float = 30.0, connect_timeout: float = 10.0
) -> PostgresDatabase:
    """Open the database at `url`, whatever it holds.

    Raises:
        ConfigError, StorageError: it cannot be reached.
    """
    with _opening(url, busy_seconds, connect_timeout, "full") as database, database.read():
        return database


def upgrade_postgres(
    url: str, *, state: Path, busy_seconds: float = 30.0, connect_timeout: float = 10.0
) -> tuple[str, Versions]:
    """Make or upgrade the tables, and the queue's, in one transaction.

    Gives the database's place, and of which version its tables were before.

    Raises:
        ConfigError, StorageError: as `open_postgres`; nothing was changed.
    """
    with _opening(url, busy_seconds, connect_timeout, "full") as database:
        marker = load_marker(state)
        before = Versions()
        if _is_made(database):
            facts = _facts(database)
            _recognise(database, facts, marker, state)
            with database.write() as connection:
                before = read_versions(connection)
                upgrade(connection)
                ensure_queue(connection)
        else:
            _make_tables(database, marker, create=True)
            _recognise(database, _facts(database), marker, state)
    database.close()
    return database.place, before


def look_at_versions(
    url: str, *, state: Path, connect_timeout: float = 10.0
) -> tuple[str, Versions]:
    """The database's place, and of which version its tables are.

    Raises:
        ConfigError, StorageError: the database cannot be looked at, or is empty although the
            folder `state` remembers one.
    """
    with _opening(url, 30.0, connect_timeout, "full") as database:
        with database.read() as connection:
            found = read_versions(connection)
        if found.schema is None:
            _refuse_lost(database, load_marker(state))
    database.close()
    return database.place, found


def has_tables(url: str, *, state: Path, connect_timeout: float = 10.0) -> bool:
    """Whether there is a state, or was one by what the folder `state` remembers.

    Raises:
        ConfigError, StorageError: the database cannot be looked at.
    """
    if "database" in load_marker(state):
        return True
    with _opening(url, 30.0, connect_timeout, "full") as database:
        made = _is_made(database)
    database.close()
    return made


@contextmanager
def _opening(
    url: str, busy_seconds: float, connect_timeout: float, synchronous: Synchronous
) -> Iterator[PostgresDatabase]:
    """It stays open, unless the block fails."""
    place = name_place(url)
    engine = make_engine(
        url,
        busy_seconds=busy_seconds,
        connect_timeout=connect_timeout,
        synchronous=synchronous,
    )
    try:
        with plain_errors(place):
            yield PostgresDatabase(place, engine, url, connect_timeout, synchronous)
    except BaseException:
        engine.dispose()
        raise


def _is_made(database: PostgresDatabase) -> bool:
    with database.read() as connection:
        return sa.inspect(connection).has_table("meta")


def _make_tables(database: PostgresDatabase, marker: dict[str, str], *, create: bool) -> None:
    _refuse_lost(database, marker)
    if not create:
        raise StorageError(f"{database.place}: holds no tables yet; `digest db upgrade` makes them")
    with database.write() as connection:
        make_in(connection, database.place)


def _refuse_lost(database: PostgresDatabase, marker: dict[str, str]) -> None:
    """A database without tables must not be one that had some."""
    if "database" in marker:
        raise StorageError(
            f"{database.place}: is empty although there was a database before (state.json says so);"
            " restore it from a backup, or move what there is with `digest db copy`"
        )


def make_in(connection: sa.Connection, place: str) -> None:
    """Make the tables, and the queue's, within the caller's transaction, unless they are there.

    Raises:
        StorageError: it is another program's database, or does not keep all text.
    """
    there = set(sa.inspect(connection).get_table_names())
    if "meta" in there:  # another program was faster
        return
    if strange := sorted(there & set(schema.metadata.tables)):
        raise StorageError(
            f"{place}: holds another program's table {strange[0]}; give digest a"
            " database of its own"
        )
    encoding = connection.exec_driver_sql("SHOW server_encoding").scalar_one()
    if encoding != "UTF8":
        raise StorageError(
            f"{place}: keeps its text as {encoding}; make it with createdb -E UTF8 -T template0"
        )
    make_tables_in(connection)
    ensure_queue(connection)


def _facts(database: PostgresDatabase) -> dict[str, str]:
    """What `meta` says; its `schema` and `id` are there."""
    with database.read() as connection:
        columns = {each["name"] for each in sa.inspect(connection).get_columns("meta")}
        ours = columns >= {"name", "value"}
        query = sa.select(schema.meta.c.name, schema.meta.c.value)
        facts = {row.name: row.value for row in connection.execute(query)} if ours else {}
    if not {"schema", "id"} <= facts.keys():
        raise StorageError(
            f"{database.place}: is not a database of this program; give digest one of its own"
        )
    return facts


def _recognise(
    database: PostgresDatabase, facts: dict[str, str], marker: dict[str, str], state: Path
) -> None:
    """See that it is the one that was here before, and that this program may use it."""
    version, known = int(facts["schema"]), schema.SCHEMA_VERSION
    if version > known:
        raise StorageError(
            f"{database.place}: was written by a newer version of this program (schema {version},"
            f" this one knows {known}); upgrade papers-digest"
        )
    if marker.get("database", facts["id"]) != facts["id"]:
        raise StorageError(
            f"{database.place}: is not the database that state.json in {state} names"
        )
    if "database" not in marker:
        try:
            make_private_folder(state)
        except OSError as error:
            raise StorageError(f"{state}: cannot be made: {error.strerror}") from None
        save_marker(state, database=facts["id"], server=database.place)
