"""A database of an older program is brought up to date whole, or stays as it was."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from digest.errors import StorageError
from digest.storage import census
from digest.storage.campaigns import load_campaign
from digest.storage.database import Database, open_database
from digest.storage.dialect import WRITES, make_sqlite_engine
from digest.storage.postgres.connecting import make_engine
from digest.storage.postgres.database import open_postgres, upgrade_postgres
from digest.storage.schema import SCHEMA_VERSION, metadata
from digest.storage.upgrade import migrate, revision, revision_of, revisions, upgrade
from tests.support.postgres import fresh_database
from tests.support.state import CHOICES, KEY, NOW

pytestmark = pytest.mark.both

FIRST = Path(__file__).parents[2] / "data" / "storage" / "schema-1.sql"


class Home:
    """Where a state is kept: the file of a folder, or a database on a server."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder, self.url = folder, url
        self.path = folder / "digest.db"
        if url:
            engine = make_engine(url, busy_seconds=5, connect_timeout=5, synchronous="full")
        else:
            engine = make_sqlite_engine(self.path, busy_seconds=5)
        self.engine = engine.execution_options(**{WRITES: True})

    def make_first(self) -> None:
        """As the program of the first schema left it; Alembic was not asked then."""
        if not self.url:
            with sqlite3.connect(self.path) as file:
                file.executescript(FIRST.read_text("utf-8"))
            file.close()
            return
        with self.engine.begin() as connection:
            migrate(connection, revision_of(1))
            revisions.drop(connection)
            for line in re.findall(r"INSERT INTO .*;", FIRST.read_text("utf-8")):
                connection.exec_driver_sql(re.sub(r"X'(\w+)'", r"'\\x\1'", line))

    def open(self, *, create: bool = True) -> Database:
        if self.url:
            return open_postgres(self.url, create=create, state=self.folder)
        return open_database(self.path, create=create)

    def shape(self) -> Any:
        """Its tables, columns and indexes, as the database itself tells them."""
        with self.engine.connect() as connection:
            return [
                sorted(tuple(" ".join(str(value).split()) for value in row) for row in rows)
                for rows in map(connection.exec_driver_sql, _SHAPE[connection.dialect.name])
            ]

    def version(self) -> tuple[str, str | None]:
        with self.engine.connect() as connection:
            query = sa.text("SELECT value FROM meta WHERE name = 'schema'")
            return connection.execute(query).scalar_one(), revision(connection)


_COLUMNS = """
    SELECT m.name, c.name, c.type, c."notnull", c.dflt_value, c.pk
    FROM sqlite_master AS m, pragma_table_info(m.name) AS c WHERE m.type = 'table'
"""
_POSTGRES_COLUMNS = """
    SELECT table_name, column_name, data_type, collation_name, is_nullable, column_default,
      generation_expression
    FROM information_schema.columns WHERE table_schema = 'public'
"""
_SHAPE = {
    "sqlite": [
        "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL",
        _COLUMNS,
    ],
    "postgresql": [
        "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
        _POSTGRES_COLUMNS,
        "SELECT relname, reloptions::text FROM pg_class WHERE reloptions IS NOT NULL",
        "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint",
    ],
}


@pytest.fixture
def home(tmp_path: Path, kept_in: str) -> Iterator[Home]:
    if kept_in == "sqlite":
        yield Home(tmp_path, "")
        return
    with fresh_database() as url:
        yield Home(tmp_path, url)


@pytest.mark.parametrize("create", [True, False])
def test_a_frozen_edition_of_the_first_schema_goes_on(home: Home, create: bool) -> None:
    """A file by itself; a server's database, which many may use, when a person says so."""
    home.make_first()
    assert home.version() == ("1", None)
    if home.url:
        with pytest.raises(StorageError, match="stop the workers, then run `digest db upgrade`"):
            home.open(create=create)
        assert home.version() == ("1", None)
        assert upgrade_postgres(home.url, state=home.folder)[1].schema == 1
        assert upgrade_postgres(home.url, state=home.folder)[1].schema == SCHEMA_VERSION
    for _ in range(2):
        with home.open(create=create) as database:
            campaign = load_campaign(database, KEY)
            assert campaign is not None
            assert (campaign.choices, campaign.frozen_at) == (CHOICES, NOW)
            assert (campaign.newsletter, campaign.key_fingerprint) == (None, "")
            counts = census.counts(database, KEY)
            assert (counts["sent"], counts["pending"]) == (1, 2)
    assert home.version() == (str(SCHEMA_VERSION), revision_of(SCHEMA_VERSION))


def test_the_steps_lead_to_the_tables_of_a_new_database(home: Home, tmp_path: Path) -> None:
    with home.engine.begin() as connection:
        migrate(connection, revision_of(SCHEMA_VERSION))
        on_server = bool(home.url)
        elsewhere = ("delivery_begun", "delivery_ended") if on_server else ("delivery_over",)
        told = {
            "compare_type": True,
            "compare_server_default": True,
            "include_object": lambda _, name, *__: name not in elsewhere,
        }
        context = MigrationContext.configure(connection, opts=told)
        assert compare_metadata(context, metadata) == []
    migrated = home.shape()
    with home.engine.begin() as connection:
        metadata.drop_all(connection)
        metadata.create_all(connection)
    assert home.shape() == migrated


def test_a_new_database_says_of_which_version_it_is(home: Home) -> None:
    home.open().close()
    assert home.version() == (str(SCHEMA_VERSION), revision_of(SCHEMA_VERSION))


def test_an_upgrade_that_breaks_off_changes_nothing(home: Home) -> None:
    home.make_first()
    with home.engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE look (x INTEGER)")  # the fourth step's
    before = home.shape()
    asked = partial(upgrade_postgres, home.url, state=home.folder) if home.url else home.open
    with pytest.raises(StorageError, match="already exists"):
        asked()
    assert (home.shape(), home.version()) == (before, ("1", None))
    with home.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE look")
        upgrade(connection)
    assert home.version() == (str(SCHEMA_VERSION), revision_of(SCHEMA_VERSION))
