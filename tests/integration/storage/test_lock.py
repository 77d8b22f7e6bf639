"""One run at a time; a dead one holds nothing."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from digest.errors import LockHeld, StorageError
from digest.storage.lock import run_lock
from tests.support.state import NOW

HOLDER = textwrap.dedent(
    """
    import sys
    from pathlib import Path
    from digest.storage.lock import run_lock
    from tests.support.state import NOW

    with run_lock(Path(sys.argv[1]), command="digest run", now=NOW):
        print("held", flush=True)
        sys.stdin.read()
    """
)


def _hold(folder: Path) -> subprocess.Popen[str]:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    return holder


def test_the_second_is_told_who_where_and_since_when(tmp_path: Path) -> None:
    holder = _hold(tmp_path)
    with (
        pytest.raises(LockHeld) as caught,
        run_lock(tmp_path, command="digest send", now=NOW),
    ):
        raise AssertionError("both hold it")
    assert caught.value.exit_code == 75
    for fact in (f"pid {holder.pid} ", socket.gethostname(), NOW.isoformat(), "digest run"):
        assert fact in caught.value.message
    holder.communicate("")
    with run_lock(tmp_path, command="digest send", now=NOW):
        pass


def test_a_killed_holder_leaves_no_lock(tmp_path: Path) -> None:
    holder = _hold(tmp_path)
    holder.send_signal(signal.SIGKILL)
    holder.communicate()
    with run_lock(tmp_path, command="digest run", now=NOW):
        pass


def test_everybody_else_is_refused_at_once(tmp_path: Path) -> None:
    runs = [
        subprocess.Popen(
            [sys.executable, "-c", HOLDER, str(tmp_path)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    with run_lock(tmp_path, command="digest run", now=NOW):
        answers = [run.communicate() for run in runs]
    assert all("LockHeld" in error and not out for out, error in answers)


def test_a_failed_run_lets_go(tmp_path: Path) -> None:
    with (
        pytest.raises(ValueError, match="boom"),
        run_lock(tmp_path, command="digest run", now=NOW),
    ):
        raise ValueError("boom")
    with run_lock(tmp_path, command="digest run", now=NOW):
        pass


def test_a_state_folder_that_cannot_be_is_told(tmp_path: Path) -> None:
    (tmp_path / "var").write_text("a file")
    with (
        pytest.raises(StorageError, match="cannot be made"),
        run_lock(tmp_path / "var", command="digest run", now=NOW),
    ):
        raise AssertionError
