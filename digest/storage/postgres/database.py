"""Open the state database on a PostgreSQL server, or say in one line why that cannot be."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

from digest.errors import StorageError
from digest.storage import schema
from digest.storage.database import Database
from digest.storage.dialect import WRITES, Synchronous
from digest.storage.sql_errors import plain_errors
from digest.storage.state_marker import load_marker, save_marker

#: Connections that one program keeps; the ledger of a run has its own.
_POOL = 4
# One writer at a time, as SQLite has it: who looks first and writes then finds what he saw. Short
# writes that many make at once (the ledger's, leaving) do without, and lock their rows.
_TURN = "SELECT pg_advisory_xact_lock(hashtext('papers-digest'), hashtext(current_schema()))"


class PostgresDatabase(Database):
    """A state database on a server. `conninfo` is for connections besides the engine's."""

    def __init__(self, place: str, engine: sa.Engine, conninfo: str) -> None:
        super().__init__(place, engine)
        self.conninfo = conninfo
        self._engine = engine.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )

    @property
    def is_shared(self) -> bool:
        return True


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
    place = name_place(url)
    engine = _make_engine(url, busy_seconds, connect_timeout, synchronous)
    try:
        with plain_errors(place):
            database = PostgresDatabase(place, engine, url)
            marker = load_marker(state)
            _make_tables(database, marker, create=create)
            _check_content(database, marker, state)
    except BaseException:
        engine.dispose()
        raise
    return database


def name_place(url: str) -> str:
    """The address as a person may read it, without user and password."""
    parts = sa.make_url(url)
    host = parts.host or str(parts.query.get("host", "")) or "localhost"
    port = f":{parts.port}" if parts.port else ""
    return f"postgresql://{host}{port}/{parts.database or ''}"


def _make_engine(
    url: str, busy_seconds: float, connect_timeout: float, synchronous: Synchronous
) -> sa.Engine:
    engine = sa.create_engine(
        sa.make_url(url).set(drivername="postgresql+psycopg"),
        pool_size=_POOL,
        pool_pre_ping=True,
        connect_args={
            "connect_timeout": max(int(connect_timeout), 2),  # libpq rounds 1 up to 2
            "application_name": "papers-digest",
        },
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, record: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"SET lock_timeout = {int(busy_seconds * 1000)}")
            if synchronous == "normal":
                cursor.execute("SET synchronous_commit = off")
        connection.commit()

    @event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        if connection.get_execution_options().get(WRITES, False):
            connection.exec_driver_sql(_TURN)

    return engine


def _make_tables(database: PostgresDatabase, marker: dict[str, str], *, create: bool) -> None:
    """Make the tables, unless they are there; two programs may try at once."""
    with database.read() as connection:
        if sa.inspect(connection).has_table("meta"):
            return
    if "database" in marker:
        raise StorageError(
            f"{database.place}: is empty although there was a database before (state.json says so);"
            " restore it from a backup, or move what there is with `digest db copy`"
        )
    if not create:
        raise StorageError(f"{database.place}: holds no tables yet; `digest db upgrade` makes them")
    with database.write() as connection:
        if sa.inspect(connection).has_table("meta"):
            return
        schema.metadata.create_all(connection)
        facts = {"schema": str(schema.SCHEMA_VERSION), "id": str(uuid.uuid4())}
        rows = [{"name": name, "value": value} for name, value in facts.items()]
        connection.execute(schema.meta.insert(), rows)


def _check_content(database: PostgresDatabase, marker: dict[str, str], state: Path) -> None:
    with database.read() as connection:
        rows = connection.execute(sa.select(schema.meta.c.name, schema.meta.c.value))
        facts = {row.name: row.value for row in rows}
    version, known = int(facts["schema"]), schema.SCHEMA_VERSION
    if version > known:
        raise StorageError(
            f"{database.place}: was written by a newer version of this program (schema {version},"
            f" this one knows {known}); upgrade papers-digest"
        )
    if version < known:
        raise StorageError(
            f"{database.place}: has the tables of an older version (schema {version}, this program"
            f" needs {known}); stop the workers, then run `digest db upgrade`"
        )
    if marker.get("database", facts["id"]) != facts["id"]:
        raise StorageError(
            f"{database.place}: is not the database that state.json in {state} names"
        )
    if "database" not in marker:
        save_marker(state, database=facts["id"])
