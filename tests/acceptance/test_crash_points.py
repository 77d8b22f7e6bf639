"""A run that dies at any point of its work is taken up by the next one as if nothing had been."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from digest.storage.schema import SCHEMA_VERSION
from tests.support.counting import tally
from tests.support.crashing import BESIDE, KILLED, MOVES, POINTS
from tests.support.killing import addresses, killing_room
from tests.support.newsroom import Newsroom, counting_server, finish, mail_server
from tests.support.smtp_server import Rule, ScriptedServer

HERE = Path(__file__).parents[2]
FIRST = HERE / "tests" / "data" / "storage" / "schema-1.sql"
READERS = 12
#: Where a letter's 250 has come and is not on record yet: it is sent once more.
IN_DOUBT = {"record before", "record commit"}
BEFORE_THE_FREEZE = (
    "marker",
    "collect",
    "compose",
    "archive",
    "memory",
    "render",
    "secret",
    "freeze before",
    "freeze midway",
    "freeze commit",
)
AFTER_A_DEATH = ("recover", "give up", "upgrade")
A_DAY = [p for p in POINTS if p not in BESIDE | MOVES and not p.startswith(AFTER_A_DEATH)]


def _crash(room: Newsroom, point: str) -> None:
    """A run that ends at the point; the test fails if it gets past it."""
    words = (point, "run")
    process = room.start(*words, command="tests.support.crashing", cwd=HERE)
    assert finish(process).code == KILLED, f"the run got past {point}"


def _room(folder: Path, server: ScriptedServer) -> Newsroom:
    room = killing_room(folder, server, READERS, 1)
    readers = room.folder / "readers.csv"
    rows = [f"{line}," for line in readers.read_text().splitlines()[1:]]
    # One reader whose wishes nothing meets, so that the ledger has a skipped row too.
    room.write("readers.csv", "\n".join(["email,keywords", *rows, "odd@example.org,zzzz", ""]))
    return room


@pytest.mark.parametrize("point", A_DAY)
def test_a_crash_at_any_point_of_a_day_loses_nobody(tmp_path, point):
    """Exact afterwards; one letter comes twice only where its answer was not on record yet."""
    with counting_server() as server:
        room = _room(tmp_path, server)
        _crash(room, point)
        if point.startswith(BEFORE_THE_FREEZE):
            assert server.connects == []
            assert _states(room) == {}, "a frozen half is not rolled back"
        done = room.run("run")
        assert (done.code, done.out) == (0, "")
        found = tally(server.accepted, addresses(READERS))
        assert found.breaches(extra=1) == []
        assert found.extra == int(point in IN_DOUBT)
        everybody = dict.fromkeys(addresses(READERS), "sent") | {"odd@example.org": "skipped"}
        assert _states(room) == everybody


@pytest.mark.parametrize("point", [p for p in POINTS if p.startswith("recover")])
def test_a_crash_while_a_crash_is_taken_up_repeats_no_more(tmp_path, point):
    with counting_server() as server:
        room = _room(tmp_path, server)
        _crash(room, "record commit")
        for _ in range(2):
            _crash(room, point)
        assert room.run("run").code == 0
        found = tally(server.accepted, addresses(READERS))
        assert found.breaches(extra=1) == []
        assert found.extra == 1


@pytest.mark.parametrize("point", [p for p in POINTS if p.startswith("give up")])
def test_a_crash_while_old_letters_are_given_up_ends_each_once(tmp_path, point):
    """The letter that waits goes out no more; it is counted as rejected once."""
    room = Newsroom(tmp_path)
    room.write_readers([{"email": "ada@example.org"}, {"email": "ben@example.org"}])
    with mail_server(Rule("rcpt", "ada@", reply="451 4.7.1 greylisted, come back")) as server:
        room.mail_by(server.port)
        room.configure(delivery={"give_up_after": "5h"})
        assert room.run("run").code == 3
        room.later(hours=6)
        _crash(room, point)
        server.rules.clear()
        assert room.run("run").code in (0, 3)
        assert _states(room) == {"ada@example.org": "rejected", "ben@example.org": "sent"}
        assert [letter.recipient for letter in server.accepted] == ["ben@example.org"]


@pytest.mark.parametrize("point", [p for p in POINTS if p.startswith("upgrade")])
def test_a_crash_while_an_older_ledger_is_brought_up_to_date_loses_nothing(tmp_path, point):
    """What the first program sent stays sent; the upgrade is done whole, or again."""
    room = Newsroom(tmp_path)
    room.state.mkdir(mode=0o700)
    path = room.state / "digest.db"
    with sqlite3.connect(path) as connection:
        connection.executescript(FIRST.read_text("utf-8"))
    connection.close()
    before = _states(room)
    assert set(before.values()) == {"sent", "pending"}
    _crash(room, point)
    assert _version(path) == (1 if point != "upgrade after" else SCHEMA_VERSION)
    assert _states(room) == before
    room.run("status")
    assert _version(path) == SCHEMA_VERSION
    assert _states(room) == before


def _states(room: Newsroom) -> dict[str, str]:
    """The ledger as the next program will find it; empty before there is one."""
    connection = sqlite3.connect(room.state / "digest.db")
    tables = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'delivery'").fetchall()
    rows = connection.execute("SELECT address_key, state FROM delivery") if tables else ()
    found = dict(rows)
    connection.close()
    return found


def _version(path: Path) -> int:
    connection = sqlite3.connect(path)
    (version,) = connection.execute("SELECT value FROM meta WHERE name = 'schema'").fetchone()
    connection.close()
    return int(version)
