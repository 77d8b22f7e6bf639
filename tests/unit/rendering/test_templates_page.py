"""docs/templates.md tells what templates see, and its examples work."""

from __future__ import annotations

import re
from dataclasses import fields
from itertools import pairwise
from pathlib import Path

import jinja2.defaults
import pytest

from digest.model import READER_FIELDS, SEGMENT_FIELDS
from digest.proofing import proof_letter
from digest.rendering import view, week
from digest.rendering.check import check_templates
from digest.rendering.environment import make_environment
from digest.rendering.language import speak
from digest.rendering.render import BLOCKS, render_edition
from digest.rendering.sample import awkward_edition
from digest.storage.templates import load_template_set
from tests.support.joining import join_letter
from tests.support.real_letters import real_edition, write_letter
from tests.support.real_weeks import real_week
from tests.support.templates import shipped_templates
from tests.unit.rendering.test_render import NEWSLETTER

PAGE = (Path(__file__).parents[3] / "docs" / "templates.md").read_text("utf-8")
SHIPPED = shipped_templates()
TABLES = {
    "edition": view.EditionView,
    "section": view.SectionView,
    "paper": view.PaperView,
    "link": view.LinkView,
    "week": week.WeekView,
    "day": week.DayView,
    "best": week.BestView,
    "number": week.NumberView,
}


def told(prefix: str) -> set[str]:
    """The names behind `prefix.` in the first column of a table."""
    rows = [line.split("|")[1] for line in PAGE.splitlines() if line.startswith("| `")]
    return {name for row in rows for name in re.findall(rf"`{prefix}\.([a-z_]+)`", row)}


@pytest.mark.parametrize("prefix", TABLES)
def test_the_page_names_everything_that_a_template_sees(prefix: str) -> None:
    # The stylesheets of the weekly set are files, not names.
    files = {name.partition(".")[2].partition(".")[0] for name in ("week.mjml.j2", "week.txt.j2")}
    assert told(prefix) - files == {field.name for field in fields(TABLES[prefix])}


def test_the_page_names_every_merge_field_and_no_other() -> None:
    assert told("field") == SEGMENT_FIELDS | READER_FIELDS


def test_the_page_names_every_block_and_every_mark() -> None:
    letters = SHIPPED.files["letter.mjml.j2"] + SHIPPED.files["letter.txt.j2"]
    blocks = set(re.findall(r"{% block (\w+)", letters.partition("-#}")[2]))
    section = PAGE.partition("## Blocks")[2].partition("## Marks")[0]
    rows = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    assert {name for row in rows for name in re.findall(r"`(\w+)`", row)} == blocks
    marks = PAGE.partition("## Marks")[2].partition("A letter is a choice")[0]
    assert tuple(re.findall(r"`begin\.(\w+)`", marks)) == BLOCKS


def test_the_page_names_every_filter_of_ours() -> None:
    ours = (
        make_environment(SHIPPED, speak("en")).filters.keys()
        - jinja2.defaults.DEFAULT_FILTERS.keys()
    )
    section = PAGE.partition("| filter |")[2].partition("\n\n")[0]
    assert set(re.findall(r"\| `(\w+)\(", section)) == ours


def example(title: str) -> dict[str, str]:
    """The files of one example."""
    section = PAGE.partition(f"## Example: {title}")[2].partition("\n## ")[0]
    found = re.findall(r"`templates/lab/([\w.]+)`:\n\n```jinja\n(.*?)```", section, re.DOTALL)
    return dict(found)


def printed(title: str) -> tuple[str, str]:
    """Both parts of a letter with the example's files, in which check finds nothing."""
    templates = shipped_templates(own=example(title))
    assert check_templates(templates, NEWSLETTER) == ()
    rendition = render_edition(awkward_edition(), templates, NEWSLETTER)
    return join_letter(rendition), join_letter(rendition, "text")


def put(folder: Path, files: dict[str, str]) -> Path:
    """The newsletter's folder with the set `lab` of these files."""
    for name, text in files.items():
        (folder / "templates" / "lab").mkdir(parents=True, exist_ok=True)
        (folder / "templates" / "lab" / name).write_text(text, "utf-8")
    return folder


@pytest.mark.parametrize("shipped", ["daily", "weekly"])
def test_the_example_of_a_colour_dresses_each_shipped_letter(tmp_path: Path, shipped: str) -> None:
    said = '{% extends "weekly/letter.mjml.j2" %}'
    assert said in PAGE
    letter = example("another colour")["letter.mjml.j2"]
    letter = letter.replace('"daily/', f'"{shipped}/')
    assert shipped == "daily" or letter.startswith(said)
    put(tmp_path, {"letter.mjml.j2": letter})
    assert check_templates(load_template_set("lab", tmp_path), NEWSLETTER) == ()
    made = write_letter(real_week(), templates="lab", folder=tmp_path)
    assert [str(each) for each in proof_letter(made.content)] == []
    assert made.html.partition("</head>")[2].count("color:#7a1fa2") > 10
    for part in (made.html, made.text):
        assert ("The week in numbers" in part) is (shipped == "weekly")


def test_the_example_of_a_paper_has_nothing_to_find(tmp_path: Path) -> None:
    put(tmp_path, example("another paper"))
    letter = write_letter(real_edition(30), templates="lab", folder=tmp_path)
    assert [str(each) for each in proof_letter(letter.content)] == []
    assert "\n\n\n\n" not in letter.text
    titles = {paper.title for paper in real_edition(30).papers}
    lines = letter.text.split("\n")
    assert not any(line in titles and set(below) == {"-"} for line, below in pairwise(lines))


def test_the_example_of_a_colour_colours_colours_links_in_light_and_dark() -> None:
    page, _ = printed("another colour")
    head, _, body = page.partition("</head>")
    assert "color:#0b57c2" not in body
    assert body.count("color:#7a1fa2") > 10
    assert ".name,.link,.l{color:#d9a8f0!important}" in head.replace("\n", "")


def test_the_example_of_a_paper_prints_it_as_shown() -> None:
    assert set(example("another paper")) == {"letter.mjml.j2", "letter.txt.j2"}
    page, text = printed("another paper")
    block = page.partition("Everything at once")[2].partition("</tr>")[0]
    assert block.index("Word Word") < block.index("Author Number 0 et al.")
    assert "PDF" in block
    assert "Abstract" not in page
    assert "Author Number 0" not in text
