"""What is wrong is told in clear lines with the designed exit code, and nothing is sent."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import pytest

from tests.support.newsroom import Done, Newsroom, mail_server
from tests.support.smtp_server import Options
from tests.support.web import refused_port

OPEN = "newsletter: {from: papers@example.org}\n"
FILE = "sources: [{kind: file, path: papers.json}]\n"


def _refused(done: Done, code: int, *words: str, lines: int = 1) -> None:
    """The exit code, so many lines on stderr, and every one of `words` in them."""
    assert done.code == code, done.err
    assert done.out == ""
    # Once an edition is frozen, a line of counts says how far it came.
    told = [line for line in done.lines if not re.fullmatch(r"[\d-]+: (\d+ [a-z ]+)+", line)]
    assert len(told) == lines, done.err
    assert all(line.startswith("digest: ") for line in told)
    for word in words:
        assert word in done.err


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ["config.yaml:1", "is empty"]),
        ("- a\n- list\n", ["is not a mapping"]),
        (OPEN, ["sources", "is missing"]),
        (OPEN + FILE + "editoin: {}\n", ["config.yaml:3:1", "did you mean edition?"]),
        (OPEN + FILE + "edition: {max_papers: many}\n", ["config.yaml:3:11", "edition.max_papers"]),
        (OPEN + FILE + "edition: {rank: loudest}\n", ["edition.rank", "trending, newest"]),
        (OPEN + "sources: [{kind: telepathy}]\n", ["config.yaml:2", "huggingface, arxiv, feed"]),
        (OPEN + "sources: [{kind: feed, url: ftp://x.org}]\n", ["sources[0].url", "https://"]),
        ("newsletter: {from: nobody}\n" + FILE, ["config.yaml:1", "newsletter.from"]),
        ("newsletter: {from: a@example.org, timezone: Mars}\n" + FILE, ["IANA", "Mars"]),
        (OPEN + FILE + "state: a\nstate: b\n", ["config.yaml:4:1", "twice"]),
        (OPEN + FILE + "edition: {\n", ["config.yaml:"]),
        (OPEN + FILE + "\tstate: a\n", ["config.yaml:3", "tab"]),
        (b"newsletter: {from: papers@example.org, name: Caf\xe9}\n", ["not UTF-8"]),
    ],
)  # fmt: skip
def test_a_config_mistake_is_told_at_its_line(tmp_path, text, words):
    room = Newsroom(tmp_path)
    room.write("config.yaml", text)
    _refused(room.run("run"), 2, *words)
    assert not room.state.exists()


def test_all_config_mistakes_are_told_at_once(tmp_path):
    room = Newsroom(tmp_path)
    room.write("config.yaml", OPEN + FILE + "edition: {max_papers: 0, rank: x}\ncolour: red\n")
    _refused(room.run("run"), 2, "edition.max_papers", "edition.rank", "colour", lines=3)


def test_a_missing_config_says_how_to_get_one(tmp_path):
    room = Newsroom(tmp_path)
    (tmp_path / "config.yaml").unlink()
    _refused(room.run("run"), 2, "cannot be read", "digest init")


BAD_YAML = """\
- email: ada@example.org
- email: not an address
- email: ben@example.org
  frequency: hourly
- email: cy@example.org
  colour: red
"""
BAD_CSV = "email,name,max_papers\nada@example.org,Ada,3\nbroken@,B,3\nben@example.org,Ben,lots\n"


@pytest.mark.parametrize(
    ("name", "text", "places"),
    [
        ("bad.yaml", BAD_YAML, [":2:", ":4:", ":6:"]),
        ("bad.csv", BAD_CSV, [":3:", ":4:"]),
        ("bad.yaml", "- email: a@example.org\n  name: [x\n", [":"]),
        ("bad.csv", "nom,prenom\na@example.org,A\n", [":1:"]),
    ],
)
def test_a_bad_list_stops_the_run_with_every_mistake_at_its_line(tmp_path, name, text, places):
    room = Newsroom(tmp_path)
    room.write(name, text)
    room.configure(subscribers={"lists": ["readers.yaml", name]})
    done = room.run("run")
    _refused(done, 2, *(name + place for place in places), lines=len(done.lines))
    assert len(done.lines) >= len(places)
    assert room.outbox() == []
    assert room.status()["frozen_at"] is None


def test_bad_rows_are_left_out_only_when_asked(tmp_path):
    room = Newsroom(tmp_path)
    room.write("bad.csv", BAD_CSV)
    room.configure(subscribers={"lists": ["bad.csv"]})
    assert room.run("run").code == 2
    done = room.run("run", "--skip-bad-rows")
    assert done.code == 0
    assert [str(letter["To"]) for letter in room.outbox()] == ["Ada <ada@example.org>"]
    assert "bad.csv:3:" in done.err
    assert "bad.csv:4:" in done.err


TEMPLATES = {
    "syntax": ("letter.txt.j2", "{% block masthead %}\nHello {{ name \n{% endblock %}", ":3"),
    "undefined": (
        "letter.txt.j2",
        '{% extends "daily/letter.txt.j2" %}\n{% block foot %}\n{{ nwesletter }}{% endblock %}',
        ":3",
    ),
    "mjml": (
        "letter.mjml.j2",
        "<mjml><mj-body>\n<mj-section><mj-colunm></mj-section>\n</mj-body></mjml>",
        "",
    ),
    "missing base": ("letter.txt.j2", '{% extends "nightly/letter.txt.j2" %}', ""),
}


@pytest.mark.parametrize("fault", TEMPLATES)
def test_a_template_fault_names_file_and_line_before_anything_is_sent(tmp_path, fault):
    name, text, line = TEMPLATES[fault]
    room = Newsroom(tmp_path)
    room.write(f"templates/mine/{name}", text)
    room.configure(templates="mine")
    done = room.run("run")
    _refused(done, 2, f"templates/mine/{name}{line}", lines=len(done.lines))
    assert room.outbox() == []
    assert room.status()["frozen_at"] is None


def test_an_unknown_template_set_says_which_there_are(tmp_path):
    room = Newsroom(tmp_path)
    room.configure(templates="nightly")
    _refused(room.run("run"), 2, "nightly", "there are: daily")


def test_without_the_password_nothing_is_frozen_or_sent(tmp_path):
    room = Newsroom(tmp_path)
    with mail_server(options=Options(users={"papers": "secret"})) as server:
        room.mail_by(server.port, username="papers")
        _refused(room.run("run"), 2, "DIGEST_SMTP_PASSWORD", "papers")
        assert server.connects == []
        assert room.status()["frozen_at"] is None


def test_a_wrong_password_pauses_the_run_and_a_right_one_goes_on(tmp_path):
    room = Newsroom(tmp_path)
    with mail_server(options=Options(users={"papers": "secret word"})) as server:
        room.mail_by(server.port, username="papers")
        room.environ["DIGEST_SMTP_PASSWORD"] = "a wrong one"
        done = room.run("run")
        _refused(done, 1, "535")
        assert "a wrong one" not in done.err
        assert server.accepted == []
        assert room.status()["pending"] == 1
        room.environ["DIGEST_SMTP_PASSWORD"] = "secret word"
        assert room.run("run").code == 0
        assert len(server.accepted) == 1


def test_an_unreachable_mail_server_leaves_every_letter_pending(tmp_path):
    room = Newsroom(tmp_path)
    room.mail_by(refused_port(), connect_timeout=1)
    done = room.run("run")
    _refused(done, 1, "127.0.0.1")
    facts = room.status()
    assert (facts["pending"], facts["sent"], facts["deferred"]) == (1, 0, 0)
    with mail_server() as server:
        room.mail_by(server.port)
        assert room.run("run").code == 0
        assert len(server.accepted) == 1


def test_tls_is_never_silently_less(tmp_path):
    room = Newsroom(tmp_path)
    with mail_server() as server:
        room.mail_by(server.port, security="starttls")
        _refused(room.run("run"), 1, "STARTTLS")
        assert server.accepted == []


@pytest.fixture(scope="module")
def after_a_run(tmp_path_factory) -> Path:
    """A state folder in which a day was sent."""
    room = Newsroom(tmp_path_factory.mktemp("seasoned"))
    assert room.run("run").code == 0
    assert not list(room.state.glob("digest.db-*")), "an ended run leaves one file"
    return room.state


@pytest.mark.parametrize(
    ("break_it", "code", "word"),
    [
        (lambda state: (state / "digest.db").write_bytes(b"not a database" * 500), 1, "damaged"),
        (lambda state: os.truncate(state / "digest.db", 5000), 1, "damaged"),
        (lambda state: (state / "digest.db").unlink(), 1, "existed before"),
        (lambda state: (state / "digest.db").write_bytes(b""), 1, "existed before"),
        (lambda state: (state / "secret.key").chmod(0o644), 2, "can be read by others"),
        (lambda state: (state / "secret.key").write_bytes(b"\xff\xfe\n"), 2, "is not a key file"),
        (lambda state: (state / "secret.key").write_bytes(b"short\n"), 2, "fewer than 16"),
        (lambda state: (state / "secret.key").unlink(), 2, "existed before"),
        (lambda state: (state / "state.json").write_text("{"), 1, "state.json"),
    ],
)
def test_a_damaged_state_stops_the_next_run(tmp_path, after_a_run, break_it, code, word):
    room = Newsroom(tmp_path)
    shutil.copytree(after_a_run, room.state)
    break_it(room.state)
    room.later(days=1)
    room.write_papers([{"id": "9", "title": "The next day's only study"}])
    _refused(room.run("run"), code, word)
    assert len(room.outbox()) == 1


def test_a_state_folder_that_cannot_be_made_stops_the_run(tmp_path):
    room = Newsroom(tmp_path)
    room.write("var", "a file stands in the way")
    done = room.run("run")
    _refused(done, 1, "var")


def test_an_outbox_that_cannot_be_written_stops_the_run(tmp_path):
    room = Newsroom(tmp_path)
    room.write("box", "a file stands in the way")
    room.configure(delivery={"outbox": "box"})
    _refused(room.run("run"), 1, "box", "cannot be written")
    assert room.status()["pending"] == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("run", "--date", "tomorrowish"), "YYYY-MM-DD"),
        (("run", "--date", "2026-02-30"), "YYYY-MM-DD"),
        (("compose", "--date", "2026-W77"), "2026-W77"),
        (("status", "--state", "lost"), "lost"),
        (("preview", "--as", "nobody@example.org"), "on none of the lists"),
        (("preview", "--to", "not-an-address"), "--to"),
        (("editions", "show", "2020-01-01"), "no edition"),
        (("subscribers", "remove", "nobody@example.org"), "on none of the lists"),
        (("explain", "arxiv:2001.00001"), "no edition"),
        (("sned",), "sned"),
        (("run", "--fast"), "--fast"),
    ],
)
def test_a_wrong_word_on_the_command_line_exits_2(tmp_path, words, said):
    room = Newsroom(tmp_path)
    done = room.run(*words)
    assert done.code == 2
    assert done.out == ""
    assert said in done.lines[-1]
    assert re.match(r"digest: |Error: ", done.lines[-1])


def test_a_clock_that_is_no_time_exits_2(tmp_path):
    room = Newsroom(tmp_path, now="half past seven")
    _refused(room.run("run"), 2, "DIGEST_NOW")
