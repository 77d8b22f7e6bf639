"""Random lists, random edits: what was not asked for stays, byte for byte."""

from __future__ import annotations

import os
import signal
import time
from multiprocessing import get_context
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.model.address import EmailAddress
from digest.storage.lists import (
    add_subscriber,
    change_subscriber,
    load_subscribers,
    remove_subscriber,
)
from digest.storage.lists.backups import list_backups
from tests.support.lists import config_for

NAMES = st.sampled_from(
    ["", "Ada", "É, a", "it's", 'say "hi"', "# no", "a: b", "NO", "- x", "千代"]
)
TAGS = st.lists(st.sampled_from(["lab", "board room", "y", "x#1", "a:b"]), max_size=3, unique=True)
READER = st.tuples(NAMES, TAGS)
CHANGE = st.fixed_dictionaries({}, optional={
    "name": NAMES,
    "tags": TAGS.map(";".join),
    "frequency": st.sampled_from(["", "weekly"]),
    "paused_until": st.sampled_from(["", "2026-12-24", "further notice"]),
})  # fmt: skip


def quoted(text: str, style: str) -> str:
    return "'" + text.replace("'", "''") + "'" if style == "'" else f"{style}{text}{style}"


@st.composite
def yaml_lists(draw: st.DrawFn) -> tuple[str, list[str]]:
    """A list as people write one, and its text a reader."""
    end = draw(st.sampled_from(["\n", "\r\n"]))
    head = draw(st.sampled_from(["", "# top", "---", "subscribers:"]))
    indent = draw(st.sampled_from(["", "  "])) if head == "subscribers:" else ""
    chunks = []
    for number, (name, tags) in enumerate(draw(st.lists(READER, min_size=1, max_size=5))):
        email = f"r{number}@x.org"
        note = draw(st.sampled_from(["", "  # note"]))
        kind = draw(st.sampled_from(["block", "late", "flow", "alone", "deep"]))
        said = quoted(name, "'")
        listed = "[" + ", ".join(quoted(tag, "'") for tag in tags) + "]"
        lines = {
            "alone": [f"- {email}{note}"],
            "flow": [f"- {{email: {email}, name: {said}, tags: {listed}}}{note}"],
            "block": [f"- email: {email}{note}", f"  name: {said}", f"  tags: {listed}{note}"],
            "late": [f"-   name: {said}{note}", f"    email: {email}", "", "    # why"],
            "deep": [f"- email: {email}", "  tags:" + ("" if tags else " []"),
                     *(f"    - {quoted(tag, chr(39))}{note}" for tag in tags)],
        }[kind]  # fmt: skip
        chunks.append("".join(indent + line + end if line else end for line in lines))
    return head + end if head else "", chunks


@st.composite
def csv_lists(draw: st.DrawFn) -> tuple[str, list[str]]:
    end = draw(st.sampled_from(["\n", "\r\n"]))
    delimiter = draw(st.sampled_from([",", ";", "\t"]))
    columns = draw(st.permutations(["email", "name", "note", "tags"]))
    everywhere = draw(st.booleans())

    def cell(text: str) -> str:
        needs = everywhere or any(c in text for c in delimiter + '"#\r\n')
        return '"' + text.replace('"', '""') + '"' if needs else text

    chunks = []
    for number, (name, tags) in enumerate(draw(st.lists(READER, min_size=1, max_size=5))):
        values = {"email": f"r{number}@x.org", "name": name, "note": "=keep",
                  "tags": draw(st.sampled_from([";", " ; "])).join(tags)}  # fmt: skip
        row = delimiter.join(cell(values[column]) for column in columns)
        chunks.append(row + end + draw(st.sampled_from(["", end, "# out@x.org" + end])))
    return delimiter.join(cell(column) for column in columns) + end, chunks


def readers(path: Path) -> dict[str, tuple[object, ...]]:
    found = load_subscribers(config_for(path.parent, path.name)).subscribers
    return {
        str(s.address): (s.name, s.tags, str(s.frequency), s.paused_until) for s in found
    }  # fmt: skip


@pytest.mark.parametrize(("suffix", "lists"), [("yaml", yaml_lists()), ("csv", csv_lists())])
def test_an_edit_touches_its_reader_alone(suffix, lists, tmp_path_factory) -> None:
    """A change keeps the other readers' text; what is added goes without a trace."""

    @settings(max_examples=60, deadline=None)
    @given(made=lists, change=CHANGE, pick=st.integers(0, 4), bom=st.booleans(), cut=st.booleans())
    def holds(made, change, pick, bom, cut) -> None:
        head, chunks = made
        path = tmp_path_factory.mktemp("lists") / f"list.{suffix}"
        text = head + "".join(chunks)
        text = text.rstrip("\r\n") if cut and len(chunks[-1].split("\n")) == 2 else text
        raw = ("\ufeff" * bom + text).encode()
        path.write_bytes(raw)
        before = readers(path)
        pick %= len(chunks)
        who = EmailAddress.parse(f"r{pick}@x.org")
        assert change_subscriber([path], who, change) is not None
        after = readers(path)
        assert {k: v for k, v in after.items() if k != str(who)} == {
            k: v for k, v in before.items() if k != str(who)
        }
        if "name" in change:
            assert after[str(who)][0] == change["name"]
        if "tags" in change:
            assert ";".join(after[str(who)][1]) == change["tags"]
        now = path.read_bytes().decode().removeprefix("\ufeff")
        new_column = suffix == "csv" and (change.get("frequency") or change.get("paused_until"))
        if not new_column:  # a column that is new is in every row
            assert now.startswith(head + "".join(chunks[:pick]))
            rest = text[len(head + "".join(chunks[: pick + 1])) :]
            assert not rest or now.endswith(rest)
        path.write_bytes(raw)
        add_subscriber(path, {"email": "new@x.org", "name": "New, N", "tags": "y;z"})
        remove_subscriber([path], EmailAddress.parse("new@x.org"))
        assert path.read_bytes() == raw
        if len(chunks) > 1:
            remove_subscriber([path], who)
            assert readers(path) == {k: v for k, v in before.items() if k != str(who)}

    holds()


def _edit_for_ever(path: Path) -> None:
    address = EmailAddress.parse("r7@x.org")
    number = 0
    while True:
        number += 1
        change_subscriber([path], address, {"name": " ".join([f"N{number}"] * 20)})


def test_a_kill_in_the_middle_of_an_edit_leaves_the_old_list_or_the_new_one(tmp_path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("email,name\n" + "".join(f"r{n}@x.org,R {n}\n" for n in range(500)))
    for pause in (0.03, 0.08, 0.21):
        known = len(list_backups(path))
        editor = get_context("fork").Process(target=_edit_for_ever, args=(path,))
        editor.start()
        limit = time.monotonic() + 30
        while len(list_backups(path)) == known and time.monotonic() < limit and known < 20:
            time.sleep(0.001)  # it is at work
        time.sleep(pause)
        os.kill(editor.pid or 0, signal.SIGKILL)
        editor.join(30)
        found = readers(path)
        assert len(found) == 500
        name = str(found["r7@x.org"][0])
        assert name == "R 7" or name == " ".join(name.split()[:1] * 20)
    change_subscriber([path], EmailAddress.parse("r7@x.org"), {"name": "R 7"})  # no lock is left
    assert readers(path)["r7@x.org"][0] == "R 7"
