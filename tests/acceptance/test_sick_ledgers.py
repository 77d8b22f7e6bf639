"""A ledger that cannot be used or written stops the run; what went out by then is not forgotten."""

from __future__ import annotations

import os
import resource
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.counting import tally
from tests.support.killing import addresses
from tests.support.newsroom import Newsroom, counting_server, finish
from tests.support.state import held_database

HERE = Path(__file__).parents[2]
READERS = 2_000
CONNECTIONS = 8
#: What some hundreds of 2,000 letters write to the log.
ROOM_FOR_THE_LOG = 1_500_000


def frozen_room(folder: Path, port: int, readers: int) -> Newsroom:
    """An edition whose letters are planned for the evening, in the evening."""
    room = Newsroom(folder)
    rows = "".join(f"{address},18:00\n" for address in addresses(readers))
    room.write("readers.csv", "email,send_at\n" + rows)
    room.configure(subscribers={"lists": ["readers.csv"]})
    room.mail_by(port, connections=CONNECTIONS)
    assert room.run("run").code == 0
    room.later(hours=12)
    return room


def test_a_disk_that_fills_amid_a_run_stops_it_and_the_rest_goes_when_there_is_room(tmp_path):
    """A limit on the size of files stands for the disk: at most a letter a connection is in doubt.

    Nobody is lost and at most those letters come twice.
    """
    with counting_server() as server:
        room = frozen_room(tmp_path, server.port, READERS)
        size = (room.state / "digest.db").stat().st_size
        assert size < ROOM_FOR_THE_LOG, "the limit must strike the log, not the database"
        limit = (ROOM_FOR_THE_LOG, ROOM_FOR_THE_LOG)
        full = room.run("run", preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, limit))
        assert full.code == 1
        assert "the ledger could not be written, so sending stopped" in full.err
        sent = len(server.accepted)
        assert 100 < sent < READERS - 100, "the disk was not full amid the run"
        with closing(sqlite3.connect(room.state / "digest.db")) as ledger:
            assert ledger.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        facts = room.status()
        assert sent - CONNECTIONS <= facts["sent"] <= sent
        assert facts["in_flight"] + facts["unknown"] <= CONNECTIONS
        assert room.run("run").code == 0
        assert tally(server.accepted, addresses(READERS)).breaches(extra=CONNECTIONS) == []


def _flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    for page in range(2, len(content) // 4096):
        content[page * 4096 : page * 4096 + 64] = bytes(255 - b for b in content[:64])
    path.write_bytes(content)


def _newer(path: Path) -> None:
    with closing(sqlite3.connect(path)) as ledger, ledger:
        ledger.execute("UPDATE meta SET value = '99' WHERE name = 'schema'")


def _foreign(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as other, other:
        other.execute("PRAGMA journal_mode=WAL")
        other.execute("CREATE TABLE delivery (x)")


@pytest.fixture(scope="module")
def evening(tmp_path_factory) -> Iterator[Path]:
    """The state of a day whose letters wait for the evening."""
    with counting_server() as server:
        yield frozen_room(tmp_path_factory.mktemp("evening"), server.port, 100).folder


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (_flip, "is damaged"),
        (_newer, "was written by a newer version of this program (schema 99"),
        (_foreign, "not a database of this program"),
        (lambda path: path.unlink(), "existed before"),
        (lambda path: os.truncate(path, 8192), "its end is missing"),
    ],
)
@pytest.mark.parametrize("command", ["run", "send"])
def test_a_ledger_that_is_not_what_it_was_sends_nothing(tmp_path, evening, spoil, words, command):
    """No connection is opened, and no new ledger made in its place: that would mail everybody."""
    with counting_server() as server:
        shutil.copytree(evening, tmp_path / "room")
        room = Newsroom(tmp_path / "room", now="2026-11-23T19:00:00+00:00")
        room.configure(subscribers={"lists": ["readers.csv"]})
        room.mail_by(server.port)
        path = room.state / "digest.db"
        spoil(path)
        before = path.read_bytes() if path.exists() else None
        done = room.run(command)
        assert (done.code, done.out, len(done.lines)) == (1, "", 1)
        assert words in done.err
        assert server.connects == []
        assert (path.read_bytes() if path.exists() else None) == before


def test_a_ledger_that_another_program_holds_for_a_while_is_waited_for(tmp_path):
    with counting_server() as server:
        room = frozen_room(tmp_path, server.port, 20)
        with held_database(room.state):
            process = room.start("run")
            time.sleep(2.5)
            assert server.accepted == []
        assert finish(process).code == 0
        assert tally(server.accepted, addresses(20)).breaches() == []


def test_a_state_that_may_not_be_written_sends_nothing():
    """As another user where we are root, who may write everywhere."""
    folder = Path(tempfile.mkdtemp(prefix="digest-read-only-"))
    try:
        with counting_server() as server:
            room = frozen_room(folder / "room", server.port, 20)
            folder.chmod(0o755)
            for path in [room.folder, *room.folder.rglob("*")]:
                path.chmod(0o555 if path.is_dir() else 0o444)
            done = room.run("run", command="tests.support.unprivileged", cwd=HERE)
            assert (done.code, done.out, len(done.lines)) == (1, "", 1)
            assert "cannot be" in done.err
            assert str(room.state) in done.err
            assert server.connects == []
    finally:
        for path in [folder, *folder.rglob("*")]:
            path.chmod(0o700)
        shutil.rmtree(folder)
