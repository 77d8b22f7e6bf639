"""What this user may not do is told with folder, name and remedy, and without an error's number."""

from __future__ import annotations

import os
import pwd
from collections.abc import Callable
from pathlib import Path

import pytest

from digest.errors import StorageError
from digest.storage.database import NAME, open_database
from digest.storage.lock import run_lock
from digest.storage.permission import prove_makeable
from digest.storage.state_marker import load_marker, save_marker
from tests.support.as_nobody import as_nobody, open_folder
from tests.support.state import NOW


def _lock(folder: Path) -> None:
    with run_lock(folder, command="digest run", now=NOW):
        pass


def _told(look: Callable[[], object], blamed: Path) -> str:
    """What is said, once it names this user and the file or folder at fault."""
    with as_nobody():
        name = pwd.getpwuid(os.geteuid()).pw_name
        with pytest.raises(StorageError) as caught:
            look()
    (line,) = caught.value.lines()
    assert f"user {name} may not use {blamed}; run digest as its owner, or chown" in line
    assert "Errno" not in line
    return line


@pytest.mark.parametrize("look", [prove_makeable, _lock, save_marker])
def test_a_state_folder_in_a_folder_of_somebody_else_is_blamed_on_that(
    look: Callable[[Path], object],
) -> None:
    with open_folder() as folder:
        folder.chmod(0o555)
        line = _told(lambda: look(folder / "deep" / "var"), folder)
        assert line.startswith(str(folder / "deep" / "var"))
        assert list(folder.iterdir()) == []


@pytest.mark.parametrize("mode", [0o555, 0o000])
def test_a_state_folder_of_somebody_else_is_blamed_itself(mode: int) -> None:
    with open_folder() as folder:
        folder.chmod(mode)
        assert "cannot be written" in _told(lambda: prove_makeable(folder), folder)


def test_a_marker_and_a_database_of_somebody_else_are_blamed_themselves() -> None:
    with open_folder() as folder:
        save_marker(folder, database=NAME)
        (folder / NAME).write_bytes(b"x")
        (folder / NAME).chmod(0)
        (folder / "state.json").chmod(0)
        _told(lambda: load_marker(folder), folder / "state.json")
        (folder / "state.json").chmod(0o644)
        _told(lambda: open_database(folder / NAME, create=False), folder / NAME)


def test_a_folder_that_this_user_may_use_is_fine_and_is_not_made(tmp_path: Path) -> None:
    prove_makeable(tmp_path / "deep" / "var")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "var").write_text("a file")
    with pytest.raises(StorageError, match="var is a file"):
        prove_makeable(tmp_path / "var")
