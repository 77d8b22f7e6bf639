"""The blocks of a rendered edition: what holds whatever the papers and the reader's choice."""

from __future__ import annotations

import json
import random
import re
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import lru_cache
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from digest.config import NewsletterConfig
from digest.model import Edition, EditionKey, Mark, Paper, PaperId, Rendition, Score, Section
from digest.rendering.check_page import loose_tags
from digest.rendering.marks import Marks
from digest.rendering.render import render_edition
from digest.rendering.sample import awkward_edition
from tests.support.examples import examples
from tests.support.joining import READER, join_letter
from tests.support.templates import shipped_templates

NEWSLETTER = NewsletterConfig.model_validate(
    {
        "from": "Daily Papers <papers@example.org>",
        "name": "Daily Papers",
        "tagline": "Trending papers in your inbox",
        "curator": "AK and the research community",
        "site_url": "https://papers.example.org/",
        "postal_address": "1 Example Street, 75001 Paris",
    }
)

ALLOWED_TAGS = frozenset(
    (
        "body",
        "div",
        "table",
        "tbody",
        "tr",
        "td",
        "h1",
        "h2",
        "h3",
        "p",
        "a",
        "b",
        "img",
        "span",
        "sub",
        "sup",
    )
)


def make_paper(number: int, title: str = "", **more: object) -> Paper:
    base = Paper(
        ids=(PaperId("arxiv", f"2611.{number:05d}"),),
        title=title or f"A paper about the number {number}",
        abstract="A sentence of an abstract that says something. " * 12,
        authors=("Ada Byron", "Grace Hopper", "Edsger Dijkstra", "Barbara Liskov", "Tony Hoare"),
        url=f"https://arxiv.org/abs/2611.{number:05d}",
        pdf_url=f"https://arxiv.org/pdf/2611.{number:05d}",
        thumbnail=f"https://pictures.example.org/{number}.png",
        votes=number,
        score=Score(total=float(number)),
    )
    return replace(base, **more)  # type: ignore[arg-type]


def make_edition(*sections: tuple[Paper, ...], key: str = "2026-11-23") -> Edition:
    return Edition(
        key=EditionKey(key),
        date=date(2026, 11, 23),
        created_at=datetime(2026, 11, 23, 6, tzinfo=UTC),
        sections=tuple(
            Section(theme=f"Theme {n}", subtitle="some, words", papers=papers)
            for n, papers in enumerate(sections, 1)
        ),
    )


def render(edition: Edition, newsletter: NewsletterConfig = NEWSLETTER) -> Rendition:
    return render_edition(edition, shipped_templates(), newsletter)


@lru_cache(maxsize=1)
def awkward() -> Rendition:
    return render(awkward_edition())


@examples(60)
@given(st.randoms(use_true_random=False))
def test_any_choice_of_papers_and_lengths_joins_to_balanced_html(chance: random.Random) -> None:
    rendition = awkward()
    lengths = {
        (section, paper): chance.choice(["full", "brief", "line", None])
        for section in range(len(rendition.sections))
        for paper in range(len(rendition.sections[section].papers))
    }
    rendition = replace(rendition, seam_after=chance.randint(1, 5))
    page = join_letter(
        rendition,
        choose=lambda s, p: lengths[s, p],
        more=chance.randint(0, 8),
        lead=chance.choice(["full", "brief", None]),
    )
    assert loose_tags(page) == ("", "")
    # What Word sees: the same page with its conditional comments opened up.
    for_word = re.sub(
        r"<!--\[if (?:mso \| IE|mso)\]>(.*?)<!\[endif\]-->", r"\1", page, flags=re.DOTALL
    )
    for_word = for_word.partition("<body")[2].partition("</body>")[0]
    assert loose_tags(f"<body{for_word}</body>") == ("", "")


def test_balance_is_judged_by_every_tag() -> None:
    assert loose_tags("<tr><td>x<br></td></tr>") == ("", "")
    assert loose_tags("<tr><td>x</tr>") != ("", "")
    assert loose_tags("</table><table>") == ("</table>", "<table>")


def test_rendering_is_a_function_of_its_arguments() -> None:
    edition = make_edition((make_paper(1), make_paper(2)))
    assert render(edition) == render(edition)


def test_a_title_that_looks_like_a_mark_stays_a_title() -> None:
    plain = make_edition((make_paper(1),))
    stolen = Marks.of(plain)
    forged = f"<!--{stolen.key}:foot--> {stolen.key}.unsubscribe_url. <!--k:more-->"
    rendition = render(make_edition((make_paper(1, forged),)))
    block = rendition.sections[0].papers[0].full
    assert "unsubscribe_url" not in block.html.fields
    assert "unsubscribe_url" not in block.text.fields
    assert stolen.key in "".join(block.text.literals)
    assert "<!--" not in "".join(block.html.literals)


def test_no_mark_is_left_in_a_letter() -> None:
    edition = make_edition((make_paper(1), make_paper(2)))
    key = Marks.of(edition).key
    rendition = render(edition)
    assert key not in join_letter(rendition, more=2)
    assert key not in join_letter(rendition, "text", more=2)
    assert READER["unsubscribe_url"] in join_letter(rendition)


@pytest.mark.parametrize(
    "title",
    [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "<b>unclosed & {{7*7}} {% raw %} ]]> <mj-raw>",
        "a<b and c>d &amp; &lt;",
        "</td></tr></table></mj-raw></mjml>",
        "<!-- [if mso]><table><![endif]-->",
    ],
)
def test_a_hostile_text_is_escaped_exactly_once_everywhere(title: str) -> None:
    paper = make_paper(1, title, abstract=title, authors=(title,), organization=title)
    edition = make_edition((paper,))
    sections = (replace(edition.sections[0], theme=title),)
    edition = replace(edition, sections=sections, lead=(paper.id,))
    rendition = render(edition, NEWSLETTER.model_copy(update={"name": title}))
    for length in ("full", "brief", "line"):
        first = None if length == "line" else length
        page = join_letter(rendition, choose=lambda s, p, length=length: length, lead=first)
        assert loose_tags(page) == ("", "")
        tree = html.fromstring(page)
        assert {str(element.tag) for element in tree.find("body").iter("*")} <= ALLOWED_TAGS
        names = {str(name) for element in tree.iter("*") for name in element.attrib}
        assert not {name for name in names if name.startswith("on")}
        shown = [" ".join(link.text_content().split()) for link in tree.iter("a", "h3")]
        assert " ".join(title.split()) in shown
        assert " ".join(title.split()) in " ".join(join_letter(rendition, "text").split())


def test_control_and_private_use_characters_never_reach_a_letter() -> None:
    rendition = render(make_edition((make_paper(1, "A\x00B\x0b\x85C\ue000D\U000f0001E"),)))
    for part in ("html", "text"):
        page = join_letter(rendition, part)
        assert "ABCDE" in page
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\ue000-\uf8ff]", page)


def test_only_addresses_that_a_browser_may_follow_become_links() -> None:
    bad = ("javascript:alert(1)", "data:text/html,x", "//host/x", "file:///etc/passwd", "https://")
    papers = tuple(make_paper(n, url=url, pdf_url=url, thumbnail=url) for n, url in enumerate(bad))
    page = join_letter(render(make_edition(papers)))
    addresses = re.findall(r'(?:href|src)="([^"]*)"', page)
    assert all(a.startswith(("https://papers.example.org", "#")) for a in addresses)
    assert "A paper about the number 0" in page


def test_the_page_is_in_standards_mode_with_its_language_and_title() -> None:
    page = join_letter(render(make_edition((make_paper(1),))))
    assert page.startswith('<!DOCTYPE html>\n<html lang="en" dir="ltr"')
    assert "<title>Daily Papers, Monday, 23 November 2026</title>" in page
    for meta in ("color-scheme", "format-detection", "x-apple-disable-message-reformatting"):
        assert f'name="{meta}"' in page
    assert "fonts.googleapis" not in page


def test_dark_rules_keep_their_important_beside_inlined_styles() -> None:
    page = join_letter(render(make_edition((make_paper(1),))))
    dark = page.partition("@media (prefers-color-scheme:dark)")[2].partition("</style>")[0]
    assert "\n.card,.card>table{background-color:#181d23!important}" in dark
    assert "[data-ogsc] .name,[data-ogsc] .l,[data-ogsc] .link{color:#8ab8ff!important}" in dark
    assert "[data-ogsb] .card" in dark
    assert dark.count("!important") > 20
    assert 'class="l" href="https://arxiv.org/abs/2611.00001" style="color:#0b57c2' in page


def test_every_class_with_a_light_text_colour_has_a_dark_one() -> None:
    templates = shipped_templates()
    light = {
        name
        for name, rule in re.findall(
            r"^\.(\w+)\{(.*)\}$", templates.files["style.css.j2"], re.MULTILINE
        )
        if re.search(r"(?:^|;)color:", rule)
    }
    page = join_letter(render(make_edition((make_paper(1),))))
    dark = page.partition("@media (prefers-color-scheme:dark)")[2].partition("</style>")[0]
    media, _, outlook = dark.partition("\n}\n")
    assert light
    for name in light:
        assert re.search(rf"\.{name}\b[^{{]*\{{color:", media), name
        assert re.search(rf"\[data-ogsc\] \.{name}\b", outlook), name


def test_thunderbird_alone_reads_the_dark_rules_that_are_its_own() -> None:
    """Webmail that drops the media attribute must not go dark; dark mode needs a background."""
    page = join_letter(render(make_edition((make_paper(1),))))
    sheet = page.partition('<style media="(prefers-color-scheme:dark)">')[2].partition("<")[0]
    rules = re.findall(r"([^{}]+)\{([^{}]*)\}", sheet)
    assert len(rules) > 8
    for selectors, declarations in rules:
        names = selectors.strip().split(",")
        assert all(name.startswith(".moz-text-html .") for name in names), selectors
        if declarations.startswith("color:"):
            assert "background-color:" in declarations


def test_a_link_in_small_print_is_underlined_by_the_letter_itself() -> None:
    """Webmail takes the browser's own underline off links."""
    page = join_letter(render(make_edition((make_paper(1),))))
    assert ".i a,.g a{text-decoration:underline}" in page
    for link in html.fromstring(page).iter("a"):
        quiet = link.getparent().get("class") in ("i", "g")
        assert quiet or not link.get("href") or "text-decoration" in link.get("style", "")


def test_style_blocks_avoid_what_gmail_and_yahoo_drop() -> None:
    page = join_letter(render(make_edition((make_paper(1),))))
    styles = re.findall(r"<style[^>]*>(.*?)</style>", page, re.DOTALL)
    assert sum(len(style) for style in styles) < 8_000
    for style in styles:
        assert "/*" not in style
        assert not re.search(r"@[^{}]*,[^{}]*\{", style)
        assert not re.search(r"@[^{}]*\{[^{}]*@", style)


def test_thirty_full_papers_stay_below_sixty_kilobytes() -> None:
    papers = tuple(make_paper(n) for n in range(30))
    page = join_letter(render(make_edition(*(papers[n : n + 6] for n in range(0, 30, 6)))))
    assert len(page.encode()) < 60_000


def test_three_pictures_at_most_and_of_the_best_papers() -> None:
    papers = tuple(make_paper(n) for n in range(8))
    page = join_letter(render(make_edition(papers[:4], papers[4:])))
    pictures = re.findall(r"<img [^>]*>", page)
    assert [re.findall(r"/(\d)\.png", picture) for picture in pictures] == [["5"], ["6"], ["7"]]
    assert all('alt=""' in picture for picture in pictures)


def led(*papers: Paper, key: str = "2026-11-23") -> Edition:
    """Two themes of which the second's `papers` come first."""
    below = tuple(make_paper(number) for number in range(50, 58))
    edition = make_edition(below, (*papers, make_paper(49)), key=key)
    return replace(edition, lead=tuple(paper.id for paper in papers))


def test_the_lead_has_the_pictures_and_links_to_its_themes() -> None:
    edition = led(make_paper(1), make_paper(2, thumbnail=None), make_paper(3))
    page = join_letter(render(edition), lead="full")
    first, contents, rest = page.partition("By theme")
    assert re.findall(r"/(\d+)\.png", page) == ["1", "3"]
    assert re.findall(r"/(\d+)\.png", first) == ["1", "3"]
    assert contents
    links = [(a.text_content(), a.get("href")) for a in html.fromstring(first).iter("a")]
    assert links.count(("Theme 2", "#t2")) == 3
    assert 'id="t2"' in rest
    titles = [h.text_content().strip() for h in html.fromstring(first).iter("h2", "h3")]
    assert titles[:4] == ["Read first", *(f"A paper about the number {n}" for n in (1, 2, 3))]
    assert first.count("A sentence of an abstract") > 3
    assert "A sentence of an abstract" not in rest.partition('id="t2"')[2].partition("49")[0]
    assert rest.count("Above: ") == 3


def test_the_text_part_has_the_lead_in_the_same_order() -> None:
    text = join_letter(render(led(make_paper(1), make_paper(2))), "text", lead="full")
    marks = [
        "Read first\n----------\n",
        "\nA paper about the number 1\n  Theme: Theme 2\n",
        "\nA paper about the number 2\n  Theme: Theme 2\n",
        "By theme\n--------\n",
        "- Theme 1: 8 papers\n",
        "Theme 2\n-------\n",
        "\nAbove: A paper about the number 1\n  https://arxiv.org/abs/2611.00001\n",
        "\nAbove: A paper about the number 2\n",
        "\nA paper about the number 49\n  Ada",
    ]
    places = [text.index(mark) for mark in marks]
    assert places == sorted(places)


def test_words_of_the_lead_serve_a_week_as_well_as_a_day() -> None:
    for part in ("html", "text"):
        page = join_letter(render(led(make_paper(1), key="2026-W48")), part, lead="full")
        assert "Read first" in page
        assert not re.search(r"\b(today|day's|week's)\b", page, re.IGNORECASE)


@pytest.mark.parametrize("lead", ["full", "brief", None])
def test_every_link_has_words_and_headings_are_in_order(lead: str | None) -> None:
    tree = html.fromstring(join_letter(awkward(), more=3, lead=lead))
    assert all(link.text_content().strip() for link in tree.iter("a"))
    levels = [int(h.tag[1]) for h in tree.iter("h1", "h2", "h3")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(b - a <= 1 for a, b in pairwise(levels))
    assert all(table.get("role") == "presentation" for table in tree.iter("table"))
    anchors = {a.get("name") for a in tree.iter("a") if a.get("name")}
    targets = {a.get("href")[1:] for a in tree.iter("a") if (a.get("href") or "").startswith("#")}
    assert targets == anchors == {"t1", "t2", "t3", "t4", "t5"}
    sizes = re.findall(r"font-size:(\d+)px", join_letter(awkward()).partition("<body")[2])
    assert min(int(size) for size in sizes if size != "0") >= 14


def test_a_text_of_the_other_direction_says_so() -> None:
    rendition = awkward()
    arabic = "".join(rendition.sections[0].papers[2].full.html.literals)
    assert arabic.count('dir="auto"') == 3
    right_to_left = NEWSLETTER.model_copy(update={"language": "ar"})
    page = join_letter(render(make_edition((make_paper(1),)), right_to_left))
    assert '<html lang="ar" dir="rtl"' in page
    assert '<h3 class="t" dir="auto"' in page
    assert "text-align:right" in page


def test_the_text_part_carries_every_paper_whole() -> None:
    papers = tuple(make_paper(n, marks=(Mark.TRENDING,)) for n in range(1, 13))
    edition = make_edition(papers[:5], papers[5:])
    text = join_letter(render(edition), "text")
    lines = text.split("\n")
    flat = " ".join(text.split())
    for paper in papers:
        assert paper.title in flat
        assert f"  Abstract: {paper.url}" in lines
        assert f"  PDF: {paper.pdf_url}" in lines
    assert flat.count("Ada Byron, Grace Hopper, Edsger Dijkstra and 2 more") == 12
    assert flat.count("now trending") == 12
    assert flat.count("A sentence of an abstract that says something.") >= 36
    assert all(len(line) <= 72 for line in lines if "https://" not in line)
    assert lines[lines.index("Unsubscribe:") + 1] == READER["unsubscribe_url"]
    assert NEWSLETTER.postal_address in flat
    assert "12 papers in 2 themes" in flat


def test_phrases_have_words_for_every_count() -> None:
    rendition = render(make_edition((make_paper(1), make_paper(2)), (make_paper(3),)))
    assert rendition.phrases["papers"] == ("0 papers", "1 paper", "2 papers", "3 papers")
    assert rendition.phrases["themes"] == ("0 themes", "1 theme", "2 themes")
    assert rendition.phrases["section_papers"] == ("0 papers", "1 paper", "2 papers")
    assert rendition.phrases["more"][1:3] == ("1 more paper", "2 more papers")


def test_the_subject_has_the_day_the_lead_paper_and_a_count() -> None:
    subject = render(make_edition((make_paper(1),))).subject
    assert subject.literals == ("", " · ", ", 23 Nov")
    assert subject.fields == ("lead_title", "papers")


def test_a_week_is_named_by_its_days() -> None:
    rendition = render(make_edition((make_paper(1),), key="2026-W48"))
    assert rendition.title == "Daily Papers, Week 48: 23–29 November 2026"
    assert rendition.subject.literals[-1] == ", week 48"


def test_unknown_votes_are_not_shown_as_none() -> None:
    paper = make_paper(1, votes=None, authors=(), abstract="", pdf_url=None, thumbnail=None)
    for length in ("full", "brief", "line"):
        for part in ("html", "text"):
            page = join_letter(render(make_edition((paper,))), part, lambda s, p, x=length: x)
            assert "None" not in page
            assert "▲" not in page


def test_rendering_opens_no_connection_and_reads_no_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sockets are blocked in every unit test; premailer's own client is made to fail too."""
    import premailer.premailer

    class Unreachable:
        def __getattr__(self, name: str) -> object:
            raise AssertionError("rendering went to the network")

    monkeypatch.setattr(premailer.premailer, "requests", Unreachable())
    own = shipped_templates(
        own={
            "letter.mjml.j2": '{% extends "daily/letter.mjml.j2" %}{% block dark %}{{ super() }}'
            "</style><link rel='stylesheet' href='https://fonts.example.org/a.css' /><style>"
            "{% endblock %}"
        }
    )
    page = join_letter(render_edition(make_edition((make_paper(1),)), own, NEWSLETTER))
    assert "fonts.example.org" in page


def test_a_rendition_is_plain_values_that_can_be_stored() -> None:
    rendition = awkward()
    literals = [*rendition.head.html.literals, *rendition.sections[0].papers[0].full.text.literals]
    assert all(type(text) is str for text in (*literals, *rendition.subject.literals))
    assert json.loads(json.dumps(rendition.phrases))["papers"][1] == "1 paper"


def test_no_two_papers_links_have_one_name() -> None:
    """A link heard alone tells its paper: what stands before a colon, else some words."""
    titles = ("DREAM: an agent", "Large language models are few", "Large language models are many")
    papers = tuple(make_paper(n, title) for n, title in enumerate(titles))
    tree = html.fromstring(join_letter(render(make_edition(papers))))
    names = [a.get("aria-label") for a in tree.iter("a") if a.text == "PDF"]
    assert names == ["PDF: DREAM", f"PDF: {titles[1]}", f"PDF: {titles[2]}"]
