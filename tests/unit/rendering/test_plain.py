"""The template set `plain`: a letter like a good text mail."""

from __future__ import annotations

import re

import pytest
from lxml import html

from digest.model import Rendition
from digest.rendering.check import check_templates
from digest.rendering.check_page import loose_tags
from digest.rendering.render import render_edition
from digest.rendering.sample import awkward_edition
from digest.storage.templates import load_template_set
from tests.support.joining import join_letter
from tests.support.real_letters import NEWSLETTER, NOWHERE, real_edition, real_letter
from tests.unit.rendering.test_render import ALLOWED_TAGS, make_edition, make_paper

PLAIN = load_template_set("plain", NOWHERE)
DAILY = load_template_set("daily", NOWHERE)
#: Bytes of markup around a paper's words, the addresses of its links and their names.
MARKUP = 300


def render(edition) -> Rendition:
    return render_edition(edition, PLAIN, NEWSLETTER)


def test_it_passes_the_check_and_has_the_blocks_of_daily() -> None:
    assert check_templates(PLAIN, NEWSLETTER) == ()
    plain, daily = render(awkward_edition()), render_edition(awkward_edition(), DAILY, NEWSLETTER)
    assert len(plain.lead.papers) == len(daily.lead.papers) == 4
    assert plain.why.html.fields == daily.why.html.fields == ("why",)
    assert plain.head.text == daily.head.text
    assert plain.sections[0].papers[0].full.text == daily.sections[0].papers[0].full.text


def test_a_paper_costs_little_more_than_its_words() -> None:
    rendition = render(real_edition(100))
    for section in rendition.sections:
        for paper in section.papers:
            for piece in (paper.full, paper.brief, paper.line):
                (block,) = piece.html.literals
                words = " ".join(re.sub("<[^>]*>", "", block).split())
                addresses = "".join(re.findall('(?:href|aria-label)="([^"]*)"', block))
                assert len(block.encode()) - len((words + addresses).encode()) < MARKUP
    assert len(real_letter(100, "plain").html.encode()) < 96_000
    assert real_letter(100, "plain").shortened.full > real_letter(100).shortened.full


def test_it_has_no_picture_and_one_size_of_type() -> None:
    page = real_letter(30, "plain").html
    body = page.partition("<body")[2]
    assert "<img" not in body
    assert "▲" not in body
    assert set(re.findall(r"font-size:(\d+)px", body)) - {"0"} == {"15"}


@pytest.mark.parametrize(
    "title", ["<script>alert(1)</script>", 'a"><img src=x>&amp;', "</td>{{7*7}}"]
)
def test_a_hostile_text_is_escaped_exactly_once_everywhere(title: str) -> None:
    """Its counts come from templates of the text part, which escape nothing."""
    paper = make_paper(1, title, abstract=title, authors=(title, title), organization=title)
    rendition = render(make_edition((paper,)))
    for length in ("full", "brief", "line"):
        page = join_letter(rendition, choose=lambda s, p, length=length: length)
        assert loose_tags(page) == ("", "")
        tree = html.fromstring(page)
        tags = {str(element.tag) for element in tree.find("body").iter("*")}
        assert tags <= ALLOWED_TAGS | {"br"}
        assert title in [link.text_content() for link in tree.iter("a")]
        if length != "line":
            names = title if length == "brief" else f"{title}, {title}; {title}"
            assert names in tree.text_content()


def test_links_and_headings_are_as_in_daily() -> None:
    """Titles of the second rank under the day, papers under those; every anchor has its link."""
    tree = html.fromstring(join_letter(render(awkward_edition()), lead="full", more=2))
    levels = [int(heading.tag[1]) for heading in tree.iter("h1", "h2", "h3")]
    assert levels[:3] == [1, 2, 3]
    assert levels.count(1) == 1
    anchors = {a.get("name") for a in tree.iter("a") if a.get("name")}
    targets = {a.get("href")[1:] for a in tree.iter("a") if (a.get("href") or "").startswith("#")}
    assert targets == anchors == {f"t{number}" for number in range(1, len(targets) + 1)}
