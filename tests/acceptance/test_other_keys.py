"""Links in letters work on the pages: no machine signs with a key that the others do not have."""

from __future__ import annotations

import pytest

from tests.acceptance.test_two_newsletters import new_room
from tests.support.inside import inside
from tests.support.newsroom import Newsroom
from tests.support.postgres import fresh_database


@pytest.fixture
def planned(tmp_path):
    """A newsletter whose edition of the day waits for workers."""
    with fresh_database() as url:
        room = new_room(tmp_path / "planner", "one", url)
        assert inside(room, "run", "--enqueue").code == 0
        yield room


def _machine(room: Newsroom, name: str, key: str | None) -> Newsroom:
    """Another machine on the same database; with no `key` it has none in its environment."""
    other = new_room(room.folder.parent / name, key or "", room.environ["DIGEST_DATABASE_URL"])
    if key is None:
        del other.environ["DIGEST_SECRET_KEY"]
    return other


@pytest.mark.parametrize("key", [None, "two"])
def test_a_machine_without_the_key_plans_and_mails_nobody_and_makes_none(planned, key):
    other = _machine(planned, "other", key)
    for words in (["run"], ["run", "--enqueue"], ["send"], ["send", "--dry-run"]):
        done = inside(other, *words)
        assert (done.code, done.out, len(done.lines)) == (2, "", 1)
        assert "the letters of 2026-11-23 are signed with a key that is not here" in done.err
    told = inside(other, "doctor", "--offline")
    assert told.code == 1
    assert "signed with a key that is not here" in told.out
    assert not (other.state / "secret.key").exists()
    assert other.outbox() == []

    other.environ["DIGEST_SECRET_KEY"] = planned.environ["DIGEST_SECRET_KEY"]
    assert inside(other, "run").err == ""
    assert other.status()["sent"] == len(other.outbox()) == 1


def test_where_the_key_is_lost_the_one_that_is_here_is_adopted(planned):
    other = _machine(planned, "other", "two")
    refused = inside(other, "worker", "--once")
    assert "another signing key" in refused.err
    adopted = inside(other, "keys", "adopt")
    assert (adopted.code, adopted.err) == (0, "")
    assert adopted.out.startswith("edition 2026-11-23: ")
    assert inside(other, "keys", "adopt").out == ""
    assert inside(other, "worker", "--once").err == ""
    assert other.status()["sent"] == len(other.outbox()) == 1
    other.later(days=1)
    assert inside(other, "run", "--enqueue").code == 0


def test_a_state_that_moves_is_told_to_take_its_key_along(tmp_path):
    room = Newsroom(tmp_path)
    assert inside(room, "run").code == 0
    with fresh_database() as url:
        room.environ |= {"DIGEST_DATABASE_URL": url, "DIGEST_SECRET_KEY": "a key that is new here"}
        done = inside(room, "db", "copy")
        assert done.code == 0
        assert "to the content of its secret.key" in done.lines[-1]
        assert inside(room, "run").code == 2
        room.environ["DIGEST_SECRET_KEY"] = (room.state / "secret.key").read_text().strip()
        assert inside(room, "run").err == ""
