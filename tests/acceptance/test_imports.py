"""A list owner takes readers from another program by command, and gives her lists away."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.support.exchange import EXPORTS
from tests.support.newsroom import Newsroom


def test_an_import_is_shown_first_and_written_only_when_agreed(tmp_path: Path) -> None:
    """In a script: a preview and 2 without --yes, 0 with --dry-run; then the day's letters go to
    those who were imported, and to nobody who left.
    """
    room = Newsroom(tmp_path)
    room.write_readers([{"email": "ada@example.org", "name": "Ada"}])
    before = (tmp_path / "readers.yaml").read_bytes()
    export = tmp_path / "members.csv"
    shutil.copy(EXPORTS / "google_groups.csv", export)

    asked = room.run("subscribers", "import", str(export))
    assert (asked.code, asked.out) == (2, "")
    assert "nell@example.org" in asked.err  # the table
    assert "        3 new: to be added" in asked.err
    assert "        1 known: on a list already" in asked.err
    assert (
        "        1 left: not subscribed there, never brought back; 1 to be suppressed" in asked.err
    )
    assert asked.lines[-1].startswith("nothing was written: there is nobody to ask; --yes does it")
    assert room.run("subscribers", "import", str(export), "--dry-run").code == 0
    assert (tmp_path / "readers.yaml").read_bytes() == before

    done = room.run("subscribers", "import", str(export), "--yes", "--tag", "lab", "--json")
    assert done.code == 0
    facts = done.json
    kinds = ("new", "known", "suppressed", "left", "invalid", "duplicate")
    assert (facts["rows"], [facts[kind] for kind in kinds]) == (5, [3, 1, 0, 1, 0, 0])
    assert facts["written"] is True

    assert room.run("run").code == 0
    told = [str(letter["To"]) for letter in room.outbox()]
    assert {each.split("<")[-1].rstrip(">") for each in told} == {
        "abe@example.org",
        "ada@example.org",
        "dan@example.org",
    }  # nell asked for no mail, gone bounced
    one = room.run("subscribers", "export", "--only", "dan@example.org").json
    assert [letter["state"] for letter in one["letters"]] == ["sent"]

    out = tmp_path / "lab.csv"
    assert room.run("subscribers", "export", "--tag", "lab", "--out", str(out)).code == 0
    assert [line.split(",")[0] for line in out.read_text().splitlines()] == [
        "email",
        "dan@example.org",
        "abe@example.org",
        "nell@example.org",
    ]


def test_a_file_that_cannot_be_read_ends_in_one_line(tmp_path: Path) -> None:
    room = Newsroom(tmp_path)
    (tmp_path / "people.xlsx").write_bytes(b"PK\x03\x04 nothing more")
    done = room.run("subscribers", "import", str(tmp_path / "people.xlsx"), "--yes")
    assert (done.code, len(done.lines)) == (2, 1)
    assert "people.xlsx: cannot be read as an Excel file" in done.err
