"""What is exported and imported again is the same, and no spreadsheet runs any of it."""

from __future__ import annotations

import csv
import io
import tempfile
from dataclasses import replace
from datetime import date, time
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from digest.model import EmailAddress, Subscriber
from digest.model.subscriber import FURTHER_NOTICE, Format, Frequency
from digest.storage.lists import load_subscribers
from digest.storage.lists.editing import add_subscribers
from digest.storage.lists.exchange.shield import shield, unshield
from digest.storage.lists.exchange.writing import write_csv, write_yaml
from digest.storage.lists.fields import says_nothing
from digest.storage.lists.text import clean_text
from tests.support.exchange import counted, planned
from tests.support.lists import config_for

RISKY = "=+-@\t\r＝＋－＠"


def kept(text: str) -> str:
    """The text as a list keeps it, or "" where a list refuses it."""
    clean = clean_text(text)[0]
    return "" if clean.startswith(("=", "#")) else clean


texts = st.text(
    st.characters(codec="utf-8", exclude_categories=("C", "Z"), include_characters=" "), max_size=12
) | st.sampled_from(
    [
        *("'tis Ada", "'+1", "''-x", "+1", "-x", "@you", "＝1", "＋1", "＠x", 'a"b', "a,b", "NO"),
        *("8:30", "null", "~", "- x", "a: b", "[x]", "*x", "O'Neil", "a\\b", "x #y", "1e3"),
    ]
)
names = texts.map(kept)
items = texts.map(lambda text: kept(text.replace(";", ","))).filter(bool)
many = st.lists(items, max_size=3, unique=True).map(tuple)
many = many.filter(lambda these: not says_nothing(these))  # which no list can say
locals_ = st.from_regex(r"[a-z0-9+'#&-]{1,6}[a-z]", fullmatch=True).filter(
    lambda t: not t.startswith("-")
)
addresses = st.builds(
    EmailAddress, locals_, st.sampled_from(["example.org", "xn--bcher-kva.example"])
)
subscribers = st.builds(
    Subscriber,
    address=addresses,
    name=names,
    themes=many,
    keywords=many,
    exclude=many,
    frequency=st.sampled_from(Frequency),
    timezone=st.sampled_from([None, "Europe/Paris", "UTC"]),
    send_at=st.none() | st.times().map(lambda t: time(t.hour, t.minute, t.second)),
    max_papers=st.none() | st.integers(1, 999_999),
    format=st.sampled_from(Format),
    tags=many,
    paused_until=st.sampled_from([None, FURTHER_NOTICE, date(2026, 12, 24)]),
)
lists = st.lists(subscribers, min_size=1, max_size=4, unique_by=lambda s: s.address.key)


def export(readers: list[Subscriber], kind: str) -> str:
    if kind == "csv":
        return "".join(write_csv((who, "") for who in readers))
    return "".join(write_yaml(readers))


def taken_in(text: str, kind: str, into: str, folder: Path) -> list[Subscriber]:
    """The readers of an empty list after an import of the file."""
    path = folder / f"export.{kind}"
    path.write_text(text, encoding="utf-8", newline="")
    plan = planned(path)
    assert counted(plan) == {"new": plan.rows}
    target = folder / f"list.{into}"
    target.unlink(missing_ok=True)
    add_subscribers(target, plan.new)
    found = load_subscribers(config_for(folder, target.name)).subscribers
    return [replace(who, file="", line=0) for who in found]


@settings(max_examples=25, deadline=None)
@given(lists)
@example([Subscriber(address=EmailAddress("#a", "example.org"), name="'")])
@example([Subscriber(address=EmailAddress("'+a", "example.org"), name="'=a")])
def test_export_then_import_is_identity_in_both_formats(readers: list[Subscriber]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for kind, into in (("csv", "csv"), ("csv", "yaml"), ("yaml", "csv"), ("yaml", "yaml")):
            assert taken_in(export(readers, kind), kind, into, Path(folder)) == readers


@settings(max_examples=15, deadline=None)
@given(lists)
def test_csv_to_yaml_to_csv_is_the_same_file(readers: list[Subscriber]) -> None:
    first = export(readers, "csv")
    with tempfile.TemporaryDirectory() as folder:
        as_yaml = export(taken_in(first, "csv", "yaml", Path(folder)), "yaml")
        assert export(taken_in(as_yaml, "yaml", "csv", Path(folder)), "csv") == first


@settings(max_examples=300, deadline=None)
@given(st.text(st.sampled_from(RISKY + "'ab "), max_size=6))
def test_a_shielded_cell_is_no_formula_and_comes_back(text: str) -> None:
    assert not shield(text).startswith(tuple(RISKY))
    assert unshield(shield(text)) == text


@pytest.mark.parametrize("name", ["'tis", "O'Neil", "'", "''", "Ada"])
def test_an_apostrophe_of_a_name_is_left_alone(name: str) -> None:
    assert shield(name) == unshield(name) == name


@settings(max_examples=60, deadline=None)
@given(lists)
def test_no_cell_of_an_export_is_run_by_a_spreadsheet(readers: list[Subscriber]) -> None:
    for row in csv.reader(io.StringIO(export(readers, "csv"), newline="")):
        assert not any(cell.startswith(tuple(RISKY)) for cell in row)


def test_an_export_is_a_list_that_reads_without_a_warning(tmp_path: Path) -> None:
    who = Subscriber(address=EmailAddress.parse("ada@example.org"), name="Ada, of the lab")
    for kind in ("csv", "yaml"):
        (tmp_path / f"a.{kind}").write_text(export([who], kind))
        found = load_subscribers(config_for(tmp_path, f"a.{kind}"))
        assert [replace(s, file="", line=0) for s in found] == [who]
        assert found.problems == ()
