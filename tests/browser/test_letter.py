"""The shipped letters, as a browser shows them: sizes, contrast, width, order."""

from __future__ import annotations

import re
from functools import cache

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from digest.rendering.sample import awkward_edition, awkward_week
from tests.support.browsing import opened, overflow, texts
from tests.support.real_letters import real_letter, write_letter
from tests.support.real_weeks import weekly_letter

COUNTS = (1, 30, 100)
WIDTHS = (320, 375, 600, 1000, 1200)
_STYLES = re.compile(r"<style\b.*?</style>", re.DOTALL)
_INLINE = re.compile(r"\sstyle=(?:\"[^\"]*\"|'[^']*')")
# Rules of the best practice for whole pages, which a mail inside a mail program is not.
_NOT_A_PAGE = {"region": {"enabled": False}, "landmark-one-main": {"enabled": False}}


@cache
def letters() -> dict[str, str]:
    """The HTML of letters of many sizes, and of one of everything that is awkward."""
    known = {str(count): real_letter(count).html for count in COUNTS}
    awkward = {
        f"awkward {edition.key}": write_letter(edition, templates=name).html
        for edition, name in ((awkward_edition(), "daily"), (awkward_week(), "weekly"))
    }
    return known | awkward | {"week": weekly_letter().html}


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_no_text_is_small_or_hard_to_read(browser: Browser, dark: bool) -> None:
    """14 pixels or more; a contrast of 4.5 or more (WCAG 2.2, 1.4.3)."""
    for name, html in letters().items():
        with opened(browser, html, dark=dark) as page:
            seen = texts(page)
            assert len(seen) > 10
            assert [t for t in seen if t.size < 14] == [], name
            assert [t for t in seen if t.contrast < 4.5] == [], name


def test_line_heights_are_whole_pixels(browser: Browser) -> None:
    """Word rounds others, and shows hairlines between rows."""
    with opened(browser, real_letter(30).html) as page:
        assert [t for t in texts(page) if not re.fullmatch(r"\d+px", t.line)] == []


@pytest.mark.parametrize("mark", ["data-ogsc data-ogsb", "data-ogsb data-ogsc"])
def test_outlook_s_recoloured_letter_is_readable(browser: Browser, mark: str) -> None:
    """Outlook marks what it recolours; our rules for the marks bring the dark palette."""
    html = real_letter(30).html
    with opened(browser, html.replace("<body ", f"<body {mark} ", 1)) as page:
        seen = texts(page)
    assert [t for t in seen if t.contrast < 4.5] == []
    assert {t.back for t in seen} == {"24,29,35,1", "16,20,24,1"}


@pytest.mark.parametrize("state", ["as sent", "no pictures", "no style sheet", "no styles"])
def test_nothing_is_wider_than_the_screen(browser: Browser, state: str) -> None:
    """Words of 200 letters break where styles are read; without any they cannot."""
    for name, html in letters().items():
        if state in ("no style sheet", "no styles"):
            html = _STYLES.sub("", html)
        if state == "no styles":
            if name.startswith("awkward"):
                continue
            html = _INLINE.sub("", html)
        with opened(browser, html, pictures=state == "as sent") as page:
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": 900})
                assert overflow(page) == 0, (name, width)


@pytest.mark.parametrize(("width", "dark"), [(375, True), (1000, False)])
def test_axe_finds_nothing(browser: Browser, width: int, dark: bool) -> None:
    """All rules of axe-core, those for links that make sense alone and target sizes too."""
    options = {
        "resultTypes": ["violations"],
        "rules": {
            **_NOT_A_PAGE,
            "target-size": {"enabled": True},
            "identical-links-same-purpose": {"enabled": True},
            "color-contrast-enhanced": {"enabled": False},
        },
    }
    for name, html in letters().items():
        with opened(browser, html, width=width, dark=dark) as page:
            found = Axe().run(page, options=options).response
        faults = [(v["id"], [n["html"][:200] for n in v["nodes"]][:3]) for v in found["violations"]]
        assert faults == [], name
        assert len(found["passes"]) > 10
