"""A list in config.yaml is a path, or a mapping of what its readers did not choose."""

from __future__ import annotations

from datetime import time
from pathlib import Path

import pytest

from digest.model import EditionKey
from tests.unit.config.test_reading import LEAST, load, told

DAY, WEEK = EditionKey("2026-11-23"), EditionKey("2026-W48")


def with_lists(text: str) -> str:
    return f"{LEAST}subscribers:\n  lists:\n    - readers.yaml\n    - {text}\n"


def test_paths_and_mappings_stand_side_by_side(tmp_path: Path):
    text = "{path: b.csv, themes: [Vision], tags: 'lab; x', send_at: 8:30, templates: plain}"
    first, second = load(tmp_path, with_lists(text)).subscribers.lists
    assert (first.path, first.tags, first.frequency) == ("readers.yaml", (), None)
    assert (second.path, second.themes, second.tags) == ("b.csv", ("Vision",), ("lab", "x"))
    assert second.send_at == time(8, 30)
    assert (second.templates.of(DAY), second.templates.of(WEEK)) == ("plain", "")
    both = load(tmp_path, with_lists("{path: b.csv, templates: {weekly: slow}}"))
    looks = both.subscribers.lists[1].templates
    assert (looks.of(DAY), looks.of(WEEK)) == ("", "slow")


MISTAKES = [
    ("{path: b.csv, themse: [x]}", "8:21", "themse: unknown key (did you mean themes?)"),
    ("{path: b.csv, frequency: dayly}", "8:21", "frequency: must be one of daily, weekdays"),
    ("{path: b.csv, send_at: 25:00}", "8:21", "send_at: is not a time of day"),
    ("{path: b.csv, timezone: Paris}", "8:21", "timezone: is not an IANA time zone"),
    ("{path: b.csv, max_papers: 0}", "8:21", "max_papers: must be more than 0"),
    ("{path: b.csv, templates: {dayly: x}}", "8:33", "templates.dayly: unknown key (did you me"),
    ("{path: b.csv, templates: []}", "8:21", "templates: must be a template set's name, or"),
    ("{tags: [x]}", "8:7", ": needs a path, or a name and a query; not both"),
    ("{path: b.csv, name: x, query: x}", "8:7", ": needs a path, or a name and a query; not both"),
    ("{query: SELECT 1}", "8:7", ": needs a name, which its readers' rows are known by"),
    ("{path: b.csv, url: 'sqlite:///x'}", "8:7", ": url goes with a query, not with a path"),
    ("{name: m.csv, query: x}", "8:8", "name: must not look like a file's name"),
    ("{name: m, query: x, url: x.db}", "8:27", "url: is no database's address; write postgres"),
    ("{name: m, query: x, url: 'postgresql://u:p@h/d'}", "8:27", "url: holds a password; leave"),
]


@pytest.mark.parametrize(("text", "place", "words"), MISTAKES)
def test_each_mistake_is_told_at_its_place(tmp_path: Path, text: str, place: str, words: str):
    (line,) = told(tmp_path, with_lists(text))
    assert line.startswith(f"config.yaml:{place}: subscribers.lists[1].{words}".replace(".:", ":"))


def test_two_queries_have_two_names(tmp_path: Path):
    text = "{name: m, query: x}\n    - {name: m, query: y}"
    (line,) = told(tmp_path, with_lists(text))
    assert "two lists are called m" in line


@pytest.mark.parametrize("text", ["5", "[a.csv]"])
def test_what_is_neither_is_told(tmp_path: Path, text: str):
    (line,) = told(tmp_path, with_lists(text))
    assert "subscribers.lists[1]: must be a path, or a mapping with a path" in line


@pytest.mark.parametrize("share", ["0", "-1", "1.1", "half"])
def test_a_list_shrinks_by_a_share(tmp_path: Path, share: str):
    (line,) = told(tmp_path, f"{LEAST}subscribers: {{shrink: {share}}}")
    assert "subscribers.shrink: " in line
