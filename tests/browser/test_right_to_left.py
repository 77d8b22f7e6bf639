"""A letter in Arabic, as a browser lays it out."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.support.browsing import opened, overflow
from tests.support.real_letters import NEWSLETTER, real_edition, write_letter

ARABIC = NEWSLETTER.model_copy(update={"language": "ar"})

# Where the words of the first element stand, in pixels from the left, and its direction.
_PLACE = """selector => {
  const element = document.querySelector(selector), range = document.createRange();
  range.selectNodeContents(element);
  const words = range.getBoundingClientRect(), style = getComputedStyle(element);
  return {left: words.left, right: words.right, direction: style.direction,
          words: element.textContent.trim()};
}"""
_CARD = """() => { const box = document.querySelector('h1').closest('td').getBoundingClientRect();
                   return {left: box.left, right: box.right}; }"""


@cache
def arabic_letter() -> str:
    """The letter of thirty real papers, most with titles in Latin script."""
    return write_letter(real_edition(30), newsletter=ARABIC).html


def place(page: Page, selector: str) -> Any:
    return page.evaluate(_PLACE, selector)


@pytest.mark.parametrize("width", [375, 1000])
def test_an_arabic_letter_runs_from_right_to_left(browser: Browser, width: int) -> None:
    """Masthead and themes begin at the right, counts stand at the left."""
    with opened(browser, arabic_letter(), width=width) as page:
        assert page.evaluate("document.documentElement.dir") == "rtl"
        card = page.evaluate(_CARD)
        day = place(page, "h1")
        assert day["direction"] == "rtl"
        assert day["right"] == pytest.approx(card["right"], abs=1)
        assert day["left"] > card["left"] + 20
        count = place(page, "td.tocn")
        assert "ورق" in count["words"] or "أوراق" in count["words"]
        assert count["left"] == pytest.approx(card["left"], abs=1)
        assert place(page, "td.toct a")["left"] > count["right"]
        facts = place(page, "p.i")
        assert facts["right"] == pytest.approx(card["right"], abs=1)


@pytest.mark.parametrize("width", [375, 1000])
def test_a_title_in_latin_script_keeps_its_direction(browser: Browser, width: int) -> None:
    with opened(browser, arabic_letter(), width=width) as page:
        directions = page.eval_on_selector_all(
            "h3", "all => all.map(e => getComputedStyle(e).direction)"
        )
        assert set(directions) == {"ltr"}
        assert len(directions) > 20
        bodies = page.eval_on_selector_all(
            "p.s", "all => all.map(e => getComputedStyle(e).direction)"
        )
        assert set(bodies) == {"ltr"}


@pytest.mark.parametrize("width", [320, 375, 600, 1000])
def test_an_arabic_letter_is_no_wider_than_the_screen(browser: Browser, width: int) -> None:
    """To the right and, where what overflows would be cut off, to the left."""
    with opened(browser, arabic_letter(), width=width) as page:
        assert overflow(page) == 0
        outside = page.eval_on_selector_all(
            "body *", "all => all.filter(e => e.getBoundingClientRect().left < 0).length"
        )
        assert outside == 0


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_finds_nothing_in_an_arabic_letter(browser: Browser, dark: bool) -> None:
    not_a_page = {"region": {"enabled": False}, "landmark-one-main": {"enabled": False}}
    with opened(browser, arabic_letter(), dark=dark) as page:
        found = (
            Axe().run(page, options={"rules": not_a_page, "resultTypes": ["violations"]}).response
        )
    assert [violation["id"] for violation in found["violations"]] == []
