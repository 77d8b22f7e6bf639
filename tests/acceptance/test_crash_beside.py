"""Whatever works beside a run dies at any point; done once more, it is as if nothing had been."""

from __future__ import annotations

import re
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import urlencode

import pytest

from digest.mailing.token import PREFERENCES, UNSUBSCRIBE, ReaderNamer, sign_token
from digest.model import EmailAddress
from tests.support.crashing import BESIDE, KILLED
from tests.support.newsroom import KeepingServer, Newsroom, finish, mail_server
from tests.support.reader_site import FORM, ONE_CLICK, link_of
from tests.support.returned import complaint, status_report

HERE = Path(__file__).parents[2]
ADA, BEN, NEW = "ada@example.org", "ben@example.org", "new@example.org"
READERS = "# ours\n- email: ada@example.org  # first\n- email: ben@example.org\n  tags: [lab]\n"


def points(*names: str) -> list[str]:
    return [point for point in BESIDE if point.startswith(names)]


def by_page(names: str) -> list[object]:
    """Points of an edit, which commands are killed at as well: at length for pages, but for one."""
    kept = "list rename"
    return [p if p == kept else pytest.param(p, marks=pytest.mark.soak) for p in points(names)]


def crash(room: Newsroom, point: str, *words: str) -> None:
    process = room.start(point, *words, command="tests.support.crashing", cwd=HERE)
    assert finish(process).code == KILLED, f"got past {point}"


@contextmanager
def room_of(folder: Path) -> Iterator[tuple[Newsroom, KeepingServer]]:
    room = Newsroom(folder)
    room.write("readers.yaml", READERS)
    room.write("web.csv", "email,name\n")
    for name in ("new", "cur", "tmp"):
        (folder / "Maildir" / name).mkdir(parents=True)
    with mail_server() as server:
        room.mail_by(server.port)
        room.configure(
            newsletter={"bounces": "bounces@example.org"},
            web={"list": "web.csv"},
            bounces={"maildir": "Maildir"},
        )
        yield room, server


def left_behind(room: Newsroom) -> list[str]:
    """Files of a list that hold addresses and belong to nobody."""
    return [path.name for path in room.folder.glob(".*.tmp")]


# --- commands ---


@pytest.mark.parametrize("point", points("list"))
@pytest.mark.parametrize("file", ["readers.yaml", "web.csv"])
def test_a_crash_in_an_edit_leaves_the_old_list_or_the_new_one(tmp_path, point, file):
    """The next edit is not kept waiting, and leaves no half of the first behind."""
    room = Newsroom(tmp_path)
    room.write("readers.yaml", READERS)
    room.write("web.csv", "email,name\n")
    room.configure(web={"list": "web.csv"})
    path = str(room.folder / file)
    before = (room.folder / file).read_bytes()
    crash(room, point, "subscribers", "add", NEW, "--list", path)
    after = (room.folder / file).read_bytes()
    assert (after == before) is (point != "list replace after")
    done = room.run("subscribers", "add", "other@example.org", "--list", path)
    assert done.code == 0, done.err
    wanted = {ADA, BEN, "other@example.org"} | ({NEW} if after != before else set())
    listed = room.run("subscribers", "list", "--json").json
    assert {row["email"] for row in listed} == wanted
    assert (room.folder / file).read_bytes().startswith(before)
    assert left_behind(room) == []


@pytest.mark.parametrize("point", points("rotate"))
def test_a_crash_in_a_rotation_keeps_every_key(tmp_path, point):
    """Links of before go on working, and readers keep their ids."""
    with room_of(tmp_path) as (room, server):
        assert room.run("run").code == 0
        old = (room.state / "secret.key").read_text().split()
        crash(room, point, "keys", "rotate")
        keys = (room.state / "secret.key").read_text().split()
        assert keys[-1] == old[-1]
        assert len(keys) == (2 if point == "rotate after" else 1)
        assert room.run("keys", "rotate").code == 0
        assert room.run("run").code == 0
        assert server.recipients == Counter({ADA: 1, BEN: 1})


@pytest.mark.parametrize("point", points("looks", "extend"))
def test_a_crash_in_the_plan_of_the_others_mails_each_once(tmp_path, point):
    """A list has a look of its own, and the edition went to a group before."""
    with room_of(tmp_path) as (room, server):
        entries = ["readers.yaml", {"path": "board.csv", "templates": "plain"}]
        room.write("board.csv", "email\ncy@example.org\n")
        room.configure(subscribers={"lists": entries})
        assert room.run("run", "--to", "tag:lab").code == 0
        assert server.recipients == Counter({BEN: 1})
        crash(room, point, "run")
        assert room.run("run").code == 0
        assert server.recipients == Counter({ADA: 1, BEN: 1, "cy@example.org": 1})
        assert room.status()["planned_for"] == ["everybody"]


@pytest.mark.parametrize("point", points("book", "mark"))
def test_a_crash_in_the_reading_of_bounces_counts_each_mail_once(tmp_path, point):
    with room_of(tmp_path) as (room, server):
        assert room.run("run").code == 0
        paths = {taken.recipient: taken.sender for taken in server.accepted}
        mails = [
            status_report(paths[ADA], recipient=ADA),
            complaint(paths[BEN], rcpt=BEN),
        ]
        for number, mail in enumerate(mails):
            room.write(f"Maildir/new/{number}", mail)
        room.configure(bounces={"hard": 2})
        crash(room, point, "bounces")
        done = room.run("bounces", "--json")
        assert done.code == 0, done.err
        suppressed = room.run("subscribers", "suppressed", "--json").json
        assert [(row["address"], row["kind"]) for row in suppressed] == [(BEN, "complaint")]
        facts = room.status()
        assert (facts["bounced"], facts["complained"]) == (1, 1)
        assert list((room.folder / "Maildir" / "new").iterdir()) == []
        assert len(list((room.folder / "Maildir" / "cur").iterdir())) == 2


# --- the site ---


@contextmanager
def site(room: Newsroom, point: str = "") -> Iterator[int]:
    """The site; with a point it has to die of what is asked."""
    words = ("serve", "--port", "0")
    if point:
        process = room.start(point, *words, command="tests.support.crashing", cwd=HERE)
    else:
        process = room.start(*words)
    assert process.stderr is not None
    found = re.search(r":(\d+)/ ", process.stderr.readline())
    assert found
    try:
        yield int(found[1])
        if point:
            process.wait(30)
    finally:
        process.terminate()
        done = finish(process)
    assert done.code == (KILLED if point else 0)


def ask(port: int, path: str, body: str) -> int:
    """0: the site died of it."""
    with closing(HTTPConnection("127.0.0.1", port, timeout=60)) as client:
        try:
            client.request("POST", path, body, {"Content-Type": FORM})
            answer = client.getresponse()
            answer.read()
        except (OSError, HTTPException):
            return 0
        return answer.status


def path_of(room: Newsroom, who: str, purpose: str) -> str:
    keys = (room.state / "secret.key").read_bytes().split()
    reader = ReaderNamer(keys[-1], "papers@example.org").name(EmailAddress.parse(who))
    return f"/{purpose[0]}/{sign_token(keys, reader, purpose)}"


def twice(room: Newsroom, point: str, path: str, body: str) -> None:
    """Asked once, of which the site dies, and asked again."""
    with site(room, point) as port:
        assert ask(port, path, body) == 0, "nobody may be told 200 of what is not done"
    with site(room) as port:
        assert ask(port, path, body) == 200


def letters_of_the_day(server: KeepingServer) -> Counter[str]:
    return Counter(who for who, letter in server.letters if letter["List-Unsubscribe"])


@pytest.mark.parametrize("point", points("leave"))
def test_a_crash_while_a_reader_leaves_tells_her_nothing_untrue(tmp_path, point):
    with room_of(tmp_path) as (room, server):
        assert room.run("status").code == 0
        assert room.run("keys", "list").code == 0
        with site(room):
            pass
        twice(room, point, path_of(room, ADA, UNSUBSCRIBE), ONE_CLICK)
        assert room.run("run").code == 0
        assert server.recipients == Counter({BEN: 1})
        assert len(room.run("subscribers", "suppressed").out.splitlines()) == 1


@pytest.mark.parametrize("point", [*points("join", "return"), *by_page("list")])
def test_a_crash_while_a_reader_joins_leaves_her_link_good(tmp_path, point):
    """She stands on the list once, and gets the next edition once."""
    with room_of(tmp_path) as (room, server):
        with site(room) as port:
            assert ask(port, "/subscribe", urlencode({"email": NEW})) == 200
        [(_, letter)] = server.letters
        twice(room, point, link_of(letter), "confirm=yes")
        assert (room.folder / "web.csv").read_text().count(NEW) == 1
        assert left_behind(room) == []
        assert room.run("run").code == 0
        assert letters_of_the_day(server) == Counter({ADA: 1, BEN: 1, NEW: 1})


@pytest.mark.parametrize("point", [*points("pause"), *by_page("list")])
def test_a_crash_while_a_reader_pauses_holds_her_letters_after_the_second_click(tmp_path, point):
    with room_of(tmp_path) as (room, server):
        text = READERS.replace("  tags: [lab]\n", "  send_at: 18:00\n")
        room.write("readers.yaml", text)
        assert room.run("run").code == 0
        assert letters_of_the_day(server) == Counter({ADA: 1})
        twice(room, point, path_of(room, BEN, PREFERENCES), "frequency=paused")
        room.later(hours=12)
        assert room.run("run").code == 0
        assert letters_of_the_day(server) == Counter({ADA: 1})
        assert (room.folder / "readers.yaml").read_text().startswith(READERS[:50])


@pytest.mark.parametrize("point", [*points("forget"), *by_page("list")])
def test_a_crash_while_a_reader_is_deleted_is_finished_by_her_second_click(tmp_path, point):
    with room_of(tmp_path) as (room, _):
        assert room.run("run").code == 0
        link = path_of(room, BEN, PREFERENCES)
        twice(room, point, f"{link}/delete", "delete=yes")
        assert BEN not in (room.folder / "readers.yaml").read_text()
        assert left_behind(room) == []
        with closing(sqlite3.connect(room.state / "digest.db")) as ledger:
            told = "\n".join(ledger.iterdump())
        assert BEN not in told
        assert "deleted:" in told
