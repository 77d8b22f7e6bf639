"""Pages are drawn with the newsletter's words, and no text of a paper becomes markup in them."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from itertools import pairwise
from pathlib import Path

import lxml.html
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.config import NewsletterConfig
from digest.model import Section, TemplateSet
from digest.rendering.check_pages import check_pages, sample_pages
from digest.rendering.language import speak
from digest.rendering.page_views import view_page
from digest.rendering.pages import render_page, style_of
from digest.storage.catalogues import load_catalogues
from digest.storage.templates import load_template_set
from tests.support.examples import examples
from tests.support.languages import SHIPPED
from tests.support.site import edition, paper

PAGES = load_template_set("pages", Path("/nowhere"))
NEWSLETTER = NewsletterConfig.model_validate(
    {"from": "a@example.org", "site_url": "https://lab.example/papers/", "name": "Lab <& Papers>"}
)
HOSTILE = (
    st.text(min_size=1)
    | st.sampled_from(
        ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{ 7*7 }}", "</title>"]
    )
).filter(lambda text: bool(text.strip()))


@given(title=HOSTILE, author=HOSTILE, theme=HOSTILE, abstract=HOSTILE)
@examples(60)
def test_no_text_of_a_paper_is_markup(title: str, author: str, theme: str, abstract: str) -> None:
    """Whatever it says, the page has the elements of a page that says harmless things."""
    assert _elements(title, author, theme, abstract) == _elements("t", "a", "h", "x")


def _elements(title: str, author: str, theme: str, abstract: str) -> list[str]:
    works = tuple(
        paper(str(n), title, authors=(author,), abstract=abstract, summary="Said briefly.")
        for n in range(2)
    )
    made = edition(_DAY, Section(theme=theme, papers=works))
    made = replace(made, lead=(works[0].id,))
    facts = view_page(made, NEWSLETTER, speak("en"), lambda _: "slug")
    html = render_page(
        PAGES, "edition.html.j2", {**facts, "before": None, "after": None}, NEWSLETTER
    )
    tree = lxml.html.document_fromstring(html.encode("utf-8", "replace"), parser=_PARSER)
    # Scripts in formulas are markup of ours.
    return [each.tag for each in tree.iter("*") if each.tag not in ("sub", "sup")]


_DAY = date(2026, 11, 23)
_PARSER = lxml.html.HTMLParser(encoding="utf-8")


@pytest.mark.parametrize("tag", SHIPPED)
def test_every_page_is_sound_in_every_language(tag: str) -> None:
    """It is in that language, has one h1, headings in order, and no address outside of ours."""
    newsletter = NEWSLETTER.model_copy(update={"language": tag})
    catalogues = load_catalogues(tag, Path("/nowhere"))
    language = speak(tag, catalogues)
    for name, facts in sample_pages(newsletter, language):
        page = render_page(PAGES, name, facts, newsletter, catalogues)
        if not name.endswith(".html.j2"):
            continue
        tree = lxml.html.document_fromstring(page)
        assert (tree.get("lang"), tree.get("dir")) == (tag, language.direction)
        levels = [int(each.tag[1]) for each in tree.iter("h1", "h2", "h3", "h4")]
        assert levels[0] == 1
        assert levels.count(1) == 1, name
        assert all(b - a <= 1 for a, b in pairwise(levels)), name
        ids = tree.xpath("//@id")
        assert len(ids) == len(set(ids)), name
        for path in tree.xpath("//link/@href | //form/@action | //nav//a/@href"):
            known = ("/papers/", "https://lab.example/papers/", "#", "/p/", "/u/")
            assert path == "" or path.startswith(known), (name, path)


def test_the_shipped_set_passes_its_check() -> None:
    assert check_pages(PAGES, NEWSLETTER) == ()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("<script>1</script>", "has a script: pages are served with none allowed"),
        ("<p style='color:red'>", "has a style that is no file"),
        ("<p onclick=x>", "has a script in an attribute"),
        ("<img src=//pixel.example/1.gif>", "has something that another host would be asked for"),
        ("{{ title | safe }}", "the markup in a fact is not escaped"),
        ("{{ titel }}", "'titel' is undefined"),
        ("{% if %}", "Expected an expression"),
    ],
)
def test_a_fault_of_a_set_is_told_with_its_file(change: str, told: str) -> None:
    text = '{% extends "base.html.j2" %}{% block main %}' + change + "{% endblock %}"
    files = {**PAGES.files, "message.html.j2": text}
    places = {**PAGES.places, "message.html.j2": "templates/lab/message.html.j2"}
    problems = check_pages(TemplateSet(name="lab", files=files, places=places), NEWSLETTER)
    assert any(told in str(problem) for problem in problems)
    assert all(problem.file == "templates/lab/message.html.j2" for problem in problems)


def test_a_mistake_stands_at_its_field_and_above_the_form() -> None:
    """WCAG 3.3.1: in words, reached from the summary, and told with the field."""
    facts = {"themes": [], "values": {"email": "x"}, "errors": {"email": "no @ in it"}}
    tree = lxml.html.document_fromstring(render_page(PAGES, "subscribe.html.j2", facts, NEWSLETTER))
    (field,) = tree.xpath("//input[@id='email']")
    assert (field.get("aria-invalid"), field.get("value")) == ("true", "x")
    (told,) = tree.xpath(f"//*[@id='{field.get('aria-describedby')}']")
    assert told.text_content() == "no @ in it"
    assert tree.xpath("//div[@role='alert']//a[@href='#email']/text()") == ["no @ in it"]
    assert tree.findtext(".//title").startswith("Mistake: Subscribe")


def test_the_style_sheets_address_changes_with_it() -> None:
    """And nothing in it asks for anything."""
    sheet, mark = style_of(PAGES, speak("en"))
    assert not re.search(r"url\(|@import", sheet)
    other = TemplateSet(
        name="x", files={**PAGES.files, "style.css.j2": "p{margin:0}"}, places=PAGES.places
    )
    assert style_of(other, speak("en"))[1] != mark
    page = render_page(PAGES, "left.html.j2", {"preferences": None}, NEWSLETTER)
    assert f'href="/papers/style.css?v={mark}"' in page
