"""`digest db copy` moves a state to PostgreSQL whole or not at all; nobody is mailed twice."""

from __future__ import annotations

import random
import shutil
import signal
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from tests.support.counting import tally
from tests.support.crashing import KILLED, MOVES
from tests.support.inside import inside
from tests.support.moving import (
    BOUNCED,
    LEAVING,
    LEFT,
    LOST,
    WAITING,
    Lived,
    lived_in,
    of_file,
    of_server,
    twin,
)
from tests.support.newsroom import Newsroom, finish
from tests.support.postgres import fresh_database

HERE = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def first_day(tmp_path_factory) -> Iterator[Lived]:
    with lived_in(tmp_path_factory.mktemp("lived") / "room") as lived:
        yield lived


@pytest.fixture
def url() -> Iterator[str]:
    with fresh_database() as found:
        yield found


@pytest.fixture
def old(first_day, tmp_path) -> Newsroom:
    """The newsroom of the first day, with its state in the file."""
    return twin(first_day.room, tmp_path / "room")


@pytest.fixture
def new(old, url) -> Newsroom:
    """The same newsroom with the config that names the server's database."""
    return moved(old, url)


def moved(old: Newsroom, url: str) -> Newsroom:
    other = Newsroom.__new__(Newsroom)
    other.__dict__.update(old.__dict__, environ={"DIGEST_DATABASE_URL": url})
    return other


def refused(room: Newsroom, *words: str, code: int = 1) -> str:
    done = inside(room, *words)
    assert done.code == code, done.err
    return done.lines[-1].removeprefix("digest: ")


def go_on(new: Newsroom, first_day: Lived) -> None:
    """What is left of the day goes out by the new state, and nothing else."""
    server = first_day.server
    before = len(server.accepted)
    new.later(hours=14)
    assert inside(new, "run").code in (0, 3)
    found = tally(server.accepted[before:], WAITING)
    assert found.breaches() == []
    new.later(hours=-14)
    del server.accepted[before:]


def test_a_run_goes_on_where_the_file_stopped(first_day, old, new, url):
    """Same status, same rows; who left stays away, the next edition repeats no paper."""
    status = inside(old, "status", "--json").json
    assert {k: status[k] for k in ("deferred", "rejected", "unknown", "suppressed")} == {
        "deferred": 1, "rejected": 1, "unknown": 1, "suppressed": 0,
    }  # fmt: skip
    rows = of_file(old.state)
    assert all(rows[name] for name in ("bounce", "look", "list_memory", "seen_paper", "audience"))
    suppressed = inside(old, "subscribers", "suppressed", "--json").json
    planned = inside(new, "db", "copy", "--dry-run", "--json").json
    assert planned["rows"] == {name: len(found) for name, found in rows.items()}
    done = inside(new, "db", "copy", "--json")
    assert (done.code, done.json["rows"]) == (0, planned["rows"])
    assert of_server(url) == rows
    now = inside(new, "status", "--json").json
    assert {name: now[name] for name in status} == status
    assert inside(new, "subscribers", "suppressed", "--json").json == suppressed
    assert {each["address"] for each in suppressed} >= {LEFT, LEAVING, BOUNCED}
    go_on(new, first_day)
    (held,) = inside(new, "status", "--unknown", "--json").json["readers"]
    assert held["address"] == LOST
    assert inside(new, "subscribers", "suppress", "one.more@example.org").code == 0
    new.later(days=1)
    assert inside(new, "run").code == 0  # its papers were all mailed
    assert inside(new, "status", "--json").json["total"] == 0
    new.later(days=-1)


def test_who_has_the_old_config_is_told_and_mails_nobody(first_day, old, new):
    """Also who had the file open since before, as a page or a run that was about to begin."""
    before = len(first_day.server.accepted)
    with closing(sqlite3.connect(old.state / "digest.db")) as open_since:
        open_since.execute("SELECT * FROM meta").fetchall()
        assert inside(new, "db", "copy").code == 0
        for table in ("delivery", "suppression", "campaign"):
            with pytest.raises(sqlite3.IntegrityError, match="was handed over to postgresql://"):
                open_since.execute(f"DELETE FROM {table}")
    old.later(hours=14)
    for words in (("run",), ("send",), ("status",), ("subscribers", "suppress", "x@example.org")):
        line = refused(old, *words)
        assert "digest.db: was moved to postgresql:///test_" in line
        assert "on 2026-11-23; set storage.url in config.yaml" in line
    old.later(hours=-14)
    assert len(first_day.server.accepted) == before
    assert inside(new, "db", "copy").err.endswith("already, whole\n")
    assert "holds the state, whole" in refused(new, "db", "copy", "--abandon")


def test_before_the_copy_nobody_is_told_to_make_tables(new):
    """Tables made now would be those of another state."""
    for words in (("db", "current"), ("db", "upgrade"), ("status",), ("run",)):
        line = refused(new, *words)
        assert "is empty although there was a database before" in line
        assert "`digest db copy`" in line


def test_a_file_from_before_the_move_is_no_state_again(old, new, url):
    with closing(sqlite3.connect(old.state / "digest.db")) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    kept = (old.state / "digest.db").read_bytes()
    assert inside(new, "db", "copy").code == 0
    for name in ("digest.db-wal", "digest.db-shm"):
        (old.state / name).unlink(missing_ok=True)
    (old.state / "digest.db").write_bytes(kept)
    assert "was moved to" in refused(old, "run")
    assert inside(new, "db", "copy").code == 0
    with psycopg.connect(url) as server:
        server.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    assert "which holds it no more; restore" in refused(new, "db", "copy")


def test_numbers_go_on_behind_those_that_were_copied(new, url):
    assert inside(new, "db", "copy").code == 0
    with psycopg.connect(url) as server:
        (highest,) = server.execute("SELECT max(id) FROM suppression").fetchone() or (0,)
        (given,) = server.execute(
            "INSERT INTO suppression (address_key, address, reason, source, at)"
            " VALUES ('x', 'x', '', '', 0) RETURNING id"
        ).fetchone() or (0,)
        assert given == highest + 1
        indexes = "SELECT count(*) FROM pg_indexes WHERE tablename = 'delivery'"
        assert server.execute(indexes).fetchone() == (6,)
        keys = "SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND convalidated"
        assert (server.execute(keys).fetchone() or (0,))[0] >= 5


def test_a_database_that_holds_anything_else_is_refused(old, new, url):
    """And then the file is still the state."""
    other = Newsroom(old.folder.parent / "other")
    other.environ["DIGEST_DATABASE_URL"] = url
    assert inside(other, "run").code == 0
    assert "holds another state" in refused(new, "db", "copy")
    assert inside(old, "status").code == 0


def test_tables_that_are_made_and_empty_are_filled(old, new, url):
    empty = Newsroom(old.folder.parent / "empty")
    empty.environ["DIGEST_DATABASE_URL"] = url
    assert inside(empty, "db", "upgrade").code == 0
    rows = of_file(old.state)
    assert inside(new, "db", "copy").code == 0
    assert of_server(url) == rows


def test_a_row_that_does_not_fit_is_named_and_the_file_stays_the_state(old, new, url):
    with closing(sqlite3.connect(old.state / "digest.db")) as database, database:
        database.execute("UPDATE delivery SET words = 'a' || char(0) WHERE address = ?", [LOST])
    line = refused(new, "db", "copy")
    assert line.endswith(
        f"digest.db: table delivery, row '2026-11-23 {LOST}': words holds a NUL character, which"
        " PostgreSQL cannot keep; take it out, then copy again"
    )
    with psycopg.connect(url) as server:
        there = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
        assert server.execute(there).fetchone() == (0,)
    assert inside(old, "subscribers", "suppress", "x@example.org").code == 0


def test_it_is_refused_while_a_run_is_at_work(old, new):
    from datetime import UTC, datetime

    from digest.storage.lock import run_lock

    with run_lock(old.state, command="digest run", now=datetime.now(UTC)):
        assert "another run is at work" in refused(new, "db", "copy", code=75)
    assert "names no PostgreSQL database" in refused(old, "db", "copy", code=2)
    assert "no copy of it was begun" in refused(new, "db", "copy", "--abandon", code=2)


#: The others are tried at length.
_FEW = ("move fenced after", "move midway", "move to be committed", "move committed")


def kills(*left_out: str, few: tuple[str, ...] = _FEW) -> list[object]:
    """The points at which a copy is killed."""
    return [
        each if each in few else pytest.param(each, marks=pytest.mark.soak)
        for each in MOVES
        if each not in left_out
    ]


@pytest.mark.parametrize("point", kills())
def test_a_copy_that_is_killed_is_finished_by_the_next(first_day, old, new, url, point):
    """In between, the old config mails nobody twice: either the state is there still, or shut."""
    process = new.start(point, "db", "copy", command="tests.support.crashing", cwd=HERE)
    assert finish(process).code == KILLED, f"got past {point}"
    shut = point != "move told before"
    if shut:
        old.later(hours=14)
        assert "`digest db copy`" in refused(old, "run") or "was moved to" in refused(old, "run")
        old.later(hours=-14)
    rows = of_file(old.state)
    assert inside(new, "db", "copy").code == 0
    assert of_server(url) == rows
    go_on(new, first_day)


@pytest.mark.parametrize("point", kills("move told before", few=_FEW[-2:]))
def test_a_copy_that_is_killed_can_be_taken_back_until_it_is_whole(first_day, old, new, point):
    process = new.start(point, "db", "copy", command="tests.support.crashing", cwd=HERE)
    assert finish(process).code == KILLED
    done = inside(new, "db", "copy", "--abandon")
    whole = ("move committed", "move ended before", "move ended after", "move marked")
    assert done.code == int(point in whole), done.err
    if done.code == 0:
        assert done.err.endswith("digest.db: is the state again\n")
        go_on(old, first_day)


@pytest.mark.soak
def test_many_kills_at_any_moment_lose_and_repeat_nothing(first_day, old, tmp_path):
    """SIGKILL a while after the start, 40 times, each on a fresh pair."""
    chance = random.Random(11)
    for turn in range(40):
        with fresh_database() as url:
            folder = tmp_path / f"turn{turn}"
            shutil.copytree(old.folder, folder)
            room = Newsroom.__new__(Newsroom)
            room.__dict__.update(old.__dict__, folder=folder)
            new = moved(room, url)
            rows = of_file(folder / "var")
            for _ in range(3):
                process = new.start("db", "copy")
                time.sleep(chance.uniform(0.3, 1.6))
                process.send_signal(signal.SIGKILL)
                process.wait()
            assert inside(new, "db", "copy").code == 0
            assert of_server(url) == rows
            go_on(new, first_day)
