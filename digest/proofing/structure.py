"""Is the page built so that clients show it and screen readers can read it out?

The rules are those of HTML (https://html.spec.whatwg.org), WCAG 2.2 level A and AA, and of what
mail programs take out of a page (https://www.caniemail.com).
"""

from __future__ import annotations

import re
from collections import Counter

from lxml.html import HtmlElement

from digest.proofing.addresses import is_loopback, split_address
from digest.proofing.finding import Findings, error, warning
from digest.proofing.languages import is_language_tag, primary
from digest.proofing.page import Page, elements, place, text_of

_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
# Removed by every large client, or a reason to call the letter dangerous.
_FORBIDDEN = frozenset(
    {"script", "form", "input", "button", "select", "textarea", "iframe", "frame", "object"}
    | {"embed", "applet", "audio", "video", "canvas", "svg", "base", "marquee", "blink"}
)
# Written from right to left, unless a script in the tag says otherwise.
_RIGHT_TO_LEFT = frozenset({"ar", "arc", "ckb", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"})
#: Word breaks a cell after 23.7 inches, which is about 1,800 px: 75 lines of 69 characters.
LONGEST_CELL = 5_000
TALLEST_IMAGE = 1_728


def check_structure(page: Page, content_language: str) -> Findings:
    """Head, language, headings, ids, images, tables, and elements that mail cannot have."""
    yield from _check_language(page, content_language)
    yield from _check_head(page)
    yield from _check_headings(page)
    yield from _check_ids(page)
    for element in elements(page.root):
        if element.tag == "img":
            yield from _check_image(element)
        elif element.tag == "table":
            yield from _check_table(element)
        elif element.tag == "td" and element.find(".//table") is None:
            yield from _check_cell(element)
        yield from _check_allowed(element)


def _check_language(page: Page, content_language: str) -> Findings:
    language, direction = page.root.get("lang") or "", page.root.get("dir") or ""
    if not is_language_tag(language):
        words = f'lang="{language}" names no language; screen readers need it, such as lang="en"'
        yield error("html", "html", words)
    elif content_language and primary(content_language) != primary(language):
        words = f'lang="{language}", but Content-Language is {content_language}; make them agree'
        yield warning("html", "html", words)
    turned = primary(language) in _RIGHT_TO_LEFT and "-latn" not in language.lower()
    if direction.lower() not in ("ltr", "rtl", "auto"):
        yield warning("html", "html", f'has no dir; write dir="{"rtl" if turned else "ltr"}"')
    elif turned and direction.lower() == "ltr":
        yield error("html", "html", f'dir="ltr", but {language} is written from right to left')


def _check_head(page: Page) -> Findings:
    title = page.root.find("head/title")
    if title is None or not text_of(title):
        words = "is missing or empty; browsers and screen readers show it for the letter's name"
        yield error("html", "title", words)
    metas = list(page.root.iter("meta"))
    declared = " ".join(f"{meta.get('charset')} {meta.get('content')}".lower() for meta in metas)
    if not re.search(r"utf-?8|iso-8859|us-ascii|windows-\d|gb|big5|shift|euc", declared):
        words = 'declares no charset; add <meta charset="utf-8"> for a letter saved as a file'
        yield warning("html", "head", words)
    viewport = page.meta("viewport")
    if viewport is None:
        words = "has no viewport; phones then show a small desktop: add width=device-width"
        yield warning("html", "head", words)
    elif re.search(r"user-scalable\s*=\s*(?:no|0)|maximum-scale\s*=\s*[01]\b", viewport.lower()):
        yield error("html", "meta viewport", "forbids to zoom; readers need it (WCAG 1.4.4)")


def _check_headings(page: Page) -> Findings:
    before = 0
    headings = list(page.root.iter(*_HEADINGS))
    titled = any(heading.tag == "h1" for heading in headings)
    if not titled:
        words = "has no h1, so screen readers find no beginning; make the letter's title one"
        yield error("html", "headings", words)
    for heading in headings:
        level = int(heading.tag[1])
        if not text_of(heading):
            yield error("html", place(heading), "is an empty heading; remove it")
        elif level > before + 1 and before:
            yield error("html", place(heading), f"follows an h{before}; h{before + 1} is missing")
        elif level == 1 and before:
            yield warning("html", place(heading), "is a second h1; a letter has one title")
        elif titled and not before and level != 1:
            yield error("html", place(heading), "comes before the h1; headings begin with it")
        before = level


def _check_ids(page: Page) -> Findings:
    found = Counter(element.get("id") for element in elements(page.root) if element.get("id"))
    for name, count in found.items():
        if count > 1:
            yield error("html", f"#{name}", f"{count} elements have this id; keep one")


def _check_image(image: HtmlElement) -> Findings:
    where, source = place(image), (image.get("src") or "").strip()
    if image.get("alt") is None:
        words = 'has no alt; say what it shows, or alt="" if it says nothing new (WCAG 1.1.1)'
        yield error("html", where, words)
    for name in ("width", "height"):
        if not re.fullmatch(r"\d+%?|auto", image.get(name) or ""):
            yield warning("html", where, f"has no {name} attribute; Outlook shows its own size")
    if (image.get("height") or "").isdigit() and int(image.get("height")) > TALLEST_IMAGE:
        yield warning("html", where, f"is over {TALLEST_IMAGE:,} px high, where Outlook crops it")
    parts = split_address(source)
    if source.startswith("data:"):
        yield warning("html", where, "stands in the page itself (data:), which Gmail drops")
    elif parts is None or parts.scheme not in ("https", "http", "cid"):
        yield error("html", where, "has no whole https address in src; mail has no page to seek on")
    elif parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        yield warning("html", where, "is fetched by http; webmail may block it: use https")


def _check_table(table: HtmlElement) -> Findings:
    if table.get("role") in ("presentation", "none"):
        return
    rows = (child for child in table.iter("th", "caption", "table") if child is not table)
    first = next(rows, None)
    if first is None or first.tag == "table":
        words = 'lays out the page without role="presentation"; screen readers then count its cells'
        yield error("html", place(table), words)


def _check_cell(cell: HtmlElement) -> Findings:
    length = len(text_of(cell))
    if length > LONGEST_CELL:
        words = f"has {length:,} characters; Outlook breaks a cell past 1,800 px: use more rows"
        yield warning("html", place(cell), words)


def _check_allowed(element: HtmlElement) -> Findings:
    tag = element.tag
    if tag in _FORBIDDEN:
        yield error("html", place(element), f"<{tag}> does not work in mail; remove it")
    elif tag == "link" and "stylesheet" in (element.get("rel") or "").lower():
        yield error("html", "link", "loads a style sheet, which no client does; use <style>")
    elif tag == "style" and next(element.iterancestors("body"), None) is not None:
        yield error("html", "style", "stands in the body, where Gmail drops it; use the head")
    for name in element.attrib:
        if name.lower().startswith("on") and name.isalpha():
            yield error("html", place(element), f"{name} is a script, which no client runs")
