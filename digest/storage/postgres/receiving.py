"""Takes a whole state in, in one transaction of the server's database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from digest.errors import StorageError
from digest.storage.copying import Sum, columns_of, copied_tables, lines_of, sum_up
from digest.storage.postgres.database import PostgresDatabase, make_in
from digest.storage.schema import SCHEMA_VERSION, meta, metadata

if TYPE_CHECKING:
    import psycopg

#: Called after each table with its name and its number of rows.
OnTable = Callable[[str, int], None]

_ELSE = "copy into an empty database"
# Indexes and keys are made of all rows at once, which takes a third of the time.
_CONSTRAINTS = """
    SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid), contype
    FROM pg_constraint
    WHERE contype IN ('p', 'u', 'f') AND conrelid::regclass::text = ANY (%s)
    ORDER BY contype = 'f', conname"""
_INDEXES = """
    SELECT quote_ident(indexname), indexdef FROM pg_indexes
    WHERE schemaname = current_schema() AND tablename = ANY (%s)"""
_SETTINGS = (
    "SET LOCAL synchronous_commit = on",
    "SET LOCAL maintenance_work_mem = '256MB'",
    "SET LOCAL bytea_output = 'hex'",
    "SET LOCAL extra_float_digits = 1",
)


def holds_state(database: PostgresDatabase, state_id: str) -> bool:
    """Whether the state of this id is in the database. A copy that is under way is waited for.

    Raises:
        StorageError: it holds another state, or tables of another version.
    """
    with database.write() as connection:
        return _holds(connection, database.place, state_id)


def _holds(connection: sa.Connection, place: str, state_id: str) -> bool:
    there = set(sa.inspect(connection).get_table_names())
    if meta.name not in there:
        return False
    rows = connection.execute(sa.select(meta.c.name, meta.c.value))
    facts: dict[str, str] = {row.name: row.value for row in rows}
    if facts.get("id") == state_id:
        return True
    if facts.get("schema") != str(SCHEMA_VERSION):
        raise StorageError(f"{place}: has tables of another version; {_ELSE}")
    for table in copied_tables():
        if connection.execute(sa.select(sa.literal(1)).select_from(table).limit(1)).first():
            raise StorageError(f"{place}: holds another state (see {table.name}); {_ELSE}")
    return False


def receive(
    database: PostgresDatabase, source: sa.Connection, place: str, on_table: OnTable
) -> dict[str, int] | None:
    """Copy all tables of a SQLite state; None: they were copied before.

    Nothing is there unless all is, and was read back equal. Another copy is waited for.

    Raises:
        StorageError: the target holds something else, a row does not fit, or what was read back
            is not what was sent; the target is as it was.
    """
    query = sa.select(meta.c.value).where(meta.c.name == "id")
    state_id = str(source.execute(query).scalar_one())
    with database.write() as connection:
        if _holds(connection, database.place, state_id):
            return None
        make_in(connection, database.place)
        server: psycopg.Connection[Any] = connection.connection.driver_connection  # type: ignore[assignment]
        for statement in _SETTINGS:
            server.execute(statement)
        with _without_indexes(server):
            counts = {
                table.name: _copy(server, source, table, place, on_table)
                for table in copied_tables()
            }
        _set_sequences(server)
        connection.execute(meta.update().where(meta.c.name == "id").values(value=state_id))
        server.execute("ANALYZE " + ", ".join(f'"{name}"' for name in metadata.tables))
    return counts


def _copy(
    server: psycopg.Connection[Any],
    source: sa.Connection,
    table: sa.Table,
    place: str,
    on_table: OnTable,
) -> int:
    name = f'"{table.name}" ({columns_of(table)})'
    with server.cursor().copy(f"COPY {name} FROM STDIN".encode()) as copy:

        def sent() -> Iterator[bytes]:
            for lines in lines_of(source, table, place):
                copy.write(b"".join(lines))
                yield from lines

        before = sum_up(sent())
    after = _read_back(server, name)
    if before != after:
        raise StorageError(
            f"table {table.name}: {before.rows} rows were sent and {after.rows} are there, or they"
            " differ; nothing was kept"
        )
    on_table(table.name, after.rows)
    return after.rows


def _read_back(server: psycopg.Connection[Any], name: str) -> Sum:
    """A server sends one row at a time; if one did not, the sums would differ, and that is all."""
    with server.cursor().copy(f"COPY {name} TO STDOUT".encode()) as copy:
        return sum_up(bytes(line) for line in copy)


@contextmanager
def _without_indexes(server: psycopg.Connection[Any]) -> Iterator[None]:
    """They are dropped, and made again as they were when the block ends."""
    tables = [[table.name for table in copied_tables()]]
    constraints = server.execute(_CONSTRAINTS.encode(), tables).fetchall()
    for table, name, _, _ in reversed(constraints):  # foreign keys before what they refer to
        server.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}".encode())
    indexes = server.execute(_INDEXES.encode(), tables).fetchall()
    for name, _ in indexes:
        server.execute(f"DROP INDEX {name}".encode())
    yield
    for table, name, definition, _ in constraints:
        server.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}".encode())
    for _, definition in indexes:
        server.execute(definition.encode())


def _set_sequences(server: psycopg.Connection[Any]) -> None:
    """The next number that a table gives itself is above all that there are."""
    for table in copied_tables():
        for column in table.primary_key.columns:
            owned = "SELECT pg_get_serial_sequence(%s, %s)"
            found = server.execute(owned, [table.name, column.name]).fetchone()
            if found and found[0]:
                highest = f'SELECT max("{column.name}") FROM "{table.name}"'  # noqa: S608
                server.execute(f"SELECT setval(%s, ({highest}))".encode(), [found[0]])
