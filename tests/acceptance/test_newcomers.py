"""The first hour: init, lists, doctor."""

from __future__ import annotations

import json

import pytest

from digest.cli.commands import init
from digest.config import load_config
from tests.support.newsroom import Newsroom, mail_server
from tests.support.smtp_server import Options
from tests.support.web import Answer, refused_port, web_site


def _listed(asked):
    day = asked.query["date"][0]
    paper = {
        "id": "2611.00001",
        "title": "A listed paper",
        "summary": "It is listed.",
        "submittedOnDailyAt": f"{day}T00:00:00Z",
        "upvotes": 3,
    }
    items = [{"paper": paper}] if asked.query["p"] == ["0"] else []
    return Answer(body=json.dumps(items).encode(), content_type="application/json")


@pytest.fixture
def web():
    with web_site() as site:
        site.serve("/hf", _listed)
        yield site


def test_init_makes_a_newsletter_that_runs(tmp_path, web):
    room = Newsroom(tmp_path / "unused")
    home = tmp_path / "home"
    room.environ["DIGEST_CONFIG"] = str(home / "config.yaml")
    name = 'Papers: "étude" & {co}'
    made = room.run("init", str(home), "--name", name, "--timezone", "Europe/Paris")
    assert made.code == 0, made.err
    written = (home / "config.yaml").read_text()
    again = room.run("init", str(home))
    assert again.code == 2
    assert "nothing was written" in again.err
    assert (home / "config.yaml").read_text() == written
    # The real sources are on the network; the same file with a mirror's addresses.
    mirrored = written.replace("kind: huggingface", f'kind: huggingface, url: "{web.url("/hf")}"')
    lines = [line for line in mirrored.splitlines() if "kind: arxiv" not in line]
    (home / "config.yaml").write_text("\n".join(lines) + "\n")
    assert room.run("run").code == 0
    assert len(list((home / "var/outbox/new").iterdir())) == 1
    assert room.run("subscribers", "check").code == 0
    assert room.run("doctor").code == 0


@pytest.mark.parametrize(
    "words", [("--timezone", "Paris"), ("--from", "nobody"), ("--name", "two\nlines")]
)
def test_init_with_a_wrong_word_names_it_and_writes_nothing(tmp_path, words):
    room = Newsroom(tmp_path / "unused")
    done = room.run("init", str(tmp_path / "home"), *words)
    assert done.code == 2, done.err
    (line,) = done.err.splitlines()
    assert words[0] in line
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize(
    "name", ["Papers, weekly", "a <b@example.net>", '"', "(a)", "a@b", ":;", "1e3", "", "'", "\\"]
)
def test_init_takes_any_name_of_one_line(tmp_path, name):
    assert init.command.main([str(tmp_path), "--name", name], standalone_mode=False) == 0
    newsletter = load_config(tmp_path / "config.yaml").newsletter
    assert newsletter.name == name
    assert str(newsletter.sender) == "papers@example.org"


def test_a_doctor_finds_nothing_wrong_with_a_sound_newsletter(tmp_path):
    room = Newsroom(tmp_path)
    with mail_server(options=Options(users={"papers": "secret"})) as server:
        room.mail_by(server.port, username="papers")
        room.environ["DIGEST_SMTP_PASSWORD"] = "secret"
        done = room.run("doctor")
        assert (done.code, done.err) == (0, "")
        assert server.accepted == []
    assert not any(line.startswith("FAIL") for line in done.out.splitlines())
    assert "takes our login" in done.out


@pytest.mark.parametrize(
    ("about", "words"),
    [
        ("templates", "templates/mine/letter.txt.j2:1"),
        ("lists", "readers.yaml:2"),
        ("sources", "Gone is down"),
        ("delivery", "535"),
        ("state", "can be read by others"),
    ],
)
def test_a_doctor_finds_each_broken_thing(tmp_path, about, words):
    room = Newsroom(tmp_path)
    with mail_server(options=Options(users={"papers": "secret"})) as server:
        room.mail_by(server.port, username="papers")
        room.environ["DIGEST_SMTP_PASSWORD"] = "wrong" if about == "delivery" else "secret"
        match about:
            case "templates":
                room.configure(templates="mine")
                room.write("templates/mine/letter.txt.j2", "{{ unclosed")
            case "lists":
                room.write("readers.yaml", "- email: ada@example.org\n- email: nobody\n")
            case "sources":
                gone = f"http://127.0.0.1:{refused_port()}/"
                source = {"kind": "feed", "name": "Gone", "url": gone, "timeout": 2}
                room.configure(sources=[*room.settings["sources"], source])
            case "state":
                assert room.run("run").code == 0
                (room.state / "secret.key").chmod(0o640)
        done = room.run("doctor", "--json")
    assert done.code == 1
    failed = [f for f in done.json if f["ok"] is False]
    assert {f["about"] for f in failed} == {about}
    assert any(words in f["words"] for f in failed), failed


def test_a_subscriber_is_added_listed_changed_by_hand_and_removed(tmp_path):
    room = Newsroom(tmp_path)
    before = "# Our readers.\n- email: ada@example.org   # the first\n  name: Ada Example\n"
    room.write("readers.yaml", before)
    wishes = ("--name", "Příkladová, Hana", "--theme", "*Agents*", "--theme", "Sound")
    hours = ("--timezone", "Europe/Prague", "--send-at", "7:30", "--max-papers", "5")
    added = room.run("subscribers", "add", "hana@EXAMPLE.net", *wishes, *hours)
    assert added.code == 0
    assert (tmp_path / "readers.yaml").read_text().startswith(before)
    listed = {row["email"]: row for row in room.run("subscribers", "list", "--json").json}
    hana = listed["hana@example.net"]
    assert (hana["name"], hana["themes"]) == ("Příkladová, Hana", ["*Agents*", "Sound"])
    assert (hana["timezone"], hana["send_at"], hana["max_papers"]) == ("Europe/Prague", "07:30", 5)
    twice = room.run("subscribers", "add", "Hana@example.net".lower())
    assert twice.code == 2
    assert "hana@example.net" in twice.err
    assert room.run("subscribers", "add", "ben@example.org", "--frequency", "hourly").code == 2
    assert room.run("subscribers", "check").code == 0
    assert room.run("subscribers", "remove", "hana@example.net").code == 0
    assert (tmp_path / "readers.yaml").read_text() == before


def test_suppressing_is_told_and_can_be_undone(tmp_path):
    room = Newsroom(tmp_path)
    assert room.run("subscribers", "suppress", "ada@example.org", "--reason", "asked").code == 0
    assert room.run("subscribers", "suppress", "ada@example.org").code == 0
    (row,) = room.run("subscribers", "suppressed", "--json").json
    assert (row["address"], row["reason"]) == ("ada@example.org", "asked")
    assert room.run("subscribers", "list", "--json").json[0]["suppressed"] is True
    assert room.run("subscribers", "unsuppress", "ada@example.org").code == 0
    assert room.run("subscribers", "unsuppress", "ada@example.org").code == 2
    assert room.run("run").code == 0
    assert len(room.outbox()) == 1


def test_check_tells_every_mistake_of_every_list_at_once(tmp_path):
    room = Newsroom(tmp_path)
    room.configure(subscribers={"lists": ["readers.yaml", "team.csv"]})
    room.write("readers.yaml", "- email: ada@example.org\n- email: nobody\n- mail\n")
    room.write("team.csv", "email;timezone\nben@example.org;Mars\n;UTC\n".encode("cp1252"))
    done = room.run("subscribers", "check", "--json")
    assert done.code == 2
    places = {(p["file"], p["line"]) for p in done.json["problems"] if not p["warning"]}
    assert places == {("readers.yaml", 2), ("readers.yaml", 3), ("team.csv", 2), ("team.csv", 3)}
