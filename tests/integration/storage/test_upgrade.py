"""A database of an older program is brought up to date whole, or stays as it was."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from digest.errors import StorageError
from digest.storage import census, upgrade
from digest.storage.campaigns import load_campaign
from digest.storage.database import open_database
from digest.storage.ledger import EditionLedger
from digest.storage.schema import SCHEMA_VERSION, metadata
from tests.support.state import CHOICES, KEY, NOW

FIRST = Path(__file__).parents[2] / "data" / "storage" / "schema-1.sql"


def _first(folder: Path) -> Path:
    path = folder / "digest.db"
    with sqlite3.connect(path) as connection:
        connection.executescript(FIRST.read_text("utf-8"))
    connection.close()
    return path


def _facts(path: Path) -> tuple[str, list[str]]:
    with sqlite3.connect(path) as connection:
        version = connection.execute("SELECT value FROM meta WHERE name = 'schema'").fetchone()[0]
        columns = [row[1] for row in connection.execute("PRAGMA table_info(campaign)")]
    connection.close()
    return version, columns


def _indexes(path: Path) -> dict[str, str]:
    with sqlite3.connect(path) as connection:
        rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'index'")
        found = {name: " ".join(sql.split()) for name, sql in rows if sql}
    connection.close()
    return found


@pytest.mark.parametrize("create", [True, False])
def test_a_frozen_edition_of_the_first_schema_goes_on(tmp_path: Path, create: bool) -> None:
    path = _first(tmp_path)
    assert _facts(path)[0] == "1"
    for _ in range(2):
        with open_database(path, create=create) as database:
            campaign = load_campaign(database, KEY)
            assert campaign is not None
            assert (campaign.choices, campaign.frozen_at) == (CHOICES, NOW)
            assert (campaign.newsletter, campaign.key_fingerprint) == (None, "")
            counts = census.counts(database, KEY)
            assert (counts["sent"], counts["pending"]) == (1, 2)
    with open_database(path, create=create) as database:
        assert len(EditionLedger(database, KEY).claim(9, NOW)) == 2
    assert _facts(path) == (str(SCHEMA_VERSION), metadata.tables["campaign"].columns.keys())


def test_an_upgraded_database_has_the_indexes_of_a_new_one(tmp_path: Path) -> None:
    open_database(tmp_path / "new" / "digest.db", create=True).close()
    old = _first(tmp_path)
    assert _indexes(old) != _indexes(tmp_path / "new" / "digest.db")
    open_database(old, create=True).close()
    assert _indexes(old) == _indexes(tmp_path / "new" / "digest.db")


def test_an_upgrade_that_breaks_off_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _first(tmp_path)
    before = _facts(path)
    broken = {1: (upgrade._STEPS[1][0], "ALTER TABLE nowhere ADD COLUMN x TEXT")}
    with monkeypatch.context() as patch:
        patch.setattr(upgrade, "_STEPS", broken)
        with pytest.raises(StorageError, match="no such table"):
            open_database(path, create=True)
    assert _facts(path) == before
    open_database(path, create=True).close()
    assert _facts(path)[0] == str(SCHEMA_VERSION)
