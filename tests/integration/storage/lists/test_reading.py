"""Lists as people and spreadsheets write them: each is read as meant, or refused at its place."""

from __future__ import annotations

import os
from datetime import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.errors import ListError
from digest.model.subscriber import Format, Frequency
from digest.storage.lists import load_subscribers, open_lists
from tests.support.lists import config_for

ROOT = Path(__file__).parents[4]
CSV, YAML = "list.csv", "list.yaml"


def load(folder: Path, name: str, content: bytes | str, *, skip: bool = False):
    raw = content.encode() if isinstance(content, str) else content
    (folder / name).write_bytes(raw)
    return load_subscribers(config_for(folder, name), skip_bad_rows=skip)


GOOD = {
    "plain": (CSV, "email\na@x.org\nb@x.org\n", "a@x.org b@x.org"),
    "upper-case header with blanks": (CSV, " EMAIL ,Name\na@x.org,Ada\n", "a@x.org"),
    "header synonym": (CSV, "E-mail Address,name\na@x.org,Ada\n", "a@x.org"),
    "column order": (CSV, "name;email\nAda;a@x.org\n", "a@x.org"),
    "semicolons": (CSV, "email;name\na@x.org;Ada, L\n", "a@x.org"),
    "tabs": (CSV, "email\tname\na@x.org\tAda\n", "a@x.org"),
    "Excel separator line": (CSV, "sep=;\r\nemail;name\r\na@x.org;Ada\r\n", "a@x.org"),
    "UTF-8 mark": (CSV, b"\xef\xbb\xbfemail\na@x.org\n", "a@x.org"),
    "UTF-16 LE": (CSV, "\ufeffemail,name\na@x.org,Jörg\n".encode("utf-16-le"), "a@x.org"),
    "UTF-16 BE": (CSV, "\ufeffemail,name\na@x.org,Jörg\n".encode("utf-16-be"), "a@x.org"),
    "CR LF": (CSV, "email\r\na@x.org\r\n", "a@x.org"),
    "CR": (CSV, "email\ra@x.org\rb@x.org\r", "a@x.org b@x.org"),
    "blank lines and rows": (CSV, "email,name\n\na@x.org,\n,\n \nb@x.org,B\n", "a@x.org b@x.org"),
    "comments": (CSV, '# who, "reads\nemail\n#a@x.org\nb@x.org\n', "b@x.org"),
    "trailing delimiters": (CSV, "email,name\na@x.org,Ada,,,\n", "a@x.org"),
    "blank before quote": (CSV, 'email,name\na@x.org, "Ada, L"\n', "a@x.org"),
    "only a header": (CSV, "email,name\n", ""),
    "no-break spaces": (CSV, "email\n\u00a0a@x.org\u00a0\u200b\n", "a@x.org"),
    "mailto": (CSV, "email\nmailto:a@x.org?subject=hi\n", "a@x.org"),
    "name and address": (CSV, "email\nAda <a@x.org>\n", "a@x.org"),
    "IDN": (CSV, "email\nu@Bücher.example\n", "u@xn--bcher-kva.example"),
    "UTF-8 local part": (CSV, "email\njürgen@x.org\n", "jürgen@x.org"),
    "plus tag": (CSV, "email\na@x.org\na+b@x.org\n", "a@x.org a+b@x.org"),
    "tsv": ("list.tsv", "email\tname\na@x.org\tAda\n", "a@x.org"),
    "mappings": (YAML, "- email: a@x.org\n- {email: b@x.org}\n", "a@x.org b@x.org"),
    "addresses alone": (YAML, "- a@x.org\n- 'b@x.org'\n", "a@x.org b@x.org"),
    "under a key": (YAML, "subscribers:\n- email: a@x.org\n", "a@x.org"),
    "JSON": (YAML, '[{"email": "a@x.org", "themes": ["A"]}]', "a@x.org"),
    "nobody": (YAML, "[]\n", ""),
    "YAML with a mark": (YAML, b"\xef\xbb\xbf- a@x.org\n", "a@x.org"),
    "YAML in UTF-16": (YAML, "\ufeff- a@x.org\n".encode("utf-16-le"), "a@x.org"),
    "YAML nothing values": (YAML, "- email: a@x.org\n  name:\n  themes: ~\n", "a@x.org"),
}


@pytest.mark.parametrize("case", GOOD)
def test_what_people_write_is_read_without_a_word(case: str, tmp_path: Path) -> None:
    name, content, expected = GOOD[case]
    found = load(tmp_path, name, content)
    assert " ".join(str(s.address) for s in found) == expected
    assert found.problems == ()
    assert found.rows == len(found)


# file, content, where, words that the line must hold
BAD = {
    "bad address": (CSV, "email\na@x.org\n\nnobody\n", "4:1", "no address"),
    "second column": (CSV, "name,email\nAda,a@@x.org\n", "2:5", "no address"),
    "behind a quoted break": (CSV, 'name,email\n"A\nB",nobody\n', "3:4", "no address"),
    "no address": (CSV, "email,name\n,Ada\n", "2:1", "is missing"),
    "two addresses": (CSV, 'email\n"a@x.org; b@x.org"\n', "2:1", "more than one"),
    "formula": (CSV, 'email\n"=HYPERLINK(""mailto:a@x.org"")"\n', "2:1", "formula"),
    "formula that looks like one": (CSV, "email\n=a@x.org\n", "2:1", "formula"),
    "sheet error": (CSV, "email,name\na@x.org,#REF!\n", "2:9", "formula"),
    "sheet error as address": (CSV, "email,name\n#N/A,Ada\n#NAME?,B\n", "2:1", "formula"),
    "too many cells": (CSV, "email,name\na@x.org,Lovelace, Ada\n", "2:19", "3 cells"),
    "frequency": (CSV, "email,frequency\na@x.org,weekley\n", "2:9", "did you mean weekly"),
    "format": (CSV, "email,format\na@x.org,pdf\n", "2:9", "one of html, text"),
    "zone": (CSV, "email,timezone\na@x.org,europe/paris\n", "2:9", "did you mean Europe/Paris"),
    "zone of a machine": (CSV, "email,timezone\na@x.org,localtime\n", "2:9", "unknown time zone"),
    "zone as a path": (CSV, "email,timezone\na@x.org,../etc\n", "2:9", "unknown time zone"),
    "hour": (CSV, "email,send_at\na@x.org,8h30\n", "2:9", "such as 8:30"),
    "hour 24": (CSV, "email,send_at\na@x.org,24:00\n", "2:9", "not a time of day"),
    "no papers": (CSV, "email,max_papers\na@x.org,0\n", "2:9", "whole number"),
    "half a paper": (CSV, "email,max_papers\na@x.org,2.5\n", "2:9", "whole number"),
    "long name": (CSV, f"email,name\na@x.org,{'n' * 201}\n", "2:9", "longer than 200"),
    "empty file": (CSV, "", "1", "is empty"),
    "blank file": (CSV, " \n\n", "1", "is empty"),
    "no email column": (CSV, "Name,Vorname\nA,B\n", "1:1", "it has: 'Name', 'Vorname'"),
    "no header": (CSV, "a@x.org,Ada\n", "1:1", "header row such as"),
    "column twice": (CSV, "email,name,E-Mail\na@x.org,A,B\n", "1:12", "here twice"),
    "only comments": (CSV, "# email\n", "1", "no header row"),
    "a cell without an end": (CSV, 'email,name\na@x.org,"' + "b" * 200_000, "2", "longer than"),
    "a header without an end": (CSV, "a" * 200_000, "1", "longer than"),
    "unclosed quote": (CSV, 'email,name\na@x.org,"Ada\nb@x.org,B\n', "2:9", "never closed"),
    "stray quote": (CSV, 'email,name\na@x.org,"Ada" L\n', "2:9", "text follows"),
    "runaway quote": (
        CSV,
        'email,name\na@x.org,"Ada\nb@x.org,"B"\n',
        "2:9",
        "closed only on line 3",
    ),
    "cut last row": (CSV, "email,name\na@x.org,A\nb@x.o", "3", "cut off"),
    "cut character": (CSV, b"email,name\na@x.org,J\xc3", "2:10", "inside a character"),
    "NUL": (CSV, b"email\na@x.org\nb\0@x.org\n", "3:2", "NUL"),
    "Excel as CSV": (CSV, b"PK\x03\x04\x14\0\x06\0", "1", "is not a text file (if it is an Excel"),
    "Excel as YAML": (YAML, b"PK\x03\x04\x14\0\x06\0", "1", "subscribers import list.yaml`"),
    "UTF-16 without a mark": (CSV, "email\na@x.org\n".encode("utf-16-le"), "1:2", "NUL"),
    "UTF-16 cut": (CSV, "\ufeffemail\na@x.org\n".encode("utf-16-le")[:-1], "2:8", "cut off"),
    "mixed encodings": (
        CSV,
        b"email,name\na@x.org,J\xc3\xb6rg\nb@x.org,J\xf6rg\n",
        "3:10",
        "mixes",
    ),
    "no encoding": (CSV, b"email,name\na@x.org,\x81\n", "2:9", "neither UTF-8"),
    "YAML bad address": (YAML, "# c\n- email: nobody\n", "2:10", "no address"),
    "YAML no address": (YAML, "- name: Ada\n", "1:3", "is missing"),
    "YAML unknown key": (YAML, "- email: a@x.org\n  theme: A\n", "2:3", "did you mean themes"),
    "YAML key twice": (YAML, "- email: a@x.org\n  email: b@x.org\n", "2:3", "here twice"),
    "YAML alias": (YAML, "- &a {email: a@x.org}\n- *a\n", "2:3", "alias"),
    "YAML alias in a row": (YAML, "- email: &a a@x.org\n  name: *a\n", "2:9", "alias"),
    "YAML merge": (
        YAML,
        "- &a {email: a@x.org}\n- {email: b@x.org, <<: *a}\n",
        "2:20",
        "unknown key",
    ),
    "YAML tag": (YAML, "- email: !!python/name:os.system a@x.org\n", "1:10", "tag"),
    "YAML mapping value": (YAML, "- email: a@x.org\n  name: {a: b}\n", "2:9", "not a mapping"),
    "YAML list as a name": (YAML, "- email: a@x.org\n  name: [a, b]\n", "2:9", "not a list"),
    "YAML NO as frequency": (YAML, "- email: a@x.org\n  frequency: NO\n", "2:14", "'NO'"),
    "YAML empty item": (YAML, "- a@x.org\n-\n", "2:2", "empty"),
    "YAML list in a list": (YAML, "- a@x.org\n- [b@x.org]\n", "2:3", "list in the list"),
    "YAML bomb": (YAML, "a: &a [x]\nb: &b [*a, *a]\n", "1:1", "not a list"),
    "YAML scalar": (YAML, "a@x.org\n", "1:1", "not a list"),
    "YAML comments only": (YAML, "# nobody\n", "1", "is empty"),
    "YAML tab": (YAML, "- email: a@x.org\n\tname: A\n", "2:1", "not tabs"),
    "YAML open bracket": (YAML, "[{email: a@x.org}", "1:1", "flow sequence"),
    "YAML open quote": (YAML, "- email: a@x.org\n  name: 'A\n", "2:9", "quoted scalar"),
    "YAML half a key": (YAML, "- email: a@x.org\n  na", "2:3", "':'"),
    "YAML control character": (YAML, b"- a@x.org\n- b\x01@x.org\n", "2", "control character"),
    "YAML in Latin-1": (YAML, b"- email: a@x.org\n  name: J\xf6rg\n", "2:10", "not UTF-8"),
    "YAML two documents": (YAML, "- a@x.org\n---\n- b@x.org\n", "2:1", "second document"),
    "YAML other key": (YAML, "subscribers: [a@x.org]\nlimit: 3\n", "2:1", "limit"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_wrong_is_told_at_its_place(case: str, tmp_path: Path) -> None:
    name, content, place, words = BAD[case]
    with pytest.raises(ListError) as caught:
        load(tmp_path, name, content)
    first = str(next(p for p in caught.value.problems if not p.warning))
    assert first.startswith(f"{name}:{place}: ")
    assert words in first


# Whole files that no option may skip: the keys of BAD whose fault is not one row's.
WHOLE = (
    "empty file",
    "no email column",
    "unclosed quote",
    "runaway quote",
    "cut last row",
    "cut character",
    "NUL",
    "mixed encodings",
    "YAML scalar",
    "YAML open bracket",
    "YAML half a key",
    "YAML in Latin-1",
)


@pytest.mark.parametrize("case", WHOLE)
def test_a_file_that_cannot_be_trusted_is_never_skipped(case: str, tmp_path: Path) -> None:
    name, content, _, _ = BAD[case]
    with pytest.raises(ListError):
        load(tmp_path, name, content, skip=True)


WARNED = {
    "cp1252": (CSV, "email,name\na@x.org,Jörg\n".encode("cp1252"), "2:10", "cp1252"),
    "Mac Roman": (CSV, "email,name\ra@x.org,Jörg\r".encode("mac-roman"), "2:10", "Mac Roman"),
    "unknown column": (CSV, "email,nmae\na@x.org,Ada\n", "1:7", "did you mean name"),
    "no last line break": (CSV, "email\na@x.org", "", "line break"),
    "duplicate": (CSV, "email\na@X.org\nA@x.ORG\n", "3:1", "list.csv:2"),
    "control character": (CSV, "email,name\na@x.org,A\x0bda\n", "2:9", "'A da'"),
    "line separator": (CSV, "email,name\na@x.org,A\u2028da\n", "2:9", "'A da'"),
    "header injection": (
        CSV,
        'email,name\na@x.org,"A\r\nBcc: b@x.org"\n',
        "2:9",
        "'A Bcc: b@x.org'",
    ),
    "direction override": (CSV, "email,name\na@x.org,A\u202eda\n", "2:9", "'A da'"),
    "short row": (CSV, "email,name,themes\na@x.org\n", "2:1", "has 1 cell, the header has 3"),
    "duplicate on one line": (YAML, "[a@x.org, a@x.org]\n", "1:11", "list.yaml:1"),
}


@pytest.mark.parametrize("case", WARNED)
def test_what_is_odd_but_usable_is_a_warning(case: str, tmp_path: Path) -> None:
    name, content, place, words = WARNED[case]
    found = load(tmp_path, name, content)
    assert len(found) == 1
    assert all(c.isprintable() for s in found for c in s.name)
    (problem,) = found.problems
    assert problem.warning
    assert str(problem).startswith(f"{name}:{place}".rstrip(":") + ": ")
    assert words in str(problem)


def test_short_rows_are_told_once_a_list(tmp_path: Path) -> None:
    found = load(tmp_path, CSV, "email,name,themes\na@x.org,A,\nb@x.org\nc@x.org,C\n")
    assert [problem.line for problem in found.problems] == [3]
    assert [s.name for s in found] == ["A", "", "C"]


def test_every_field_is_read_from_csv_and_yaml_alike(tmp_path: Path) -> None:
    csv = (
        "email;name;themes;keywords;exclude;frequency;timezone;send_at;max_papers;format;tags\n"
        'a@x.org;Ada;"A; B";k;e;Weekly;Asia/Tokyo;8:30:00;10.0;TEXT;t\n'
    )
    yaml = (
        "- email: a@x.org\n  name: Ada\n  themes: [A, B]\n  keywords: k\n  exclude: [e]\n"
        "  frequency: weekly\n  timezone: Asia/Tokyo\n  send_at: 8:30\n  max_papers: 10\n"
        "  format: text\n  tags: t\n"
    )
    for name, content in ((CSV, csv), (YAML, yaml)):
        (reader,) = load(tmp_path, name, content)
        assert reader.name == "Ada"
        assert reader.themes == ("A", "B")
        assert (reader.keywords, reader.exclude, reader.tags) == (("k",), ("e",), ("t",))
        assert (reader.frequency, reader.format) == (Frequency.WEEKLY, Format.TEXT)
        assert (reader.timezone, reader.send_at) == ("Asia/Tokyo", time(8, 30))
        assert reader.max_papers == 10
        assert (reader.file, reader.line) == (name, 2 if name == CSV else 1)


@pytest.mark.parametrize(
    "typed", ["NO", "on", "1e3", "2026-11-23", "8:30", "0x1F", "Null", "1_000"]
)
def test_yaml_text_stays_as_typed(typed: str, tmp_path: Path) -> None:
    (reader,) = load(tmp_path, YAML, f"- email: a@x.org\n  name: {typed}\n  tags: [{typed}]\n")
    assert (reader.name, reader.tags) == (typed, (typed,))


def test_all_problems_of_all_lists_come_at_once(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("email,format\nbad,pdf\nok@x.org,html\nworse,\n")
    (tmp_path / "b.yaml").write_text("- email: c\n- email: d\n")
    with pytest.raises(ListError) as caught:
        load_subscribers(config_for(tmp_path, "*.csv", "b.yaml", "gone.csv"))
    places = [f"{p.file}:{p.line}:{p.column}" for p in caught.value.problems]
    assert sorted(places) == [
        "a.csv:2:1",
        "a.csv:2:5",
        "a.csv:4:1",
        "b.yaml:1:10",
        "b.yaml:2:10",
        "gone.csv:0:0",
    ]


def test_bad_rows_are_left_out_only_when_asked(tmp_path: Path) -> None:
    found = load(tmp_path, CSV, "email\na@x.org\nbad\nb@x.org\n", skip=True)
    assert [s.line for s in found] == [2, 4]
    assert (found.rows, found.rejected) == (3, 1)
    assert str(found.problems[0]).startswith("list.csv:3:1: warning: email: row left out: 'bad'")


def test_a_reader_on_two_lists_is_mailed_once(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("- {email: u@bücher.example, name: First}\n")
    (tmp_path / "b.csv").write_text("email,name\nU@XN--BCHER-KVA.example,Second\n")
    found = load_subscribers(config_for(tmp_path, "a.yaml", "*.csv", "./a.yaml"))
    assert [s.name for s in found] == ["First"]
    assert (found.rows, found.duplicates) == (2, 1)
    assert str(found.problems[0]).startswith("b.csv:2:1: warning: email:")
    assert "a.yaml:1" in str(found.problems[0])


def test_a_missing_list_is_an_error_but_an_idle_pattern_a_warning(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("email\na@x.org\n")
    found = load_subscribers(config_for(tmp_path, "a.csv", "*.yaml"))
    assert [p.warning for p in found.problems] == [True]
    for patterns in (("a.csv", "b.csv"), ("*.yaml",), (".",)):
        with pytest.raises(ListError):
            load_subscribers(config_for(tmp_path, *patterns))


def test_a_list_that_is_no_regular_file_does_not_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "list.csv")
    with pytest.raises(ListError, match="regular"):
        load_subscribers(config_for(tmp_path, "list.csv"))


def test_a_list_outside_the_folder_is_named_in_full(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "out.csv").write_text("email\nbad\n")
    with pytest.raises(ListError, match=str(tmp_path / "out.csv")):
        load_subscribers(config_for(tmp_path / "in", "../out.csv"))


def test_a_csv_cut_at_any_byte_is_read_with_a_warning_or_refused(tmp_path: Path) -> None:
    """A prefix that ends inside a line never passes in silence."""
    rows = "".join(f"reader{n}@example.org,Jörg {n},daily\n" for n in range(8))
    raw = ("email,name,frequency\n" + rows).encode()
    for cut in range(len(raw)):
        if raw[:cut].endswith(b"\n"):
            continue
        try:
            found = load(tmp_path, CSV, raw[:cut])
        except ListError:
            continue
        assert found.problems, raw[:cut]


def test_the_example_lists_pass_without_a_warning() -> None:
    found = load_subscribers(config_for(ROOT, "subscribers/readers.yaml", "subscribers/*.csv"))
    assert len(found) == 12
    assert found.problems == ()


CELL = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
ADDRESS = st.sampled_from(["a@x.org", "A@X.org", "b@x.org", "bad", "", "c <c@x.org>", "=1"])


@settings(max_examples=150, deadline=None)
@given(rows=st.lists(st.tuples(ADDRESS, CELL, CELL), max_size=6), skip=st.booleans())
def test_every_row_is_accepted_or_rejected(rows, skip, tmp_path_factory) -> None:
    """rows in == accepted + rejected, whatever stands in the cells."""
    import csv

    folder = tmp_path_factory.mktemp("lists")
    with (folder / CSV).open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, quoting=csv.QUOTE_ALL)
        writer.writerow(["email", "name", "themes"])
        writer.writerows(rows)
    reading = open_lists(config_for(folder, CSV), skip_bad_rows=skip)
    given_out = 0
    try:
        for _ in reading:
            given_out += 1
    except ListError:
        pass
    assert reading.rows == reading.accepted + reading.rejected
    assert reading.accepted == given_out + reading.duplicates
    if not any("\0" in cell for row in rows for cell in row):
        assert reading.rows == sum(1 for row in rows if any(row))


def test_names_saved_on_a_mac_keep_their_letters(tmp_path: Path) -> None:
    raw = "email,name\ra@x.org,Jörg Groß\r".encode("mac-roman")
    (reader,) = load(tmp_path, CSV, raw)
    assert reader.name == "Jörg Groß"
