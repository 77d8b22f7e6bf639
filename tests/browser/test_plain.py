"""The letters of the set `plain`, as a browser shows them."""

from __future__ import annotations

from functools import cache

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from digest.rendering.sample import awkward_edition
from tests.browser.test_letter import WIDTHS
from tests.support.browsing import opened, overflow, texts
from tests.support.real_letters import real_letter, write_letter

SCHEMES = pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
_NOT_A_PAGE = {"region": {"enabled": False}, "landmark-one-main": {"enabled": False}}


@cache
def letters() -> dict[str, str]:
    known = {str(count): real_letter(count, "plain").html for count in (1, 30, 100)}
    return known | {"awkward": write_letter(awkward_edition(), templates="plain").html}


@SCHEMES
def test_it_is_text_of_one_size_that_is_easy_to_read(browser: Browser, dark: bool) -> None:
    for name, html in letters().items():
        with opened(browser, html, dark=dark) as page:
            seen = texts(page)
        assert {text.size for text in seen} == {15}, name
        assert {text.line for text in seen} == {"22px"}, name
        assert [text for text in seen if text.contrast < 4.5] == [], name
        assert {text.back for text in seen} == {"16,20,24,1" if dark else "253,253,254,1"}, name


@pytest.mark.parametrize("mark", ["data-ogsc data-ogsb", "data-ogsb data-ogsc"])
def test_outlook_s_recoloured_letter_is_readable(browser: Browser, mark: str) -> None:
    html = real_letter(30, "plain").html.replace("<body ", f"<body {mark} ", 1)
    with opened(browser, html) as page:
        seen = texts(page)
    assert [text for text in seen if text.contrast < 4.5] == []


def test_nothing_is_wider_than_the_screen(browser: Browser) -> None:
    for name, html in letters().items():
        with opened(browser, html) as page:
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": 900})
                assert overflow(page) == 0, (name, width)


@SCHEMES
def test_axe_finds_nothing(browser: Browser, dark: bool) -> None:
    rules = {**_NOT_A_PAGE, "identical-links-same-purpose": {"enabled": True}}
    for name, html in letters().items():
        with opened(browser, html, width=375, dark=dark) as page:
            found = (
                Axe().run(page, options={"rules": rules, "resultTypes": ["violations"]}).response
            )
        faults = [(v["id"], [n["html"][:200] for n in v["nodes"]][:3]) for v in found["violations"]]
        assert faults == [], name
