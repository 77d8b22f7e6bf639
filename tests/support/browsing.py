"""Opens a letter as a mail program would and asks what a reader sees of it.

Nothing is fetched: pictures are answered here, or blocked.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Browser, Page, Route

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_PICTURE = b"""<svg xmlns="http://www.w3.org/2000/svg" width="1200" height="648"/>"""

# Every text that is seen: its words, size, colour, and what is painted behind it.
_TEXTS = """() => {
  const parse = c => { const n = c.match(/[\\d.]+/g).map(Number);
                       return n.length < 4 ? [...n, 1] : n; };
  const over = (top, under) => [0, 1, 2].map(i => top[i] * top[3] + under[i] * (1 - top[3]))
                                        .concat([1]);
  const behind = element => {
    const layers = [];
    for (let e = element; e; e = e.parentElement)
      layers.push(parse(getComputedStyle(e).backgroundColor));
    const dark = matchMedia('(prefers-color-scheme: dark)').matches;
    const page = dark ? [18, 18, 18, 1] : [255, 255, 255, 1];
    return layers.reverse().reduce((under, top) => over(top, under), page);
  };
  const light = c => { const [r, g, b] = c.map(v => v / 255)
      .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
      return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node; node = walker.nextNode();) {
    const words = node.data.trim(), element = node.parentElement;
    if (!words || /^(style|script|title)$/i.test(element.tagName)) continue;
    if (!element.checkVisibility()) continue;
    const style = getComputedStyle(element), back = behind(element);
    const front = over(parse(style.color), back);
    const [a, b] = [light(front), light(back)].sort((x, y) => y - x);
    found.push({words: words.slice(0, 80), size: parseFloat(style.fontSize),
                line: style.lineHeight, contrast: (a + 0.05) / (b + 0.05),
                color: style.color, back: back.map(Math.round).join(',')});
  }
  return found;
}"""


@dataclass(frozen=True, slots=True)
class Text:
    """A text that is seen. `size` and `line` (its height) are CSS pixels."""

    words: str
    size: float
    line: str
    contrast: float
    color: str
    back: str


def find_chromium() -> str:
    """The browser to test with: `CHROMIUM`, or one on the path."""
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    assert found, "the tests open letters in Chromium: apt-get install chromium"
    return found


@contextmanager
def opened(
    browser: Browser, html: str, *, width: int = 1000, dark: bool = False, pictures: bool = True
) -> Iterator[Page]:
    """The letter on a screen `width` pixels wide."""

    def answer(route: Route) -> None:
        if pictures and route.request.resource_type == "image":
            route.fulfill(body=_PICTURE, content_type="image/svg+xml")
        else:
            route.abort()

    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme="dark" if dark else "light"
    )
    try:
        page = context.new_page()
        page.route("**/*", answer)
        page.set_content(html, wait_until="load")
        yield page
    finally:
        context.close()


def texts(page: Page) -> list[Text]:
    """Every text that is seen, in the document's order."""
    return [Text(**each) for each in page.evaluate(_TEXTS)]


def overflow(page: Page) -> int:
    """Pixels by which the page is wider than the screen."""
    wide: Any = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    return max(0, int(wide))


if __name__ == "__main__":  # `make test` asks before it begins
    print(find_chromium())
