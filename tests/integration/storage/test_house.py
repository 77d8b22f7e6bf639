"""What is configured reaches the state; what signed a frozen edition signs it again."""

from __future__ import annotations

from pathlib import Path

import pytest

from digest.app.house import House
from digest.config import Config
from digest.errors import ConfigError, StorageError
from digest.storage.secret_key import fingerprint
from tests.support.as_nobody import as_nobody, open_folder
from tests.support.postgres import fresh_database
from tests.support.state import NOW

OLD, NEW = "o" * 32, "n" * 32


def _house(
    folder: Path, keys: str, *, storage: object = None, url: str = "", **delivery: object
) -> House:
    config = Config.model_validate(
        {
            "newsletter": {"from": "Papers <papers@example.org>"},
            "sources": [{"kind": "huggingface"}],
            "delivery": delivery,
            "folder": folder,
            "storage": storage or {},
        }
    )
    environ = {"DIGEST_SECRET_KEY": keys, "DIGEST_DATABASE_URL": url}
    return House(config=config, clock=lambda: NOW, environ=environ)


@pytest.mark.parametrize(("word", "number"), [("full", 2), ("normal", 1)])
def test_the_configured_durability_is_the_databases(tmp_path: Path, word: str, number: int) -> None:
    house = _house(tmp_path, OLD, synchronous=word)
    with house.database.read() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == number
    house.close()


def test_the_key_of_the_freeze_signs_as_long_as_it_is_there(tmp_path: Path) -> None:
    """The oldest key stays last, because Message-IDs are made with it."""
    then = _house(tmp_path, OLD).key_fingerprint
    assert then == fingerprint(OLD.encode())
    keys = _house(tmp_path, f"{NEW},{OLD}").keys_for(then)
    assert (keys[0], keys[-1], set(keys)) == (
        OLD.encode(),
        OLD.encode(),
        {OLD.encode(), NEW.encode()},
    )
    assert _house(tmp_path, NEW).keys_for(then) == (NEW.encode(),)
    assert _house(tmp_path, f"{NEW},{OLD}").keys_for("") == (NEW.encode(), OLD.encode())


def test_a_machine_without_the_databases_address_starts_no_state_of_its_own(tmp_path: Path) -> None:
    """It would mail everybody again: the config says that there is a server."""
    house = _house(tmp_path, OLD, storage={"url_env": "DIGEST_DATABASE_URL"})
    with pytest.raises(ConfigError, match="variable DIGEST_DATABASE_URL where this runs"):
        _ = house.database
    assert list(tmp_path.iterdir()) == []


def test_a_state_that_this_user_may_not_look_at_is_not_taken_for_none() -> None:
    with open_folder() as folder:
        house = _house(folder, OLD)
        house.config.state_dir.mkdir(mode=0o000)
        with as_nobody(), pytest.raises(StorageError, match="run digest as its owner"):
            _ = house.has_state


def test_a_folder_whose_state_a_server_holds_tells_which(tmp_path: Path) -> None:
    with fresh_database() as url:
        house = _house(tmp_path, OLD, url=url)
        place = house.database.place
        house.close()
    with pytest.raises(StorageError) as caught:
        _ = _house(tmp_path, OLD).database
    assert f"the state is in {place}; set storage.url" in caught.value.message
    assert not (house.config.state_dir / "digest.db").exists()


@pytest.mark.parametrize("password", ["se@cret", "se/cret", "@", "/"])
def test_no_part_of_a_password_is_taken_for_a_host_and_told(tmp_path: Path, password: str) -> None:
    house = _house(tmp_path, OLD, url=f"postgresql://digest:{password}@db.example.org/papers")
    with pytest.raises(ConfigError, match="write them as %40 and %2F") as caught:
        _ = house.database
    assert "cret" not in caught.value.message
