"""The pages in a real browser: everybody can use them, and they ask nobody else for anything."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from digest.app.house import House
from digest.config import NewsletterConfig
from digest.rendering.check_pages import sample_pages
from digest.rendering.language import speak
from digest.rendering.pages import render_page
from digest.rendering.sample import awkward_edition, awkward_week
from tests.support.browsing import overflow, texts
from tests.support.site import edition, keep, make_house, real_editions, serving

ARCHIVE = (
    "/archive/2026-11-22",
    "/archive",
    "/search?q=agents",
    "/themes/c",
    "/archive/2020-01-01",
)


def samples(house: House) -> list[Route]:
    """Every page of the set with awkward facts, at /sample/0 and so on."""
    newsletter = house.config.newsletter
    language = speak(newsletter.language, house.catalogues)
    pages = [
        render_page(house.page_templates, name, facts, newsletter, house.catalogues)
        for name, facts in sample_pages(newsletter, language)
        if name.endswith(".html.j2")
    ]

    def show(request: Request) -> HTMLResponse:
        return HTMLResponse(pages[request.path_params["number"]])

    return [Route("/sample/{number:int}", show)]


NEWSLETTER = NewsletterConfig.model_validate({"from": "a@example.org"})
NAMES = [name for name, _ in sample_pages(NEWSLETTER, speak("en")) if name.endswith(".html.j2")]
FORM = f"/sample/{NAMES.index('preferences.html.j2')}"
SAMPLES = [f"/sample/{number}" for number in range(len(NAMES))]


def newsroom(folder: Path, **newsletter: str) -> House:
    house = make_house(folder, **newsletter)
    keep(house, *real_editions(8, date(2026, 11, 22)), awkward_edition(), awkward_week())
    return house


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    house = newsroom(tmp_path_factory.mktemp("site"))
    with serving(house, samples(house)) as url:
        yield url
    house.close()


@pytest.fixture(scope="module")
def arabic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    house = newsroom(tmp_path_factory.mktemp("arabic"), language="ar", name="أوراق اليوم")
    with serving(house, samples(house)) as url:
        yield url
    house.close()


@contextmanager
def opened(
    browser: Browser, *, width: int = 1280, dark: bool = False, scripts: bool = True
) -> Iterator[Page]:
    """A page; it fails when anything else than our own host is asked."""
    strangers: list[str] = []
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if dark else "light",
        java_script_enabled=scripts,
    )
    try:
        page = context.new_page()
        page.on("request", lambda asked: strangers.append(asked.url))
        page.on("console", lambda told: strangers.append(told.text) if "CSP" in told.text else None)
        yield page
        assert all(url.startswith("http://127.0.0.1:") for url in strangers), strangers
    finally:
        context.close()


def faults(page: Page) -> list[str]:
    """What axe finds, and any text too small or too pale."""
    broken = Axe().run(page).response["violations"]
    found = [f"{each['id']}: {each['nodes'][0]['html'][:100]}" for each in broken]
    found += [f"pale: {t}" for t in texts(page) if t.contrast < 4.5]
    return found + [f"small: {t}" for t in texts(page) if t.size < 14]


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (375, True)], ids=["light", "dark"])
def test_everybody_can_use_every_page(browser: Browser, site: str, width: int, dark: bool) -> None:
    """axe: 0 violations; on a desktop and a phone, in both schemes, with mistakes in forms."""
    found: list[str] = []
    with opened(browser, width=width, dark=dark) as page:
        for path in (*ARCHIVE, *SAMPLES[1:]):
            page.goto(site + path)
            found += [f"{path}: {fault}" for fault in faults(page)]
            if overflow(page):
                found.append(f"{path}: {overflow(page)} pixels wider than {width}")
    assert found == []


def test_arabic_pages_run_from_right_to_left(browser: Browser, arabic: str) -> None:
    with opened(browser, width=375) as page:
        for path in (*ARCHIVE, *SAMPLES):
            page.goto(arabic + path)
            assert overflow(page) == 0, path
        for path in ("/archive/2026-11-22", FORM):
            page.goto(arabic + path)
            assert faults(page) == [], path
        page.goto(arabic)
        left = "e => e.getBoundingClientRect().left"
        name, places = page.locator(".name"), page.locator(".places")
        assert name.evaluate(left) > places.evaluate(left)


def test_a_reader_without_scripts_finds_a_paper(browser: Browser, site: str) -> None:
    """From the first page by search to the paper in its edition, and to the day before."""
    with opened(browser, scripts=False) as page:
        page.goto(site)
        page.fill("#q", "agents")
        page.press("#q", "Enter")
        assert page.locator("mark").count() > 0
        title = page.locator("article h3").first.inner_text()
        page.locator("article .in a").first.click()
        assert re.search(r"/archive/2026-11-\d\d#p\d+$", page.url)
        paper = page.locator(f"#{page.url.partition('#')[2]}")
        assert paper.locator("h3").inner_text() == title
        abstract = paper.locator("details p")
        assert not abstract.is_visible()
        paper.locator("summary").click()
        assert abstract.is_visible()
        page.locator("nav a[rel=prev]").first.click()
        assert page.locator("h1").inner_text().endswith("November 2026")


def test_all_can_be_done_by_keyboard(browser: Browser, site: str) -> None:
    """The first stop leads past the masthead; each stop is seen; the trap for programs is none."""
    with opened(browser, width=375) as page:
        page.goto(site)
        page.keyboard.press("Tab")
        skip = page.locator(":focus")
        assert skip.get_attribute("href") == "#main"
        assert skip.bounding_box()["x"] >= 0
        page.keyboard.press("Enter")
        stops = []
        for _ in range(6):
            page.keyboard.press("Tab")
            stops.append(
                page.evaluate("document.activeElement.name || document.activeElement.innerText")
            )
            assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
        assert stops[1:5] == ["q", "Search", "email", "Subscribe"]
        assert "website" not in stops


def test_fingers_hit_fields_and_buttons(browser: Browser, site: str) -> None:
    """WCAG 2.5.5: fields, choices and buttons have 44 pixels."""
    with opened(browser, width=375) as page:
        for path in ("/", FORM):
            page.goto(site + path)
            fields = page.locator(".text, button, .pick label").all()
            assert len(fields) > 3
            assert all(field.bounding_box()["height"] >= 44 for field in fields), path


def test_on_paper_there_is_the_edition_alone(browser: Browser, site: str) -> None:
    with opened(browser) as page:
        page.goto(site)
        page.emulate_media(media="print")
        assert not page.locator(".join").is_visible()
        assert not page.locator("header nav").is_visible()
        assert page.locator("article").first.is_visible()


@pytest.mark.parametrize("papers", [0, 1])
def test_small_archives_look_whole(browser: Browser, tmp_path: Path, papers: int) -> None:
    house = make_house(tmp_path)
    if papers:
        whole = awkward_edition()
        section = replace(whole.sections[0], papers=whole.sections[0].papers[:1])
        keep(house, edition(whole.date, section))
    with serving(house) as url, opened(browser) as page:
        page.goto(url)
        assert faults(page) == []
        assert page.locator("article").count() == papers
        assert page.locator(".join").is_visible()
    house.close()


def test_a_mistake_among_choices_is_marked_beside_them(browser: Browser, site: str) -> None:
    """By a line at their start, as long as they are with their name."""
    with opened(browser, width=375) as page:
        page.goto(f"{site}/sample/{NAMES.index('subscribe.html.j2') + 1}")
        themes = page.locator("fieldset#themes")
        assert themes.evaluate("e => getComputedStyle(e).borderInlineStartWidth") == "3px"
        assert themes.evaluate("e => getComputedStyle(e).borderInlineEndWidth") == "0px"
        around, name = themes.bounding_box(), themes.locator("legend").bounding_box()
        assert around is not None
        assert name is not None
        assert name["y"] >= around["y"]
        assert name["x"] >= around["x"] + 16
