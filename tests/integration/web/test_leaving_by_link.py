"""One POST ends a subscription (RFC 8058), durably, and nothing else does."""

from __future__ import annotations

import os
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from tests.support.reader_site import ONE_CLICK, reader_site
from tests.support.state import held_database

ADA = "ada@example.org"
MULTIPART = (
    b'--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--\r\n'
)
A_MOMENT = {"web": {"list": "web.csv", "patience": "0.3s"}}


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """A site on which nothing is changed by the tests that share it."""
    with reader_site(tmp_path_factory.mktemp("site")) as site:
        site.freeze("ada")
        yield site


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (ONE_CLICK, "application/x-www-form-urlencoded"),
        (ONE_CLICK, "application/x-www-form-urlencoded; charset=utf-8"),
        (f"{ONE_CLICK}\r\n", "application/x-www-form-urlencoded"),  # some end it with a line
        (MULTIPART, "multipart/form-data; boundary=b"),
    ],
)
def test_one_post_of_either_kind_is_durable_before_its_answer(tmp_path, body, kind):
    with reader_site(tmp_path) as site:
        site.freeze("ada")
        answer = site.ask("POST", site.unsubscribe(ADA), body, {"Content-Type": kind})
        assert answer.status == 200
        assert not {"location", "set-cookie"} & set(answer.headers)
        [(address, reader_id, how, _)] = before = site.suppressed()
        assert (address, reader_id, how) == (ADA, site.reader_id(ADA), "unsubscribe")
        site.later(hours=1)
        assert site.ask("POST", site.unsubscribe(ADA), ONE_CLICK).status == 200
        assert site.suppressed() == before, "the second is no second event"


@pytest.mark.both
def test_a_reader_whom_no_letter_reached_yet_leaves_too(tmp_path):
    """Her address is not known; her id is what bars her."""
    with reader_site(tmp_path) as site:
        assert site.ask("POST", site.unsubscribe("new@example.org"), ONE_CLICK).status == 200
        assert site.suppressed()[0][:2] == ("", site.reader_id("new@example.org"))


@pytest.mark.parametrize(
    ("method", "body", "kind", "status"),
    [
        ("GET", None, None, 200),
        ("HEAD", None, None, 200),
        ("OPTIONS", None, None, 405),
        ("PUT", ONE_CLICK, None, 405),
        ("DELETE", None, None, 405),
        ("PATCH", ONE_CLICK, None, 405),
        ("GET", ONE_CLICK, None, 200),
        ("POST", "", None, 400),
        ("POST", "List-Unsubscribe=", None, 400),
        ("POST", "List-Unsubscribe=Two-Click", None, 400),
        ("POST", "list-unsubscribe=one-click", None, 400),
        ("POST", f"x={ONE_CLICK}", None, 400),
        ("POST", ONE_CLICK, "text/plain", 400),
        ("POST", ONE_CLICK, "application/json", 400),
        ("POST", b"\xff" + ONE_CLICK.encode(), None, 400),
        ("POST", MULTIPART, "multipart/form-data", 400),
        ("POST", MULTIPART, "multipart/form-data; boundary=c", 400),
        (
            "POST",
            MULTIPART.replace(b"Click", b"\xff"),
            "multipart/form-data; boundary=b; charset=undefined",
            400,
        ),
        ("POST", MULTIPART[:-30], "multipart/form-data; boundary=b", 400),
    ],
)
def test_nothing_else_changes_anything(shared, method, body, kind, status):
    headers = {"Content-Type": kind} if kind else {}
    answer = shared.ask(method, shared.unsubscribe(ADA), body, headers)
    assert answer.status == status
    assert shared.suppressed() == []
    assert not {"location", "set-cookie"} & set(answer.headers)


def test_a_body_that_is_cut_off_is_no_request(shared):
    path = shared.unsubscribe(ADA)
    with shared.connect() as client:
        client.sendall(
            f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 60\r\n"
            f"Content-Type: application/x-www-form-urlencoded\r\n\r\n{ONE_CLICK}".encode()
        )
    assert shared.ask("GET", path).status == 200  # it comes after what was cut off
    assert shared.suppressed() == []


def test_the_page_has_one_button_and_no_address(shared):
    page = shared.ask("GET", shared.unsubscribe(ADA)).text
    main = page.partition("<main")[2].partition("</main>")[0]
    assert main.count("<button") == 1
    assert "ada@" not in page


def test_every_wrong_link_gets_one_and_the_same_answer(shared):
    good = shared.unsubscribe(ADA)
    wrong = [
        f"/u/{'A' * 22}.{'A' * 22}",  # well formed, of nobody
        good[:-1],
        good[:-1] + ("A" if good[-1] != "A" else "B"),
        good.replace("/u/", "/u/x"),
        shared.preferences(ADA).replace("/p/", "/u/"),  # of another purpose
        "/u/x",
        "/u/%00",
        "/u/" + "A" * 3000,
    ]
    for method, body in (("GET", None), ("POST", ONE_CLICK), ("POST", "")):
        answers = [shared.ask(method, path, body).telling for path in wrong]
        assert answers[0][0] == 404
        assert all(answer == answers[0] for answer in answers)
    assert shared.suppressed() == []


def test_what_cannot_be_written_is_not_confirmed(tmp_path):
    """A database that another program holds: 503 after some patience, 200 when it is free."""
    with reader_site(tmp_path, **A_MOMENT) as site:
        site.freeze("ada")
        with held_database(site.newsroom.state):
            answer = site.ask("POST", site.unsubscribe(ADA), ONE_CLICK)
            assert answer.status == 503
            assert answer.headers["retry-after"]
        assert site.suppressed() == []
        assert site.ask("POST", site.unsubscribe(ADA), ONE_CLICK).status == 200


def test_who_is_patient_gets_through_when_the_other_program_is_done(tmp_path):
    with reader_site(tmp_path) as site, ThreadPoolExecutor() as pool:
        site.freeze("ada")
        with held_database(site.newsroom.state):
            asked = pool.submit(site.ask, "POST", site.unsubscribe(ADA), ONE_CLICK)
            threading.Event().wait(0.3)
            assert not asked.done()
        assert asked.result().status == 200
        assert len(site.suppressed()) == 1


def test_a_database_that_was_lost_and_restored_serves_again(tmp_path):
    with reader_site(tmp_path) as site:
        site.freeze("ada")
        site.house.drop_database()  # so that all of it is in one file
        path = site.newsroom.state / "digest.db"
        os.rename(path, path.with_suffix(".away"))
        assert site.ask("POST", site.unsubscribe(ADA), ONE_CLICK).status == 503
        os.rename(path.with_suffix(".away"), path)
        assert site.ask("POST", site.unsubscribe(ADA), ONE_CLICK).status == 200
        assert len(site.suppressed()) == 1


def test_another_database_in_its_place_is_taken_up_by_all_pages_at_once(tmp_path):
    """As a backup is restored: the site was not told."""
    with reader_site(tmp_path) as site:
        site.freeze("ada")
        choices, state = site.preferences(ADA), site.newsroom.state
        assert site.ask("GET", choices).status == 200
        with closing(sqlite3.connect(state / "digest.db")) as now:
            now.execute("VACUUM INTO ?", [str(state / "backup")])
        for path in state.glob("digest.db*"):
            path.unlink()
        for path in (choices, "/search?q=owls"):
            answer = site.ask("GET", path)
            assert (answer.status, "<main" in answer.text) == (503, True)
        (state / "backup").rename(state / "digest.db")
        assert site.ask("GET", choices).status == 200
        assert site.ask("POST", site.unsubscribe(ADA), ONE_CLICK).status == 200
        assert len(site.suppressed()) == 1


def test_a_state_that_is_away_as_a_whole_is_not_made_anew(tmp_path):
    """Its disk was taken off: an empty ledger in its place would mail everybody again."""
    with reader_site(tmp_path) as site:
        site.freeze("ada")
        path, state = site.unsubscribe(ADA), site.newsroom.state
        state.rename(tmp_path / "away")
        for _ in range(3):
            assert site.ask("POST", path, ONE_CLICK).status == 503
            assert site.ask("GET", "/health").status == 503
        assert not state.exists()
        (tmp_path / "away").rename(state)
        assert site.ask("POST", path, ONE_CLICK).status == 200


@pytest.mark.both
def test_many_leave_at_once_and_none_is_lost(tmp_path):
    names = [f"reader{n}" for n in range(120)]
    with reader_site(tmp_path) as site, ThreadPoolExecutor(24) as pool:
        site.freeze(*names)
        paths = [site.unsubscribe(f"{name}@example.org") for name in names]
        answers = list(pool.map(lambda path: site.ask("POST", path, ONE_CLICK).status, paths * 2))
        assert answers == [200] * 240
        assert {row[0] for row in site.suppressed()} == {f"{name}@example.org" for name in names}
        assert len(site.suppressed()) == 120
