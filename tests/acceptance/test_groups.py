"""`--to tag:NAME` mails a group and nobody else; the others keep their turn."""

from __future__ import annotations

import signal
from collections import Counter

import pytest

from tests.support.inside import inside
from tests.support.newsroom import (
    Newsroom,
    counting_server,
    finish,
    html_of,
    mail_server,
    paper,
    text_of,
)
from tests.support.smtp_server import Rule

#: Who has which tags; spelled as people do.
TAGS = {
    "ada": ["lab"],
    "ben": ["Lab ", "editors"],
    "cyd": ["EDITORS"],
    "dan": [],
    "eve": ["labour"],
}


def mail_of(*names: str) -> Counter[str]:
    return Counter(f"{name}@example.org" for name in names)


def room_of(folder, server, **readers) -> Newsroom:
    room = Newsroom(folder)
    tags = TAGS | readers
    room.write_readers([{"email": f"{n}@example.org", "tags": each} for n, each in tags.items()])
    room.mail_by(server.port)
    return room


def test_parts_of_an_edition_together_mail_everybody_once(tmp_path):
    """Group after group, then all: each letter once, of the edition as it was frozen first."""
    with mail_server() as server:
        room = room_of(tmp_path, server)
        first = inside(room, "run", "--to", "tag:LAB")
        assert (first.code, first.out) == (0, "")
        assert server.recipients == mail_of("ada", "ben")
        facts = room.status()
        assert (facts["planned_for"], facts["total"]) == (["tag:lab"], 2)

        # Neither new papers nor a list that changes moves what is planned.
        room.write_papers([paper(9, title="Too late for this edition")])
        room.write_readers(
            [{"email": f"{n}@example.org", "tags": each} for n, each in TAGS.items()]
            + [{"email": "fay@example.org", "tags": ["lab", "editors"]}]
        )
        assert inside(room, "send", "--to", "tag:lab").code == 0
        assert server.recipients == mail_of("ada", "ben")
        assert inside(room, "run", "--to", "tag:lab", "--to", "tag:editors").code == 0
        assert server.recipients == mail_of("ada", "ben", "cyd", "fay")

        room.later(hours=1)
        said = inside(room, "run", "--dry-run")
        assert "2 letters in 1 segment would go (2 now" in said.out
        assert "planned for tag:editors, tag:lab only" in said.out
        assert inside(room, "run").code == 0
        assert server.recipients == mail_of(*TAGS, "fay")
        facts = room.status()
        assert (facts["planned_for"], facts["sent"], facts["total"]) == (["everybody"], 6, 6)
        for _, letter in server.letters:
            assert "Numbered study 000" in text_of(letter)
            assert "Too late" not in text_of(letter)

        # Now that everybody was planned for, whoever comes waits for the next edition.
        room.write_readers([{"email": f"{n}@example.org"} for n in [*TAGS, "fay", "gil"]])
        assert inside(room, "run").code == 0
        assert server.recipients == mail_of(*TAGS, "fay")


def test_a_group_of_an_edition_for_everybody_is_mailed_alone(tmp_path):
    """Also those who were put off: a run for others leaves them, the next run for all does not."""
    put_off = Rule("rcpt", "ada@example.org", reply="450 4.2.1 later", times=1)
    with counting_server(put_off) as server:
        room = room_of(tmp_path, server, cyd=["editors"])
        room.write_readers(
            [
                {"email": f"{name}@example.org", "tags": tags, "send_at": "09:00"}
                for name, tags in TAGS.items()
            ]
        )
        assert inside(room, "run").code == 0  # planned for everybody, and nobody is due
        room.later(hours=3)
        assert inside(room, "run", "--to", "tag:lab").code == 3
        assert server.recipients == mail_of("ben")
        room.later(hours=2)
        assert inside(room, "run", "--to", "tag:editors").code == 0
        assert server.recipients == mail_of("ben", "cyd")
        assert inside(room, "send").code == 0
        assert server.recipients == mail_of(*TAGS)


def test_a_kill_between_two_parts_loses_and_repeats_nobody(tmp_path):
    """The first part is killed on the wire; then the others come, then the rest of the first."""
    dying = Rule("rcpt", skip=1, times=1, delay=0.3, signal=signal.SIGKILL)
    with counting_server(dying) as server:
        room = room_of(tmp_path, server)
        room.mail_by(server.port, connections=1)
        room.now = None
        process = room.start("run", "--to", "tag:lab")
        server.pid = process.pid
        process.communicate(timeout=60)
        assert process.returncode == -signal.SIGKILL
        assert server.recipients.total() == 1
        server.rules.clear()
        assert finish(room.start("run", "--to", "tag:editors")).code == 0
        assert server.recipients >= mail_of("ben", "cyd")
        assert inside(room, "run").code == 0
        assert server.recipients == mail_of(*TAGS)


def test_who_leaves_between_plan_and_delivery_gets_nothing(tmp_path):
    with counting_server() as server:
        room = room_of(tmp_path, server)
        room.write_readers(
            [
                {"email": f"{name}@example.org", "tags": ["lab"], "send_at": "09:00"}
                for name in ("ada", "ben")
            ]
        )
        assert inside(room, "run", "--to", "tag:lab").code == 0
        assert inside(room, "subscribers", "suppress", "ada@example.org").code == 0
        room.later(hours=3)
        assert inside(room, "run", "--to", "tag:lab").code == 0
        assert server.recipients == mail_of("ben")
        assert room.status()["suppressed"] == 1


def test_a_weekly_edition_is_planned_in_parts_as_well(tmp_path):
    with counting_server() as server:
        room = room_of(tmp_path, server)
        room.write_readers(
            [
                {"email": f"{name}@example.org", "tags": tags, "frequency": "weekly"}
                for name, tags in TAGS.items()
            ]
        )
        room.now = "2026-11-27T07:00:00+00:00"
        assert inside(room, "run", "--to", "tag:editors").code == 0
        assert server.recipients == mail_of("ben", "cyd")
        room.later(days=1)
        room.write_papers([])
        assert inside(room, "run").code in (0, 75)
        assert server.recipients == mail_of(*TAGS)


@pytest.mark.parametrize("words", [("run",), ("send",), ("run", "--dry-run")])
def test_a_group_that_nobody_is_in_is_told_with_the_nearest_first(tmp_path, words):
    """Also where the edition is planned for everybody already."""
    room = Newsroom(tmp_path)
    room.write_readers([{"email": f"{n}@example.org", "tags": t} for n, t in TAGS.items()])
    for _ in range(2):
        done = inside(room, *words, "--to", "tag:lba")
        line = "--to tag:lba: nobody on the lists has this tag; there are lab, labour, editors"
        assert (done.code, done.out, done.lines) == (2, "", [f"digest: {line}"])
        assert inside(room, "run").code == 0
    assert len(room.outbox()) == len(TAGS)


@pytest.mark.parametrize("to", ["lab", "tag: ", "ada@example.org", "", "tag:;"])
def test_what_names_no_group_is_told(tmp_path, to):
    done = inside(Newsroom(tmp_path), "run", "--to", to)
    line = f"--to {to!r} names no readers; write tag:NAME"
    assert (done.code, done.out, done.lines) == (2, "", [f"digest: {line}"])


BOARD = {
    "path": "board.csv",
    "keywords": ["matter 001"],
    "max_papers": 1,
    "tags": ["board"],
    "templates": "plain",
}


def test_a_list_gives_its_readers_what_they_did_not_choose(tmp_path):
    """Their own choice counts before the list's; the look is theirs from preview to letter."""
    with mail_server() as server:
        room = Newsroom(tmp_path)
        room.mail_by(server.port)
        room.write(
            "board.csv", "email,keywords,tags\nben@example.org,,\ncyd@example.org,matter 002,x\n"
        )
        room.configure(subscribers={"lists": [BOARD, "*.csv", "readers.yaml"]})
        listed = {
            each["email"]: each for each in inside(room, "subscribers", "list", "--json").json
        }
        assert listed["ben@example.org"]["keywords"] == ["matter 001"]
        assert listed["cyd@example.org"]["tags"] == ["x", "board"]
        assert listed["cyd@example.org"]["keywords"] == ["matter 002"]
        previews = {}
        for name in ("ada", "ben"):
            out = tmp_path / name
            words = ("preview", "--as", f"{name}@example.org", "--out", str(out))
            assert inside(room, *words).code == 0
            previews[name] = (out / "letter.html").read_text(encoding="utf-8")
        assert inside(room, "run", "--to", "tag:board").code == 0
        assert server.recipients == mail_of("ben", "cyd")
        # The template set is gone from the config: what is frozen stays as it is.
        room.configure(subscribers={"lists": ["board.csv", "readers.yaml"]})
        assert inside(room, "run").code == 0
        assert server.recipients == mail_of("ada", "ben", "cyd")
        out = tmp_path / "frozen"
        assert inside(room, "preview", "--as", "ben@example.org", "--out", str(out)).code == 0
        previews["frozen"] = (out / "letter.html").read_text(encoding="utf-8")
        letters = {to.partition("@")[0]: letter for to, letter in server.letters}
        assert _look(html_of(letters["ben"])) == _look(html_of(letters["cyd"])) == "plain"
        assert _look(html_of(letters["ada"])) == "daily"
        assert {name: _look(html) for name, html in previews.items()} == {
            "ada": "daily",
            "ben": "plain",
            "frozen": "plain",
        }
        assert "Numbered study 001" in text_of(letters["ben"])
        assert "Numbered study 000" not in text_of(letters["ben"])
        assert "Numbered study 002" in text_of(letters["cyd"])


def test_an_unknown_look_of_a_list_stops_before_anything_is_planned(tmp_path):
    room = Newsroom(tmp_path)
    look = {"path": "readers.yaml", "templates": "plian"}
    room.configure(subscribers={"lists": [look]})
    done = inside(room, "run")
    assert done.code == 2
    assert "subscribers.lists[0].templates" in done.err
    assert "did you mean plain?" in done.err
    assert room.status()["total"] == 0


def _look(html: str) -> str:
    """The template set of a letter, which shows in its typeface."""
    return "plain" if "ui-monospace" in html else "daily"
