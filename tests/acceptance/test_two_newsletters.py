"""A second newsletter on the state of a first one is told so, and mails nobody of either."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from tests.support.inside import inside
from tests.support.newsroom import Newsroom
from tests.support.postgres import fresh_database

OTHER = {
    "name": "Other Papers",
    "from": "other@example.net",
    "site_url": "https://other.example.net",
}


def new_room(folder: Path, key: str, url: str | None = None) -> Newsroom:
    room = Newsroom(folder)
    room.environ["DIGEST_SECRET_KEY"] = f"the key of the newsletter {key}"
    if url:
        room.environ["DIGEST_DATABASE_URL"] = url
    return room


def test_whoever_names_the_database_of_another_newsletter_is_told_whose_it_is(tmp_path):
    """With a database of his own, or a schema, and the note of the wrong one gone, he is served."""
    with fresh_database() as url:
        first, second = (new_room(tmp_path / name, name, url) for name in ("one", "two"))
        second.configure(newsletter=OTHER)
        assert inside(second, "db", "upgrade").code == 0
        assert inside(first, "run", "--enqueue").code == 0
        own_key = second.environ["DIGEST_SECRET_KEY"]
        second.environ |= {"DIGEST_SECRET_KEY": first.environ["DIGEST_SECRET_KEY"]}
        assert inside(second, "run").code == 2
        second.environ |= {"DIGEST_SECRET_KEY": own_key}
        for words in (["run"], ["run", "--enqueue"], ["run", "--dry-run"], ["send"]):
            done = inside(second, *words)
            assert (done.code, done.out, len(done.lines)) == (2, "", 1)
            assert "Daily Papers (papers@example.org), 2026-11-23" in done.err
            assert f"remove state.json in {second.state}" in done.err
        assert second.outbox() == []

        with psycopg.connect(url) as connection:
            connection.execute("CREATE SCHEMA two")
        sign = "&" if "?" in url else "?"
        second.environ["DIGEST_DATABASE_URL"] = f"{url}{sign}options=-csearch_path%3Dtwo"
        (second.state / "state.json").unlink()
        for room in (second, first):
            assert inside(room, "run", "--enqueue").err == ""
            assert inside(room, "worker", "--once").err == ""
            assert room.status()["sent"] == len(room.outbox()) == 1


def test_a_state_folder_that_two_configs_name_is_the_first_ones(tmp_path):
    first, second = (new_room(tmp_path / name, name) for name in ("one", "two"))
    second.configure(newsletter=OTHER, state=str(first.state))
    assert inside(first, "run").code == 0
    done = inside(second, "run")
    assert (done.code, len(done.lines)) == (2, 1)
    assert "set another state folder" in done.err


@pytest.mark.parametrize(
    "change",
    [
        {"name": "Better Papers"},
        {"name": "daily  papers", "from": "better@example.net", "site_url": OTHER["site_url"]},
    ],
)
def test_a_newsletter_on_a_server_changes_its_name_or_its_addresses_and_goes_on(tmp_path, change):
    """Both at once is another one's look; one after the other is not."""
    with fresh_database() as url:
        room = new_room(tmp_path, "one", url)
        assert inside(room, "run").code == 0
        room.configure(newsletter=change)
        assert inside(room, "run").code == 0
        room.configure(newsletter=OTHER)
        assert inside(room, "run").code == 2


def test_who_tries_the_program_and_makes_it_her_own_then_keeps_her_folder(tmp_path):
    room = Newsroom(tmp_path)
    assert inside(room, "run").code == 0
    room.configure(newsletter=OTHER)
    assert inside(room, "run").code == 0
