"""Themes through the command line: the names of yesterday, rules, and wrong settings."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.newsroom import Newsroom

LABELLED = Path(__file__).parents[1] / "data" / "labelled"


@pytest.fixture
def room(tmp_path):
    room = Newsroom(tmp_path)
    room.configure(
        sources=[{"kind": "file", "path": "day.jsonl"}],
        edition={"max_papers": 200},
        themes={"discover": True},
    )
    return room


def write_day(room, name: str, *, turned: bool = False) -> None:
    lines = (LABELLED / f"{name}.jsonl").read_text("utf-8").splitlines()
    room.write("day.jsonl", "\n".join(lines[::-1] if turned else lines))


def themes(edition) -> list[tuple[str, str, list[str]]]:
    return [
        (s["theme"], s["subtitle"], [p["source_id"] for p in s["papers"]])
        for s in edition["sections"]
    ]


def test_the_same_papers_make_the_same_themes_in_any_order_and_process(room):
    write_day(room, "hf_2025-10-15_hand")
    room.environ["PYTHONHASHSEED"] = "1"
    first = themes(room.run("compose", "--json").json)
    write_day(room, "hf_2025-10-15_hand", turned=True)
    room.environ["PYTHONHASHSEED"] = "2"
    again = themes(room.run("compose", "--refresh", "--json").json)
    assert first == again
    assert len(first) > 6


def test_a_theme_keeps_the_name_that_it_had_the_day_before(room):
    """A phrase that named a theme yesterday is preferred today to one that is as good."""
    yesterday = ["Sourdough Starter Ecology of Malta", "Sourdough Starter Ecology at Sea"]
    today = ["Sourdough Starter Ecology and Climate", "Why Sourdough Starter Ecology Matters"]
    for day, titles in (("2026-11-23", yesterday), ("2026-11-24", today)):
        rows = [{"id": f"{day}-{n}", "title": title} for n, title in enumerate(titles)]
        room.write("day.jsonl", "\n".join(map(json.dumps, rows)))
        renamed = {"Sourdough Starter Ecology": "Starter Ecology"} if titles == yesterday else {}
        room.configure(themes={"discover": True, "rename": renamed})
        edition = room.run("compose", "--date", day, "--json", "--refresh").json
        assert [s["theme"] for s in edition["sections"]] == ["Starter Ecology"]


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ({"taxonomy": "gone.yaml"}, "gone.yaml: cannot be read"),
        ({"merge": {"Vision": ["Segmentatoin"]}}, "did you mean 'Segmentation'"),
        ({"rename": {"Agents and Tool Use": "Agents"}}, "did you mean 'Agents & Tool Use'"),
        ({"rules": [{"name": "A", "keywords": ["a"], "weigth": 2}]}, "did you mean weight"),
    ],
)
def test_a_wrong_setting_of_themes_is_one_line_and_exit_code_2(room, setting, said):
    write_day(room, "seed32_hand")
    room.configure(themes=setting)
    for command in (("compose",), ("doctor", "--offline")):
        done = room.run(*command)
        assert done.code in ((2,) if command == ("compose",) else (1, 2)), done.err
        assert said in done.out + done.err
        assert "Traceback" not in done.err
