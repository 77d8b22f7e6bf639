"""An import under a newsletter's roof: what the state remembers wins over every file."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from digest.app.exchange import all_about, carry_out, export_lists, prepare_import
from digest.app.house import House
from digest.errors import UsageError
from digest.model import EmailAddress
from digest.storage.lists import load_subscribers
from digest.storage.lists.backups import list_backups
from digest.storage.suppressions import (
    Kind,
    list_suppressions,
    suppress_address,
    suppress_reader,
    unsuppress,
)
from tests.support.exchange import EXPORTS, counted
from tests.support.lists import config_for
from tests.support.state import environ_of

NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    (tmp_path / "readers.csv").write_text(
        "email,name,tags,paused_until,frequency,format,timezone\n"
    )
    made = House(
        config=config_for(tmp_path, "readers.csv"),
        clock=lambda: NOW,
        environ={"DIGEST_SECRET_KEY": "k" * 32} | environ_of(tmp_path),
    )
    yield made
    made.close()


def people(folder: Path, *addresses: str) -> Path:
    path = folder / "people.csv"
    path.write_text("Email\n" + "".join(f"{each}\n" for each in addresses))
    return path


TWINS = ["jürgen@bücher.example", "JÜRGEN@xn--bcher-kva.example", "Jürgen <jürgen@BÜCHER.example>"]


@pytest.mark.parametrize("by", ["address", "link"])
@pytest.mark.parametrize("twin", TWINS)
def test_an_import_never_brings_back_who_left_by_address_or_by_link(
    house: House, tmp_path: Path, by: str, twin: str
) -> None:
    who = EmailAddress.parse(TWINS[0])
    if by == "address":
        suppress_address(house.database, who, reason="left", source="page", at=NOW)
    else:  # a link tells only the reader's id, and no letter tells whose it is
        suppress_reader(house.database, house.reader_id(who), reason="left", source="link", at=NOW)
    prepared = prepare_import(house, [people(tmp_path, twin, "new@example.org")], target=None)
    assert counted(prepared.plan) == {"suppressed": 1, "new": 1}
    carry_out(house, prepared, source="test")
    assert "new@example.org" in (tmp_path / "readers.csv").read_text()
    assert len((tmp_path / "readers.csv").read_text().splitlines()) == 2


def test_who_left_there_is_suppressed_here_and_stays_out_of_later_files(
    house: House, tmp_path: Path
) -> None:
    prepared = prepare_import(house, sorted(EXPORTS.glob("*audience*")), target=None)
    done = carry_out(house, prepared, source="import of three files")
    assert (done.added, done.suppressed) == (2, 2)
    assert {(s.address, s.kind, s.reason, s.source) for s in list_suppressions(house.database)} == {
        (
            "left@example.org",
            Kind.UNSUBSCRIBE,
            "unsubscribed in an export from Mailchimp",
            "import of three files",
        ),
        (
            "gone@example.org",
            Kind.BOUNCE,
            "cleaned (bounced) in an export from Mailchimp",
            "import of three files",
        ),
    }
    again = prepare_import(
        house,
        [people(tmp_path, "LEFT@example.org", "gone@example.org", "ada@example.org")],
        target=None,
    )
    assert counted(again.plan) == {"suppressed": 2, "known": 1}
    assert not again.plan.does_something
    assert unsuppress(house.database, EmailAddress.parse("left@example.org"))  # by a person
    back = prepare_import(house, [people(tmp_path, "left@example.org")], target=None)
    assert counted(back.plan) == {"new": 1}


def test_known_readers_are_changed_with_update(house: House, tmp_path: Path) -> None:
    (tmp_path / "readers.csv").write_text(
        "email,name,tags,frequency,format\nada@example.org,A,old,,\n"
    )
    path = tmp_path / "people.csv"
    path.write_text("Email,Name\nADA@example.org,Ada Example\n")
    left = prepare_import(house, [path], target=None)
    assert not left.plan.does_something
    carry_out(house, prepare_import(house, [path], target=None, update=True), source="test")
    (ada,) = load_subscribers(house.config).subscribers
    assert (ada.name, ada.tags) == ("Ada Example", ("old",))


def test_an_update_writes_each_list_once_however_many_readers_change(
    house: House, tmp_path: Path
) -> None:
    rows = [f"r{n}@example.org" for n in range(1500)]
    (tmp_path / "readers.csv").write_text("email,name\n" + "".join(f"{r},\n" for r in rows))
    (tmp_path / "other.csv").write_text("email,name\nr7@example.org,\nlast@example.org,\n")
    path = tmp_path / "people.csv"
    path.write_text("Email,Name\n" + "".join(f"{r},N\n" for r in [*rows, "last@example.org"]))
    two = House(
        config=config_for(tmp_path, "readers.csv", "other.csv"), clock=lambda: NOW, environ={}
    )
    prepared = prepare_import(two, [path], target=None, update=True)
    assert carry_out(two, prepared, source="test").changed == 1501
    two.close()
    assert {who.name for who in load_subscribers(two.config).subscribers} == {"N"}
    assert (tmp_path / "other.csv").read_text() == (
        "email,name\nr7@example.org,\nlast@example.org,N\n"
    )  # the row that counts is the one that is changed
    for name in ("readers.csv", "other.csv"):
        assert len(list_backups(tmp_path / name)) == 1


@pytest.mark.both
def test_an_export_leaves_out_who_is_suppressed_or_says_so(house: House, tmp_path: Path) -> None:
    (tmp_path / "readers.csv").write_text(
        "email,name,tags\nada@example.org,A,lab;x\nbob@example.org,B,\ncy@example.org,C,lab\n"
    )
    bob, cy = (EmailAddress.parse(f"{name}@example.org") for name in ("bob", "cy"))
    suppress_address(house.database, bob, reason="x", source="x", at=NOW, kind=Kind.BOUNCE)
    suppress_reader(house.database, house.reader_id(cy), reason="x", source="x", at=NOW)
    plain = "".join(export_lists(house, lists=[], yaml=False))
    assert [line.split(",")[0] for line in plain.splitlines()[1:]] == ["ada@example.org"]
    marked = "".join(export_lists(house, lists=[], yaml=False, with_suppressed=True))
    assert [line.split(",")[-1] for line in marked.splitlines()] == [
        "suppressed",
        "",
        "bounce",
        "unsubscribe",
    ]
    (tmp_path / "out.csv").write_text(marked)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "readers.csv").write_text("email\n")
    other = House(
        config=config_for(tmp_path / "other", "readers.csv"), clock=lambda: NOW, environ={}
    )
    plan = prepare_import(other, [tmp_path / "out.csv"], target=None).plan
    assert counted(plan) == {"new": 1, "left": 2}
    tagged = "".join(export_lists(house, lists=[], yaml=True, tags=["LAB"], with_suppressed=True))
    assert tagged.count("email: ") == 2


def test_what_csv_cannot_say_is_refused_with_its_place(house: House, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("- email: ada@example.org\n  themes: ['a;b']\n")
    with pytest.raises(UsageError, match=r"a\.yaml:1: themes: .* use --format yaml"):
        "".join(export_lists(house, lists=[tmp_path / "a.yaml"], yaml=False))
    assert "a;b" in "".join(export_lists(house, lists=[tmp_path / "a.yaml"], yaml=True))


@pytest.mark.both
def test_all_that_is_known_of_one_person(house: House, tmp_path: Path) -> None:
    (tmp_path / "readers.csv").write_text("email,name\nada@example.org,Ada\nbob@example.org,Bob\n")
    ada = EmailAddress.parse("Ada@example.org")
    suppress_reader(house.database, house.reader_id(ada), reason="link", source="x", at=NOW)
    known = all_about(house, ada)
    assert [(row["file"], row["line"], row["name"]) for row in known["lists"]] == [
        ("readers.csv", 2, "Ada")
    ]
    assert [(row["reason"], row["at"]) for row in known["suppressions"]] == [
        ("link", "2026-11-23T07:00:00+00:00")
    ]
    assert known["letters"] == known["bounces"] == []
    assert "bob" not in str(known).lower()
