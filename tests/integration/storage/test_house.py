"""What is configured reaches the state; what signed a frozen edition signs it again."""

from __future__ import annotations

from pathlib import Path

import pytest

from digest.app.house import House
from digest.config import Config
from digest.storage.secret_key import fingerprint
from tests.support.state import NOW

OLD, NEW = "o" * 32, "n" * 32


def _house(folder: Path, keys: str, **delivery: object) -> House:
    config = Config.model_validate(
        {
            "newsletter": {"from": "Papers <papers@example.org>"},
            "sources": [{"kind": "huggingface"}],
            "delivery": delivery,
            "folder": folder,
        }
    )
    return House(config=config, clock=lambda: NOW, environ={"DIGEST_SECRET_KEY": keys})


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
