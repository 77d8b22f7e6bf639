"""What is known of clients, held over the shipped letters' markup (docs/clients.md)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import html
from lxml.html import HtmlElement

from digest.rendering.sample import awkward_edition, awkward_week
from tests.support.clients import for_word, style_sheets, without_at_rules
from tests.support.real_letters import real_letter, write_letter
from tests.support.real_weeks import weekly_letter

_COLOUR = re.compile("#[0-9a-f]{6}")
_NAMES = ("1", "30", "100", "awkward", "plain", "week", "awkward week")


def page_of(name: str) -> str:
    """The HTML of a letter of real papers, by their number, or of another set or edition."""
    match name:
        case "awkward":
            return write_letter(awkward_edition()).html
        case "plain":
            return real_letter(30, "plain").html
        case "week":
            return weekly_letter().html
        case "awkward week":
            return write_letter(awkward_week(), templates="weekly").html
        case _:
            return real_letter(int(name)).html


@pytest.fixture(params=_NAMES)
def page(request: pytest.FixtureRequest) -> str:
    return page_of(request.param)


def declared(element: HtmlElement) -> dict[str, str]:
    """The inline style, by property; of two of one name the last."""
    parts = (part.partition(":") for part in element.get("style", "").split(";"))
    return {name.strip(): value.strip() for name, _, value in parts if name.strip()}


def elements(page: str) -> Iterator[HtmlElement]:
    return (e for e in html.document_fromstring(page).iter() if isinstance(e.tag, str))


def test_gmail_takes_the_style_sheets(page: str) -> None:
    """At most 8 KB (16 KB in 2026), in the head, no @ rule in another (email-bugs 90, 21)."""
    assert sum(len(sheet.encode()) for sheet in style_sheets(page)) < 8_192
    assert "<style" not in page.partition("<body")[2]
    for sheet in style_sheets(page):
        assert sheet.count("{") == sheet.count("}")
        assert not re.search(r"@[^{}]*\{[^{}]*@", sheet)


def test_gmail_finds_no_c1_control_character(page: str) -> None:
    """One of them makes it clip a short letter (email-bugs 41)."""
    assert not re.search("[\x80-\x9f]", page)


def test_yahoo_takes_every_rule(page: str) -> None:
    """No comma in @media, no comment, no blank before !important of display and background."""
    for sheet in style_sheets(page):
        assert not re.search(r"@[^{}]*,[^{}]*\{", sheet)
        assert "/*" not in sheet
        assert not re.search(r"(?:display|background[\w-]*)\s*:[^;{}]*\s!important", sheet)


def test_where_media_queries_are_dropped_no_dark_colour_is_left(page: str) -> None:
    """Outside of @media they stand only in rules that wait for Outlook's marks."""
    sheets = "".join(style_sheets(page))
    left = "".join(style_sheets(without_at_rules(page)))
    waiting = r"[^{}]*\[data-ogs[^{}]*\{[^{}]*\}"
    dark = set(_COLOUR.findall("".join(re.findall(waiting, left))))
    assert len(dark) >= 3
    assert set(_COLOUR.findall(sheets)) >= dark
    assert not dark & set(_COLOUR.findall(re.sub(waiting, "", left)))


def test_word_has_a_width_for_each_that_only_max_width_bounds(page: str) -> None:
    """A table of that width is opened before it, in its attribute and in its style."""
    body = page.partition("<body")[2]
    bounds = re.findall(
        r"(<!--\[if mso \| IE\]>[^!]*<!\[endif\]-->)<div [^>]*max-width:(\d+)px", body
    )
    assert len(bounds) == body.count("max-width:") > 0
    for opened, width in bounds:
        table = opened.rpartition("<table")[2]
        assert f'width="{width}"' in table
        assert f"width:{width}px" in table


def test_word_scales_from_96_dots_an_inch(page: str) -> None:
    assert "<o:PixelsPerInch>96</o:PixelsPerInch>" in page
    assert 'xmlns:o="urn:schemas-microsoft-com:office:office"' in page


def test_word_has_a_font_that_it_knows(page: str) -> None:
    """It takes Times New Roman where the first font is unknown to it."""
    (sheet,) = re.findall(r"<!--\[if mso\]><style>(.*?)</style><!\[endif\]-->", page)
    names, _, rule = sheet.partition("{")
    assert rule.startswith("font-family:Arial,sans-serif!important")
    texts = {e.tag for e in elements(page) if (e.text or "").strip() and e.tag != "title"}
    assert texts - {"sub", "sup", "style"} <= {*names.split(","), "div"}


def test_word_has_every_picture_in_its_size(page: str) -> None:
    """A picture without a width is shown as large as its file; one of 1,728 px is cropped."""
    pictures = [e for e in elements(page) if e.tag == "img"]
    for picture in pictures:
        assert 0 < int(picture.get("width")) <= 1_728
        assert 0 < int(picture.get("height")) <= 1_728


def test_word_meets_no_padding_on_links(page: str) -> None:
    """It leaves it out."""
    links = [e for e in elements(page) if e.tag == "a"]
    assert links
    assert not [a for a in links if any(name.startswith("padding") for name in declared(a))]
    assert not re.search(r"(?:^|[\s,}])a\b[^{}]*\{[^{}]*padding", "".join(style_sheets(page)))


def test_ios_mail_makes_no_links_of_its_own(page: str) -> None:
    (meta,) = [e for e in elements(page) if e.get("name") == "format-detection"]
    kinds = dict(each.split("=") for each in meta.get("content").split(","))
    assert kinds == dict.fromkeys(("telephone", "date", "address", "email", "url"), "no")


def test_ios_mail_has_no_reason_to_scale(page: str) -> None:
    """Nothing but a picture has a width in pixels beside a max-width, or of half a screen."""
    assert 'name="x-apple-disable-message-reformatting"' in page
    for element in elements(page):
        style = declared(element)
        if style.get("width", "").endswith("px"):
            assert "max-width" not in style
            assert int(style["width"][:-2]) <= 160
        assert not (element.get("width", "").isdigit() and int(element.get("width")) > 160)


def test_jumps_lead_to_targets_with_id_and_name(page: str) -> None:
    """Gmail, Outlook and Yahoo know names alone, others ids."""
    targets = {e.get("id"): e.get("name") for e in elements(page) if e.tag == "a" and e.get("id")}
    jumps = {e.get("href")[1:] for e in elements(page) if (e.get("href") or "").startswith("#")}
    assert jumps
    assert all(targets[jump] == jump for jump in jumps)


def test_word_reads_the_words_that_all_read(page: str) -> None:
    """What is for Word alone is markup."""
    words = [html.document_fromstring(p).body.text_content() for p in (page, for_word(page))]
    assert " ".join(words[0].split()) == " ".join(words[1].split())


def test_every_test_that_the_page_names_is_there() -> None:
    tests = Path(__file__).parents[2]
    named = re.findall(r"`([\w/]+\.py)::(\w+)`", (tests.parent / "docs/clients.md").read_text())
    assert len(named) > 20
    for file, name in named:
        assert f"\ndef {name}(" in (tests / file).read_text(), (file, name)
