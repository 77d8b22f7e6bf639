"""A state that cannot be used is one clear line, never a silent new beginning."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
import subprocess
import sys
import tempfile
import textwrap
import threading
from pathlib import Path

import pytest

from digest.errors import StorageBusy, StorageError
from digest.storage import census
from digest.storage.database import open_database
from digest.storage.ledger import EditionLedger
from tests.support.state import KEY, NOW, freeze_readers, held_database, new_database, reader


def _filled(folder: Path, readers: int = 3) -> Path:
    with new_database(folder) as database:
        freeze_readers(database, [reader(f"r{n}") for n in range(readers)])
    return folder / "digest.db"


def _refused(path: Path, words: str, *, create: bool = True) -> None:
    before = path.read_bytes() if path.exists() else None
    with pytest.raises(StorageError, match=words) as caught:
        open_database(path, create=create, busy_seconds=0.1)
    assert caught.value.message.startswith(str(path))
    assert "\n" not in caught.value.message
    assert (path.read_bytes() if path.exists() else None) == before


def test_only_the_owner_can_read_the_state(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "var"
    with new_database(folder) as database:
        freeze_readers(database, [reader("ann")])
        modes = {p.name: stat.S_IMODE(p.stat().st_mode) for p in folder.iterdir()}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert set(modes) >= {"digest.db", "digest.db-wal", "state.json"}
    assert set(modes.values()) == {0o600}


def test_commits_are_durable_before_they_return(tmp_path: Path) -> None:
    with new_database(tmp_path) as database, database.read() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert pragmas == {
        "journal_mode": "wal",
        "synchronous": 2,  # FULL
        "foreign_keys": 1,
        "busy_timeout": 30_000,
    }


def test_a_person_may_choose_not_to_wait_for_the_disk(tmp_path: Path) -> None:
    _filled(tmp_path)
    path = tmp_path / "digest.db"
    with (
        open_database(path, create=False, synchronous="normal") as database,
        database.read() as connection,
    ):
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 1  # NORMAL


def test_without_a_first_run_there_is_nothing_to_open(tmp_path: Path) -> None:
    _refused(tmp_path / "digest.db", "does not exist yet", create=False)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("create", [True, False])
def test_a_database_that_vanished_is_not_made_again(tmp_path: Path, create: bool) -> None:
    path = _filled(tmp_path)
    path.unlink()
    _refused(path, "existed before", create=create)


def test_a_database_that_was_emptied_is_not_made_again(tmp_path: Path) -> None:
    path = _filled(tmp_path)
    path.write_bytes(b"")
    _refused(path, "existed before")


def test_a_first_run_that_was_cut_off_is_done_again(tmp_path: Path) -> None:
    (tmp_path / "digest.db").touch()
    with new_database(tmp_path) as database:
        assert freeze_readers(database, [reader("ann")])


def test_programs_that_start_together_make_one_database(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from tests.support.state import new_database;"
        "new_database(Path(sys.argv[1])).close()"
    )
    runs = [
        subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], stderr=subprocess.PIPE)
        for _ in range(3)
    ]
    assert [run.communicate()[1] for run in runs] == [b"", b"", b""]
    with new_database(tmp_path) as database:
        assert freeze_readers(database, [reader("ann")])


def test_a_new_database_that_another_program_is_making_is_waited_for(tmp_path: Path) -> None:
    (tmp_path / "digest.db").touch()
    with held_database(tmp_path) as other:  # as while it switches the new file to a log
        release = threading.Timer(0.3, other.execute, ["ROLLBACK"])
        release.start()
        with new_database(tmp_path) as database:
            assert freeze_readers(database, [reader("ann")])
        release.join()


def test_a_new_database_that_stays_locked_is_said_in_time(tmp_path: Path) -> None:
    path = tmp_path / "digest.db"
    path.touch()
    with held_database(tmp_path), pytest.raises(StorageBusy, match="locked by another program"):
        open_database(path, create=True, busy_seconds=0.2)


def test_another_database_in_its_place_is_refused(tmp_path: Path) -> None:
    path = _filled(tmp_path / "a")
    shutil.copy(_filled(tmp_path / "b"), path)
    _refused(path, "not the database that state.json")


def test_a_damaged_marker_is_refused(tmp_path: Path) -> None:
    path = _filled(tmp_path)
    (tmp_path / "state.json").write_text("{")
    with pytest.raises(StorageError, match=r"state\.json: cannot be read"):
        open_database(path, create=True)


@pytest.mark.parametrize("text", [b"not a database at all, but some text" * 50, b"SQLite f"])
def test_what_is_no_database_is_refused(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "digest.db"
    path.write_bytes(text)
    _refused(path, "damaged or no database")


def test_a_foreign_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "digest.db"
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE other (x)")
    connection.close()
    _refused(path, "not a database of this program")


def test_a_truncated_database_is_refused(tmp_path: Path) -> None:
    path = _filled(tmp_path, 200)
    path.write_bytes(path.read_bytes()[:-8192])
    _refused(path, "its end is missing")


def test_flipped_bytes_are_noticed_before_anything_is_read(tmp_path: Path) -> None:
    path = _filled(tmp_path, 500)
    content = bytearray(path.read_bytes())
    for page in range(2, len(content) // 4096):
        content[page * 4096 : page * 4096 + 64] = bytes(255 - b for b in content[:64])
    path.write_bytes(content)
    _refused(path, "is damaged")


def test_a_newer_schema_is_refused_in_one_line(tmp_path: Path) -> None:
    path = _filled(tmp_path)
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE meta SET value = '99' WHERE name = 'schema'")
    connection.close()
    _refused(path, "newer version of this program .schema 99")


def test_a_database_removed_while_in_use_stops_the_run(tmp_path: Path) -> None:
    with new_database(tmp_path) as database:
        freeze_readers(database, [reader("ann")])
        (tmp_path / "digest.db").unlink()
        with pytest.raises(StorageError, match="removed or replaced"):
            EditionLedger(database, KEY).claim(1, NOW)


def test_a_lock_that_stays_is_told_after_the_wait(tmp_path: Path) -> None:
    path = _filled(tmp_path)
    with (
        held_database(tmp_path) as other,
        open_database(path, create=False, busy_seconds=0.2) as database,
    ):
        assert census.counts(database, KEY)["pending"] == 3  # readers need no lock
        with pytest.raises(StorageError, match="locked by another program"):
            EditionLedger(database, KEY).claim(1, NOW)
        other.execute("COMMIT")
        assert EditionLedger(database, KEY).claim(1, NOW)


def test_a_full_disk_stops_the_run_and_loses_nothing(tmp_path: Path) -> None:
    """A limit on the size of files stands in for the disk; the ledger is whole afterwards."""
    path = _filled(tmp_path, 3_000)
    program = textwrap.dedent(
        """
        import resource, signal, sys
        from pathlib import Path
        from digest.errors import StorageError
        from digest.storage.ledger import EditionLedger
        from tests.support.state import KEY, NOW, new_database

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        folder = Path(sys.argv[1])
        database = new_database(folder)
        resource.setrlimit(resource.RLIMIT_FSIZE, (120_000, resource.RLIM_INFINITY))
        ledger, done = EditionLedger(database, KEY), 0
        try:
            while claimed := ledger.claim(20, NOW):
                ledger.record(claimed, (), NOW)
                done += len(claimed)
                print(done, flush=True)
        except StorageError as error:
            print(error.message)
            sys.exit(error.exit_code)
        """
    )
    ended = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=False
    )
    *steps, last = ended.stdout.splitlines()
    assert (ended.returncode, ended.stderr) == (1, "")
    assert last.startswith(f"{path}: cannot be read or written")
    begun = int(steps[-1]) if steps else 0
    assert begun < 3_000
    with new_database(tmp_path) as database:
        counts = census.counts(database, KEY)
        assert counts["data"] == begun
        assert counts["claimed"] in (0, 20)
        assert sum(counts.values()) == 3_000


def test_a_read_only_state_is_told_before_anything_is_sent() -> None:
    """As another user (root may write everywhere): the file can be read, the claim is refused."""
    folder = Path(tempfile.mkdtemp(prefix="digest-read-only-"))
    try:
        path = _filled(folder)
        program = textwrap.dedent(
            """
            import sys
            from pathlib import Path
            import sqlalchemy.dialects.sqlite
            from digest.errors import StorageError
            from digest.storage.database import open_database
            from digest.storage.ledger import EditionLedger
            from tests.support.state import KEY, NOW
            import os

            if os.geteuid() == 0:
                os.setgroups([])
                os.setgid(65534)
                os.setuid(65534)
            try:
                with open_database(Path(sys.argv[1]), create=True) as database:
                    print(EditionLedger(database, KEY).claim(1, NOW))
            except StorageError as error:
                print(error.message)
                sys.exit(error.exit_code)
            """
        )
        path.chmod(0o444)
        (folder / "state.json").chmod(0o444)
        folder.chmod(0o555)
        ended = subprocess.run(
            [sys.executable, "-c", program, str(path)],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        )
        assert (ended.returncode, ended.stderr) == (1, "")
        assert ended.stdout.startswith(f"{path}: cannot be")
        assert len(ended.stdout.splitlines()) == 1
        folder.chmod(0o700)
        path.chmod(0o600)
        with open_database(path, create=False) as database:
            assert census.counts(database, KEY)["pending"] == 3
    finally:
        folder.chmod(0o700)
        shutil.rmtree(folder)
