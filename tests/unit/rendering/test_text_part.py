"""The text part holds what the HTML part holds, in lines that anybody can read."""

from __future__ import annotations

import random
import re
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from digest.mailing.assemble import Assembled, Assembler
from digest.mailing.choice import Choice
from digest.model import Edition, Format, Rendition
from digest.prose.wrapping import COLUMNS, columns_of
from digest.rendering.render import render_edition
from digest.rendering.sample import awkward_edition
from digest.storage.templates import load_template_set
from tests.support.examples import examples
from tests.support.joining import READER, fill
from tests.support.real_letters import NEWSLETTER, NOWHERE, real_edition, real_letter

SETS = ("daily", "plain")
EDITIONS = ("awkward", "1", "10", "30", "50", "100")
REASONS = (
    "because you follow Safety & alignment",
    "matches: test-time compute, 大規模言語モデルの推論, reinforcement learning from feedback",
    "close to: Attention Is All You Need and What Came of It in the Years That Followed It · x",
)


@cache
def edition_of(name: str) -> Edition:
    return awkward_edition() if name == "awkward" else real_edition(int(name))


@cache
def rendition_of(name: str, templates: str) -> Rendition:
    return render_edition(edition_of(name), load_template_set(templates, NOWHERE), NEWSLETTER)


@cache
def assembler_of(name: str, templates: str, budget: int) -> Assembler:
    return Assembler(rendition_of(name, templates), budget)


def choose(edition: Edition, chance: random.Random, format: Format) -> Choice:
    """Some papers at least, with a reason behind some of them."""
    share = chance.choice((0.1, 0.5, 1))
    papers = [
        tuple(n for n in range(len(section.papers)) if chance.random() < share)
        for section in edition.sections
    ]
    if not any(papers):
        papers[chance.randrange(len(papers))] = (0,)
    why = tuple(
        tuple(" · ".join(chance.sample(REASONS, chance.randrange(4))) for _ in section)
        for section in papers
    )
    return Choice(tuple(papers), format, why)


def text_of(body: Assembled) -> str:
    return fill(body.text, READER)


letters = given(
    st.sampled_from(EDITIONS),
    st.sampled_from(SETS),
    st.sampled_from((6_000, 12_000, 30_000, 96_000)),
    st.sampled_from(Format),
    st.randoms(use_true_random=False),
)


@examples(60)
@letters
def test_whatever_is_chosen_the_text_is_well_set(name, templates, budget, format, chance) -> None:
    """72 columns but for one endless word; two empty lines at most; nothing behind a line."""
    choice = choose(edition_of(name), chance, format)
    text = text_of(assembler_of(name, templates, budget).assemble(choice))
    for line in text.split("\n"):
        assert columns_of(line) <= COLUMNS or len(line.removeprefix("- ").split()) == 1, line
        assert line == line.rstrip()
    assert "\n\n\n\n" not in text
    assert text[0] != "\n"
    assert text.rstrip("\n") in (text, text[:-1])


@examples(60)
@letters
def test_whatever_is_chosen_the_text_has_each_title_and_link_of_the_html_in_its_order(
    name, templates, budget, format, chance
) -> None:
    choice = choose(edition_of(name), chance, format)
    body = assembler_of(name, templates, budget).assemble(choice)
    page, text = html.fromstring(fill_html(body)), text_of(body)
    wanted = [a.get("href") for a in page.iter("a") if (a.get("href") or "#")[0] != "#"]
    found = re.findall(r"https?://\S+", text)
    assert once(found) == once(wanted)
    words, place = " ".join(text.split()), 0
    for title in titles_of(page):
        place = squeezed(words).find(squeezed(title), place)
        assert place >= 0, title


def fill_html(body: Assembled) -> str:
    values = {name: value.replace("&", "&amp;") for name, value in READER.items()}
    return fill(body.html, values)


def once(links: list[str]) -> list[str]:
    """Without a link behind itself: a title leads to the abstract, and so does "Abstract"."""
    return [link for n, link in enumerate(links) if not n or links[n - 1] != link]


def titles_of(page: html.HtmlElement) -> list[str]:
    """What is a heading, and the papers that stand in a line."""
    named = page.xpath("//h2 | //h3 | //td[not(.//h3)]/a[not(starts-with(@href, '#'))]")
    return [" ".join(element.text_content().split()) for element in named]


def squeezed(text: str) -> str:
    """Without blanks, as a line may end between two letters of a script that has none.

    Nor with the signs that stand for raised and lowered letters in plain text alone.
    """
    return re.sub(r"[\s^_()]", "", text)


@pytest.mark.parametrize("templates", SETS)
@pytest.mark.parametrize("count", [1, 10, 30, 50, 100])
def test_the_text_arrives_as_it_was_set(count: int, templates: str) -> None:
    text = real_letter(count, templates).text
    assert text.endswith("\n")
    assert not text.endswith("\n\n")
    lines = text.split("\n")
    assert not [line for line in lines if line != line.rstrip()]
    assert not [line for line in lines if columns_of(line) > COLUMNS and len(line.split()) > 1]


def test_nothing_is_there_only_to_be_looked_at() -> None:
    """A screen reader speaks rows of "=", "*", "#", bullets and triangles; dashes it passes over.

    Levels of NVDA's symbols: https://github.com/nvaccess/nvda, source/locale/en/symbols.dic.
    """
    lines = real_letter(100).text.split("\n")
    assert not [line for line in lines if re.match(r"\s*[=*#•▲>|]", line)]
    assert "▲" not in "".join(lines)
    assert "★" not in "".join(lines)
    below = [n for n, line in enumerate(lines) if re.fullmatch("-+", line)]
    assert len(below) > 3
    assert all(len(lines[n]) == max(map(columns_of, heading(lines, n))) for n in below)


def heading(lines: list[str], rule: int) -> list[str]:
    """The lines of the heading above a row of dashes."""
    start = next(n for n in range(rule, 0, -1) if not lines[n - 1])
    return lines[start:rule]


def test_papers_are_parted_by_one_empty_line_and_headings_by_two() -> None:
    edition = real_edition(30)
    text = real_letter(30).text
    for section in edition.sections:
        assert f"\n\n\n{section.theme}\n---" in text
        for paper in section.papers:
            title = paper.title if len(paper.title) <= COLUMNS else paper.title[:40]
            above = r"\n\n(Above: )?" + re.escape(title)
            assert re.search(above, text), title
            assert not re.search(r"\n" + above, text)


def test_links_stand_at_line_ends_behind_their_names() -> None:
    for line in real_letter(100).text.split("\n"):
        name, found, link = line.partition("https://")
        if found:
            assert " " not in link
            assert re.fullmatch(r"|  |  [A-Z][A-Za-z]+( \([\d,]+ (stars?|comments?)\))?: ", name)
