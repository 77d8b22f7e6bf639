"""The shipped letters as clients lay them out that heed less than a browser (docs/clients.md)."""

from __future__ import annotations

import re
from colorsys import hls_to_rgb, rgb_to_hls

import pytest
from playwright.sync_api import Browser

from tests.support.browsing import Text, opened, overflow, texts
from tests.support.clients import for_word, without_at_rules, without_style_sheets
from tests.support.real_letters import real_letter
from tests.support.real_weeks import weekly_letter

#: CSS pixels: 23.7 inches, where Word breaks a table or a cell.
_WORD_S_PAGE = 1_800
_TALL = """tables => tables.map(table => [table.className, table.getBoundingClientRect().width,
    table.getBoundingClientRect().height])"""


def letters() -> dict[str, str]:
    return {
        "30": real_letter(30).html,
        "100": real_letter(100).html,
        "plain": real_letter(100, "plain").html,
        "week": weekly_letter().html,
    }


def test_word_breaks_no_table(browser: Browser) -> None:
    """Between two seams stands no more than a page of its, at the width that it gives them."""
    for name, html in letters().items():
        with opened(browser, for_word(html)) as page:
            tables = page.locator("table[class$=-outlook]").evaluate_all(_TALL)
        assert len(tables) > 3
        assert {width for _, width, _ in tables} == {640}, name
        assert [table for table in tables if table[2] > _WORD_S_PAGE] == [], name


@pytest.mark.parametrize(
    ("heeding", "dark"),
    [(without_at_rules, False), (without_at_rules, True), (without_style_sheets, False)],
    ids=["no media query", "no media query, dark", "no style sheet"],
)
def test_a_letter_is_readable_on_a_phone_by_its_inline_styles(
    browser: Browser, heeding, dark: bool
) -> None:
    """Gmail for other accounts heeds no style sheet, Yahoo's dark mode broke media queries."""
    for name, html in letters().items():
        with opened(browser, heeding(html), width=375, dark=dark) as page:
            seen = texts(page)
            assert overflow(page) == 0, name
        assert len(seen) > 100
        assert [t for t in seen if t.size < 14] == [], name
        assert [t for t in seen if t.contrast < 4.5] == [], name


def test_the_letter_is_readable_where_a_client_inverts_it(browser: Browser) -> None:
    """Gmail's app on iOS turns all lightness round, ours as any other; each hue stays."""
    for name, html in letters().items():
        with opened(browser, without_at_rules(html), width=375) as page:
            seen = texts(page)
        assert [t for t in seen if inverted_contrast(t) < 4.5] == [], name


def test_the_dark_rules_change_the_colours_of_every_text(browser: Browser) -> None:
    """Dark is declared, so that a client leaves the colours to us."""
    for name, html in letters().items():
        seen = []
        for dark in (False, True):
            with opened(browser, html, dark=dark) as page:
                seen.append(texts(page))
                schemes = page.evaluate("getComputedStyle(document.documentElement).colorScheme")
            assert schemes == "light dark"
        light, dark_ = seen
        assert [t.words for t in light] == [t.words for t in dark_]
        for before, after in zip(light, dark_, strict=True):
            assert before.color != after.color, (name, before.words)
            assert before.back != after.back, (name, before.words)


def test_the_contents_tell_the_counts_where_jumps_are_dead(browser: Browser) -> None:
    """In Gmail's and Yahoo's apps; at the narrowest too, each count stands beside its theme."""
    with opened(browser, real_letter(100).html, width=320) as page:
        entries = page.locator(".toc")
        assert entries.count() > 4
        for entry in entries.all():
            assert re.search(r"\S\s+\d+ papers?\s*$", entry.inner_text())
            assert entry.locator(".tocn").bounding_box()["width"] > 20


def inverted_contrast(text: Text) -> float:
    front, back = (_turned(colour) for colour in (text.color, text.back))
    high, low = sorted((_luminance(front), _luminance(back)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _turned(colour: str) -> tuple[float, float, float]:
    red, green, blue = (int(part) / 255 for part in re.findall(r"\d+", colour)[:3])
    hue, light, full = rgb_to_hls(red, green, blue)
    return hls_to_rgb(hue, 1 - light, full)


def _luminance(colour: tuple[float, float, float]) -> float:
    """WCAG 2.2, relative luminance."""
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
