"""Changing one reader leaves every other byte of a list as it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from digest.errors import ListError, UsageError
from digest.model.address import EmailAddress
from digest.storage.lists import (
    add_subscribers,
    change_subscriber,
    change_subscribers,
    load_subscribers,
)
from digest.storage.lists.backups import list_backups
from digest.storage.lists.saving import ShowDiff
from tests.integration.storage.lists.test_editing import LISTS, load
from tests.support.lists import config_for

A = EmailAddress.parse("a@x.org")

# (before, changes, after): what a list owner would have typed herself.
CHANGES = {
    "a new key stands under the others": (
        b"# top\n- email: a@x.org  # ada\n  name: 'A'\n\n- b@x.org\n",
        {"paused_until": "2026-12-24"},
        b"# top\n- email: a@x.org  # ada\n  name: 'A'\n  paused_until: 2026-12-24\n\n- b@x.org\n",
    ),
    "quotes stay, and the comment": (
        b"- email: a@x.org\n  name: 'A'  # first\n  format: \"html\"\n  send_at: 7:30\n",
        {"name": "It's B", "format": "text", "send_at": "8:00"},
        b"- email: a@x.org\n  name: 'It''s B'  # first\n  format: \"text\"\n  send_at: 8:00\n",
    ),
    "a key goes with its line": (
        b"- name: A\n  email: a@x.org\n  tags: [x]\n",
        {"name": "", "tags": ""},
        b"- email: a@x.org\n",
    ),
    "a key with a comment keeps the comment": (
        b"- email: a@x.org\n  name: A  # why\n",
        {"name": ""},
        b'- email: a@x.org\n  name: ""  # why\n',
    ),
    "the first keys go together": (
        b"- {name: A, tags: [x], email: a@x.org, format: text}\n",
        {"name": "", "tags": "", "format": ""},
        b"- {email: a@x.org}\n",
    ),
    "the first lines go together": (
        b"- name: A\n  tags: [x]\n  email: a@x.org\n",
        {"name": "", "tags": ""},
        b"- email: a@x.org\n",
    ),
    "an item between braces": (
        b"- {email: a@x.org, name: A}  # one\n- {email: b@x.org}\n",
        {"name": "", "tags": "lab;ml"},
        b"- {email: a@x.org, tags: [lab, ml]}  # one\n- {email: b@x.org}\n",
    ),
    "an address alone becomes a mapping": (
        b"  - a@x.org # one\n  - b@x.org\n",
        {"frequency": "weekly", "max_papers": "5"},
        b'  - email: a@x.org # one\n    frequency: weekly\n    max_papers: 5\n  - b@x.org\n',
    ),
    "an address between brackets": (
        b"[a@x.org, b@x.org]",
        {"frequency": "weekly"},
        b"[{email: a@x.org, frequency: weekly}, b@x.org]",
    ),
    "items of a block list keep their lines": (
        b"- email: a@x.org\n  themes:\n  - 'A'  # a\n  - B\n  - C\n  name: N\n",
        {"themes": "A;C;D"},
        b"- email: a@x.org\n  themes:\n  - 'A'  # a\n  - C\n  - D\n  name: N\n",
    ),
    "a folded name": (
        b"- name: >-\n    A\n    B\n\n  # after\n  email: a@x.org\n",
        {"name": "C"},
        b"- name: C\n\n  # after\n  email: a@x.org\n",
    ),
    "a key without a value": (
        b"- email: a@x.org\n  name:\n  tags: []\n",
        {"name": "A", "tags": "x"},
        b"- email: a@x.org\n  name: A\n  tags: [x]\n",
    ),
    "no line break at the end": (
        b"- email: a@x.org\r\n  name: A",
        {"name": "", "tags": "x"},
        b"- email: a@x.org\r\n  tags: [x]",
    ),
    "comments between brackets": (
        b"- {email: a@x.org,  # one\n   name: A, tags: [x,  # why\n    y]}\n",
        {"tags": "z", "name": ""},
        b"- {email: a@x.org,  # one\n    tags: [z,  # why\n    ]}\n",
    ),
    "a list that is written anew, for want of a better way": (
        b"? subscribers  # us\n: - a@x.org\n  - b@x.org\n",
        {"tags": "z"},
        None,
    ),
    "a cell among cells": (
        b"email;note;name\r\nb@x.org;;B\r\n a@x.org ; keep;\"A; A\"\r\n",
        {"name": "C"},
        b"email;note;name\r\nb@x.org;;B\r\n a@x.org ; keep;C\r\n",
    ),
    "a cell that needs quotes": (b"email,name\na@x.org\n", {"name": "A, B"}, None),
    "a column that is new": (
        b"# c\nemail,name,note\n\na@x.org,A,x\nb@x.org\nc@x.org,,,\n# D\n",
        {"paused_until": "2026-12-24"},
        b"# c\nemail,name,note,paused_until\n\na@x.org,A,x,2026-12-24\nb@x.org\nc@x.org,,,\n# D\n",
    ),
    "a new column where all is quoted": (
        b'"email"\n"a@x.org"\n"b@x.org"',
        {"tags": "x"},
        b'"email","tags"\n"a@x.org","x"\n"b@x.org",""',
    ),
    "another address": (b"email\nAda <a@x.org>\n", {"email": "c@x.org"}, b"email\nc@x.org\n"),
}  # fmt: skip


@pytest.mark.parametrize("case", CHANGES)
def test_a_change_is_what_a_person_would_have_typed(case: str, tmp_path: Path) -> None:
    before, changes, after = CHANGES[case]
    yaml = b"- " in before or b"[" in before
    path = tmp_path / ("list.yaml" if yaml else "list.csv")
    path.write_bytes(before)
    others = {s.address: s for s in load(path) if s.address != A}
    change = change_subscriber([path], A, changes)
    assert change is not None
    assert set(change.fields) == set(changes)
    if after is not None:
        assert path.read_bytes() == after
    for who in load(path):
        if who.address in others:
            assert (who.name, who.tags) == (others[who.address].name, others[who.address].tags)
        else:
            assert who == change.after.__class__(
                **{f: getattr(change.after, f) for f in who.__dataclass_fields__}
                | {"file": who.file, "line": who.line}
            )


@pytest.mark.parametrize("name", LISTS)
def test_a_change_and_its_undoing_leave_no_trace(name: str, tmp_path: Path) -> None:
    """Where the row has a place for the field; a new column, or a mapping, stays."""
    path = tmp_path / name
    path.write_bytes(LISTS[name])
    if b"a@x.org" not in LISTS[name].replace(b"\0", b""):
        assert change_subscriber([path], A, {"name": "B"}) is None
        return
    was = load(path)[0].name
    for new in ("Bé, B", was):
        assert change_subscriber([path], A, {"name": new}) is not None
        assert load(path)[0].name == new
    if name not in ("words.yaml", "brackets.yaml", "quoted.csv", "folded.yaml"):
        assert path.read_bytes() == LISTS[name]


def test_what_she_has_already_writes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("- {email: a@x.org, tags: [x, y], send_at: 7:30}\n")
    inode = path.stat().st_ino
    change = change_subscriber([path], A, {"tags": "x; y", "send_at": "7:30", "name": ""})
    assert change is not None
    assert change.fields == ()
    assert path.stat().st_ino == inode


def test_the_first_of_her_rows_is_changed(tmp_path: Path) -> None:
    one, two = tmp_path / "a.csv", tmp_path / "b.csv"
    one.write_text("email\nb@x.org\n")
    two.write_text("email\nA@x.org\na@x.org\n")
    change = change_subscriber([one, two], A, {"frequency": "weekly"})
    assert change is not None
    assert (change.path, change.line) == (two, 2)
    assert two.read_text() == "email,frequency\nA@x.org,weekly\na@x.org,\n"
    assert one.read_text() == "email\nb@x.org\n"


REFUSED = {
    "an unknown field": ({"nick": "A"}, "unknown field"),
    "a wrong value": ({"frequency": "hourly"}, "unknown frequency"),
    "no address": ({"email": ""}, "missing"),
    "an address of someone else": ({"email": "B@x.org"}, "already"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_wrong_change_is_refused(case: str, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("email\na@x.org\nb@x.org\n")
    changes, words = REFUSED[case]
    with pytest.raises(UsageError, match=words):
        change_subscriber([path], A, changes)
    assert path.read_text() == "email\na@x.org\nb@x.org\n"


def test_many_readers_are_added_in_one_step_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("email\na@x.org\n")
    rows = [{"email": f"n{n}@x.org", "tags": "new"} for n in range(300)]
    added = add_subscribers(path, rows)
    assert [s.line for s in added] == list(range(3, 303))
    assert len(load(path)) == 301
    with pytest.raises(ListError, match="already"):
        add_subscribers(path, [{"email": "fresh@x.org"}, {"email": "N7@x.org"}])
    with pytest.raises(UsageError, match="twice"):
        add_subscribers(path, [{"email": "fresh@x.org"}, {"email": "Fresh@x.org"}])
    assert len(load_subscribers(config_for(tmp_path, "a.csv")).subscribers) == 301


def test_a_dry_run_shows_a_diff_and_writes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("email\n" + "".join(f"n{n}@x.org\n" for n in range(9)))
    before = path.read_bytes()
    diff = ShowDiff()
    add_subscribers(path, [{"email": "new@x.org"}], save=diff)
    assert diff.lines == [
        f"--- {path}",
        f"+++ {path}",
        "@@ -8,3 +8,4 @@",
        " n6@x.org",
        " n7@x.org",
        " n8@x.org",
        "+new@x.org",
    ]
    assert path.read_bytes() == before


@pytest.mark.parametrize("name", LISTS)
def test_many_changes_at_once_make_the_list_that_they_make_one_by_one(
    name: str, tmp_path: Path
) -> None:
    at_once, singly = tmp_path / f"at_once-{name}", tmp_path / f"singly-{name}"
    for path in (at_once, singly):
        path.write_bytes(LISTS[name])
    wanted = {s.address: {"tags": f"t{n};x", "name": ""} for n, s in enumerate(load(at_once))}
    nobody = EmailAddress.parse("nobody@x.org")
    done = change_subscribers(at_once, {**wanted, nobody: {"tags": "x"}})
    for address, fields in wanted.items():
        change_subscriber([singly], address, fields)
    assert at_once.read_bytes() == singly.read_bytes()
    assert [each.after.address for each in done] == list(wanted)
    assert len(list_backups(at_once)) == (1 if wanted else 0)


def test_of_many_changes_none_is_made_when_one_is_wrong(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("email\na@x.org\nb@x.org\n")
    b = EmailAddress.parse("b@x.org")
    for wrong in ({"frequency": "hourly"}, {"nick": "B"}, {"email": "c@x.org"}):
        with pytest.raises(UsageError):
            change_subscribers(path, {A: {"name": "A"}, b: wrong})
    assert path.read_text() == "email\na@x.org\nb@x.org\n"
