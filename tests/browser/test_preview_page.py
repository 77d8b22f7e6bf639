"""The editor's page in a real browser: frames, schemes, keyboard, reloads, pictures."""

from __future__ import annotations

import socket
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Frame, Page

from tests.support.browsing import find_chromium, overflow
from tests.support.newsroom import Newsroom, paper
from tests.support.watching import watching

FILE = "templates/lab/letter.mjml.j2"
SET = '{% extends "daily/letter.mjml.j2" %}'
PALE = '<tr><td>\n<p style="color:#ccc">Pale words</p></td></tr>'
DARK, LIGHT = "rgb(24, 29, 35)", "rgb(253, 253, 254)"
_CARD = "getComputedStyle(document.querySelector('.card')).backgroundColor"


def newsroom(folder: Path) -> Newsroom:
    """Forty papers in two themes, some with pictures from elsewhere."""
    room = Newsroom(folder)
    papers = [paper(n, f"A study of {'robots' if n % 2 else 'proteins'} {n}") for n in range(40)]
    for each in papers[:3]:
        each["thumbnail"] = "https://pictures.example.org/1.png"
    room.write_papers(papers)
    rules = [{"name": "Robots", "keywords": ["robots"]}]
    room.configure(themes={"discover": False, "rules": rules})
    return room


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Newsroom:
    return newsroom(tmp_path_factory.mktemp("room"))


@pytest.fixture(scope="module")
def page_file(room: Newsroom) -> Path:
    out = room.folder / "look"
    assert room.run("preview", "--out", str(out)).code == 0
    return out / "index.html"


@contextmanager
def opened(
    browser: Browser, address: str, *, width: int = 1440, dark: bool = False
) -> Iterator[Page]:
    """The page on a screen; of what it asks the network for, nothing comes."""
    scheme = "dark" if dark else "light"
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    try:
        context.route("https://**/*", lambda route: route.abort())
        page = context.new_page()
        page.goto(address)
        yield page
    finally:
        context.close()


def frame_of(page: Page, name: str) -> Frame:
    frame = page.query_selector(f'iframe[title="{name}"]').content_frame()
    frame.wait_for_load_state()
    return frame


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_dark_letter_is_dark_and_the_others_light_whatever_the_system_prefers(
    browser, page_file, dark
):
    with opened(browser, page_file.as_uri(), dark=dark) as page:
        shades = {
            name: frame_of(page, name).evaluate(_CARD) for name in ("Letter", "Dark", "Phone")
        }
        assert shades == {"Letter": LIGHT, "Dark": DARK, "Phone": LIGHT}
        ink = "getComputedStyle(document.querySelector('h1')).color"
        assert frame_of(page, "Dark").evaluate(ink) == "rgb(228, 232, 236)"


@pytest.mark.parametrize("width", [320, 375, 768, 1440])
def test_the_phone_is_375_pixels_wide_and_no_page_is_wider_than_its_screen(
    browser, page_file, width
):
    with opened(browser, page_file.as_uri(), width=width) as page:
        assert frame_of(page, "Phone").evaluate("innerWidth") == 375
        assert overflow(page) == 0


def test_letter_text_source_and_inbox_line_are_all_on_one_page(browser, page_file):
    text = page_file.with_name("letter.txt").read_text()
    with opened(browser, page_file.as_uri()) as page:
        assert page.locator("nav a").all_inner_texts()[:5] == [
            "Letter", "Dark", "Phone", "Text", "Source",
        ]  # fmt: skip
        assert page.locator("#text pre").inner_text().strip() == text.strip()
        source = page.locator("#source").inner_text()
        assert "List-Unsubscribe-Post" in source
        assert "quoted-printable" in source
        inbox = page.get_by_label("In the inbox").inner_text()
        assert inbox.startswith("Daily Papers")
        assert "40 papers" in inbox


def test_the_page_needs_no_other_file_and_runs_nothing(browser, page_file):
    asked = []
    with opened(browser, "about:blank") as page:
        page.on("request", lambda request: asked.append(request.url))
        page.goto(page_file.as_uri())
        page.wait_for_load_state()
        assert page.locator("script").count() == 0
    others = {url for url in asked if url != page_file.as_uri() and url != "about:srcdoc"}
    assert {url.partition("/1.png")[0] for url in others} <= {"https://pictures.example.org"}


def test_links_of_a_letter_lead_inside_it_or_beside_the_page(browser, page_file):
    with opened(browser, page_file.as_uri()) as page:
        frame = frame_of(page, "Letter")
        top = "document.scrollingElement.scrollTop"
        assert frame.evaluate(top) == 0
        frame.locator('a[href$="#t2"]').first.click()
        frame.wait_for_function(f"{top} > 0")
        assert page.url == page_file.as_uri()
        with page.context.expect_page() as beside:
            frame.locator('a[href^="https://example.org/papers/"]').first.click()
        assert beside.value != page


@pytest.mark.parametrize("width", [375, 1440])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_finds_nothing(browser, tmp_path, page_file, width, dark):
    """Also with findings and with the table open."""
    room = newsroom(tmp_path)
    room.write(FILE, SET + f"{{% block masthead %}}{PALE}{{% endblock %}}")
    room.configure(templates="lab")
    assert room.run("preview", "--out", str(tmp_path)).code == 0
    for path in (page_file, tmp_path / "index.html"):
        with opened(browser, path.as_uri(), width=width, dark=dark) as page:
            page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")
            assert_accessible(page)
    assert page_file != tmp_path / "index.html"


def assert_accessible(page: Page) -> None:
    """The page with its frames; what is in them has its own tests."""
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()


def test_every_view_is_reached_with_the_keyboard(browser, page_file):
    with opened(browser, page_file.as_uri()) as page:
        reached = set()
        for _ in range(40):
            page.keyboard.press("Tab")
            reached.add(page.evaluate("document.activeElement.outerHTML.slice(0, 60)"))
        words = " ".join(reached)
        for name in ("#letter", "#dark", "#phone", "#text", "#source"):
            assert f'<a href="{name}"' in words
        assert "<main" in words
        page.locator('nav a[href="#source"]').press("Enter")
        seen = page.locator("#source").bounding_box()
        assert seen["x"] < 1440


def test_a_save_reloads_the_page_and_it_comes_back_to_where_one_was(browser, tmp_path):
    room = newsroom(tmp_path)
    room.write(FILE, SET)
    room.configure(templates="lab")
    with watching(room) as watch, opened(browser, watch.address) as page:
        page.locator("summary").first.click()
        frame_of(page, "Letter").evaluate("document.scrollingElement.scrollTop = 700")
        page.locator("main").evaluate("each => { each.scrollLeft = 300 }")
        room.write(FILE, SET + "{% block foot %}<tr><td>\n{{ nope }}</td></tr>{% endblock %}")
        page.get_by_role("alert").wait_for()
        assert f"{FILE}:2: 'nope' is undefined" in page.get_by_role("alert").inner_text()
        assert "study of robots" in frame_of(page, "Letter").locator("body").inner_text()
        assert_accessible(page)
        foot = "{% block foot %}<tr><td>A foot of glass</td></tr>{{ super() }}{% endblock %}"
        room.write(FILE, SET + foot)
        page.get_by_role("alert").wait_for(state="detached")
        frame = frame_of(page, "Letter")
        frame.get_by_text("A foot of glass").wait_for()
        frame.wait_for_function("document.scrollingElement.scrollTop === 700")
        page.wait_for_function("document.querySelector('main').scrollLeft === 300")
        assert page.locator("details").first.get_attribute("open") is not None
    assert watch.done.code == 0


def test_a_watch_that_ended_is_told_on_the_page(browser, tmp_path):
    with opened(browser, "about:blank") as page:
        with watching(newsroom(tmp_path)) as watch:
            page.goto(watch.address)
            page.get_by_text("Live", exact=True).wait_for()
        page.get_by_text("The watch has ended").wait_for()
        assert watch.done.code == 0


# Its size, the shade of each row at the left edge, and how many colours the last 240 rows have.
_LOOK = """async (source) => {
  const picture = new Image(); picture.src = source; await picture.decode();
  const { naturalWidth: width, naturalHeight: height } = picture;
  const samples = (x, y, w, h) => {
    const canvas = new OffscreenCanvas(w, h), context = canvas.getContext("2d");
    context.drawImage(picture, x, y, w, h, 0, 0, w, h);
    return context.getImageData(0, 0, w, h).data;
  };
  const edge = samples(0, 0, 1, height), foot = samples(0, height - 240, width, 240);
  const shades = [], colours = new Set();
  for (let n = 0; n < edge.length; n += 4) shades.push((edge[n] + edge[n + 1] + edge[n + 2]) / 3);
  for (let n = 0; n < foot.length; n += 4) colours.add(foot.slice(n, n + 3).join());
  return { width, height, darkest: Math.min(...shades), lightest: Math.max(...shades),
           colours: colours.size };
}"""


def test_pictures_show_the_whole_letter_on_each_screen_in_each_scheme(browser, room, tmp_path):
    """A phone's is longer than a browser can draw at once."""
    room.environ["DIGEST_BROWSER"] = find_chromium()
    done = room.run("preview", "--screenshots", "--json", "--out", str(tmp_path))
    assert done.code == 0, done.err
    letter = (tmp_path / "letter.html").as_uri()
    for screen, width, sharpness in (("desktop", 1000, 1), ("phone", 375, 2)):
        with opened(browser, letter, width=width) as page:
            height = page.evaluate("document.documentElement.scrollHeight")
            for scheme in ("light", "dark"):
                path = tmp_path / f"{screen}-{scheme}.png"
                assert str(path) in done.json["files"]
                data = b64encode(path.read_bytes()).decode()
                seen = page.evaluate(_LOOK, f"data:image/png;base64,{data}")
                assert (seen["width"], seen["height"]) == (width * sharpness, height * sharpness)
                if scheme == "dark":
                    assert seen["lightest"] < 40
                else:
                    assert seen["darkest"] > 200
                assert seen["colours"] > 10  # the words of the foot, not a blank
    assert height * sharpness > 8_000


def test_a_picture_that_never_comes_keeps_nothing_waiting(tmp_path):
    """As where a network swallows what is asked."""
    room = newsroom(tmp_path)
    room.environ["DIGEST_BROWSER"] = find_chromium()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/1.png"
        room.write_papers([paper(0, thumbnail=address)])
        done = room.run("preview", "--screenshots", "--out", str(tmp_path / "look"))
        silent.settimeout(0)
        silent.accept()[0].close()  # it was asked
    assert done.code == 0, done.err
    assert len(list((tmp_path / "look").glob("*.png"))) == 4
