"""Words from outside are words: no SQL, no formula, no path, whichever door they come by."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from pathlib import Path

import pytest

from tests.support.newsroom import Newsroom, mail_server, paper
from tests.support.smtp_server import Rule

SQL = "x'\"); DROP TABLE delivery; -- %s %(id)s :name ? ${x} {0}"


def schema(room: Newsroom) -> list[tuple[str, str]]:
    with sqlite3.connect(f"file:{room.state / 'digest.db'}?mode=ro", uri=True) as connection:
        return connection.execute("SELECT name, sql FROM sqlite_master ORDER BY name").fetchall()


def content(room: Newsroom) -> dict[str, int]:
    """How many rows each table has."""
    with sqlite3.connect(f"file:{room.state / 'digest.db'}?mode=ro", uri=True) as connection:
        names = [
            n for (n,) in connection.execute("SELECT name FROM sqlite_master WHERE type='table'")
        ]
        return {n: connection.execute(f"SELECT count(*) FROM {n}").fetchone()[0] for n in names}


ARGUMENTS = [
    ("run", "--date"),
    ("send", "--date"),
    ("compose", "--date"),
    ("collect", "--date"),
    ("preview", "--date"),
    ("preview", "--as"),
    ("preview", "--to"),
    ("status", "--date"),
    ("status", "--edition"),
    ("status", "--state"),
    ("status", "--domain"),
    ("status", "--reader"),
    ("status", "--by"),
    ("subscribers", "suppress"),
    ("subscribers", "unsuppress"),
    ("subscribers", "remove"),
    ("subscribers", "add"),
    ("editions", "show"),
    ("editions", "export"),
    ("explain",),
    ("templates", "check"),
]


@pytest.fixture(scope="module")
def seasoned(tmp_path_factory) -> Newsroom:
    room = Newsroom(tmp_path_factory.mktemp("seasoned"))
    room.write_readers([{"email": f"reader{n}@example.org"} for n in range(5)])
    assert room.run("run").code == 0
    return room


@pytest.mark.parametrize("words", ARGUMENTS, ids=" ".join)
def test_sql_in_an_argument_is_refused_and_changes_no_row(seasoned, words):
    before, rows = schema(seasoned), content(seasoned)
    done = seasoned.run(*words, SQL)
    assert done.code == 2, done.err
    assert "syntax" not in done.err.lower()
    assert (schema(seasoned), content(seasoned)) == (before, rows)


def test_sql_in_a_reason_an_address_and_every_field_of_a_paper_is_kept_as_it_is(tmp_path):
    """The local parts are legal ones; a reason may be anything."""
    room = Newsroom(tmp_path)
    locals_ = ["o'hara", "x';--", "%s", "`drop`", "{a}|b", "a=b&c"]
    legal = [f"{name}@example.org" for name in locals_ if ";" not in name]
    room.write_readers([{"email": each, "name": SQL, "tags": SQL} for each in legal])
    fields = dict.fromkeys(
        ("title", "abstract", "venue", "comment", "organization", "submitter"), SQL
    )
    room.write_papers(
        [paper(1, id=SQL, authors=[SQL], categories=[SQL], keywords=[SQL], **fields), paper(2)]
    )
    room.configure(newsletter={"name": SQL, "tagline": SQL}, themes={"discover": False})
    room.configure(themes={"discover": False, "rules": [{"name": SQL, "keywords": [SQL, "drop"]}]})
    never = Rule("rcpt", "%s@", reply=f"550 5.1.1 {SQL}")
    with mail_server(never) as server:
        room.mail_by(server.port)
        assert room.run("run").code == 3
        before = schema(room)
        assert server.recipients == {each: 1 for each in legal if each != "%s@example.org"}
        (letter,) = [letter for to, letter in server.letters if to == legal[0]]
        assert SQL[:12] in str(letter["Subject"]) + letter.get_body(("plain",)).get_content()
        assert room.run("subscribers", "suppress", legal[0], "--reason", SQL).code == 0
        gone, kept = room.run("subscribers", "suppressed", "--json").json
        assert (gone["address"], gone["kind"]) == ("%s@example.org", "bounce")
        assert (kept["address"], kept["reason"]) == (legal[0], SQL)
        assert room.run("subscribers", "unsuppress", legal[0]).code == 0
    (row,) = room.run("status", "--undelivered", "--json").json["readers"]
    assert (row["address"], row["words"]) == ("%s@example.org", f"5.1.1 {SQL}")
    assert room.run("status", "--by", "theme").code == 0
    assert room.run("status", "--by", "reply", "--csv").code == 0
    shown = room.run("editions", "show", "2026-11-23", "--json").json
    titles = [p["title"] for section in shown["sections"] for p in section["papers"]]
    assert any(title.startswith(SQL[:24]) for title in titles), "TeX and dashes apart, as it was"
    assert schema(room) == before
    assert content(room)["delivery"] == len(legal)


FORMULAS = [
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    " =1+1",
    "＝1+1",
    "＋1+1",
    "－1+1",
    "＠SUM(1)",
    "'=1+1",
    "\u200b=1+1",
]
_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def runs_in_a_spreadsheet(cell: str) -> bool:
    """Blanks before a formula do not keep every spreadsheet from running it."""
    return cell.startswith(_STARTS) or cell.strip().startswith(_STARTS)


def test_no_cell_of_a_csv_is_a_formula(tmp_path):
    """Names from a list, addresses, and what a relay says: nobody's words are computed."""
    room = Newsroom(tmp_path)
    people = [{"email": f"reader{n}@example.org", "name": each} for n, each in enumerate(FORMULAS)]
    people += [{"email": "=1+1@example.org"}, {"email": "+1@example.org", "name": "Plus"}]
    room.write("readers.yaml", json.dumps(people))
    rules = [
        Rule("rcpt", f"reader{n}@", reply=f"550 {each.strip()}") for n, each in enumerate(FORMULAS)
    ]
    with mail_server(*rules) as server:
        room.mail_by(server.port)
        done = room.run("run", "--skip-bad-rows")
        assert done.code == 3, done.err
    for words in ((), ("--by", "reply"), ("--by", "domain"), ("--by", "theme")):
        told = room.run("status", "--csv", *words)
        assert told.code == 0
        table = list(csv.reader(io.StringIO(told.out, newline="")))
        assert len(table) > 1
        assert [cell for row in table for cell in row if runs_in_a_spreadsheet(cell)] == []
    out = tmp_path / "who.csv"
    assert room.run("status", "--csv", "--out", str(out)).code == 0
    kept = list(csv.reader(io.StringIO(out.read_text(encoding="utf-8"), newline="")))
    assert [cell for row in kept for cell in row if runs_in_a_spreadsheet(cell)] == []


def files_outside(room: Newsroom) -> set[Path]:
    """Whatever is beside the newsletter's folder, but for what SQLite takes away by itself."""
    beside = (path for path in room.folder.parent.rglob("*") if room.folder not in path.parents)
    return {path for path in beside if not path.name.endswith(("-shm", "-wal"))}


#: tests/integration/storage/test_templates.py has more of them.
TRICKS = ["../../x", "/tmp/x", "..", "x\n"]


@pytest.mark.parametrize("name", TRICKS)
def test_a_template_set_is_a_name_and_never_a_path(tmp_path, name):
    room = Newsroom(tmp_path / "room")
    elsewhere = tmp_path / "x"
    elsewhere.mkdir()
    (elsewhere / "letter.txt.j2").write_text("stolen")
    before = files_outside(room)
    asked = room.run("templates", "check", name)
    assert asked.code == 2
    assert "stolen" not in asked.out + asked.err
    room.configure(templates=name)
    done = room.run("run")
    assert done.code == 2
    assert room.outbox() == []
    assert files_outside(room) == before


INCLUDES = ["../../secret.txt", "/etc/hostname", "daily/../../secret.txt"]


@pytest.mark.parametrize("path", INCLUDES)
def test_a_template_includes_nothing_but_templates(tmp_path, path):
    room = Newsroom(tmp_path / "room")
    (tmp_path / "secret.txt").write_text("the secret of the house")
    text = '{% extends "daily/letter.txt.j2" %}{% block foot %}{% include "PATH" %}{% endblock %}'
    room.write("templates/mine/letter.txt.j2", text.replace("PATH", path))
    room.configure(templates="mine")
    done = room.run("run")
    assert done.code == 2
    assert "secret of the house" not in done.out + done.err
    assert room.outbox() == []


@pytest.mark.parametrize("name", ["/tmp/x", "2026-11-23/../../x", "2026-W48/../x"])
@pytest.mark.parametrize(
    "words",
    [("editions", "export"), ("editions", "show"), ("preview", "--date"), ("run", "--date")],
)
def test_an_edition_is_named_by_a_date_and_never_by_a_path(seasoned, words, name):
    before = files_outside(seasoned), set(seasoned.folder.rglob("*"))
    done = seasoned.run(*words, name)
    assert done.code == 2
    assert (files_outside(seasoned), set(seasoned.folder.rglob("*"))) == before


def test_the_export_writes_its_four_files_where_it_is_told_and_none_elsewhere(seasoned, tmp_path):
    before = files_outside(seasoned)
    out = tmp_path / "out"
    assert seasoned.run("editions", "export", "2026-11-23", "--out", str(out)).code == 0
    names = {path.relative_to(out).as_posix() for path in out.rglob("*")}
    assert names == {"edition.json", "letter.eml", "letter.html", "letter.txt"}
    assert files_outside(seasoned) - set(out.rglob("*")) - {out} == before


def test_no_paper_reader_or_source_names_a_file(tmp_path):
    """Not by an id, a title, a name or an address; a letter's file is named by a hash."""
    room = Newsroom(tmp_path / "room")
    trick = "../../../escaped"
    room.write_readers([{"email": "a/b@example.org", "name": trick}, {"email": "|id|@example.org"}])
    room.write_papers([paper(1, title=trick, id=trick, url=f"https://example.org/{trick}")])
    room.configure(
        sources=[{"kind": "file", "name": trick, "path": "papers.json"}],
        newsletter={"name": trick},
    )
    before = files_outside(room)
    done = room.run("run")
    assert done.code == 0, done.err
    assert files_outside(room) == before
    names = [path.name for path in (room.state / "outbox" / "new").iterdir()]
    assert len(names) == 2
    assert all(name.removesuffix(".digest").isalnum() for name in names)
    assert not list(tmp_path.parent.glob("escaped*"))
