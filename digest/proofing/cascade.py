"""Works out how each element looks on a screen: a small cascade for what mail uses.

It knows colours, backgrounds, sizes of type, weight and what is hidden; author rules, inline
styles, presentational attributes and the defaults of browsers, in the order of CSS Cascade 4 §6.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from operator import itemgetter

from lxml.html import HtmlElement

from digest.proofing.colour import BLACK, CLEAR, WHITE, Colour, parse_colour
from digest.proofing.css import Declaration, parse_declarations
from digest.proofing.longhands import longhands
from digest.proofing.media import Screen, holds
from digest.proofing.page import Page
from digest.proofing.selectors import Selector, parse_selector

# What browsers paint where a page allows dark and says no colour: Chromium's canvas and links.
_DARK_CANVAS, _DARK_LINK = Colour(18, 18, 18), Colour(158, 158, 255)
_LIGHT_LINK = Colour(0, 0, 238)
_SIZES = {"h1": 2.0, "h2": 1.5, "h3": 1.17, "h5": 0.83, "h6": 0.67}
_SMALLER = frozenset({"small", "sub", "sup"})
_BOLD = frozenset({"h1", "h2", "h3", "h4", "h5", "h6", "b", "strong", "th"})
_KEYWORDS = {
    "xx-small": 9, "x-small": 10, "small": 13, "medium": 16, "large": 18, "x-large": 24,
    "xx-large": 32, "xxx-large": 48,
}  # fmt: skip
_FONT_SIZES = ("x-small", "small", "medium", "large", "x-large", "xx-large", "xxx-large")
_LENGTH = re.compile(r"(\d+\.?\d*|\.\d+)(px|pt|em|rem|%|)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How an element's own text is shown.

    `behind` is what it stands on, opaque. `size` and `leading` are pixels; `leading` is None
    where nothing says it. `own_colour` and `own_ground` say that a rule for Outlook.com's dark
    screens set them.
    """

    colour: Colour
    behind: Colour
    size: float = 16.0
    leading: float | None = None
    factor: float | None = None
    bold: bool = False
    hidden: bool = False
    underlined: bool = False
    opacity: float = 1.0
    own_colour: bool = False
    own_ground: bool = False


@dataclass(frozen=True, slots=True)
class _Bound:
    """A selector with its declarations; `order` is its place in the sheets."""

    selector: Selector
    declarations: tuple[Declaration, ...]
    order: int


# A declaration with what decides over it: important, inline, specificity, order; and whether a
# rule of Outlook.com's holds it.
_Ranked = tuple[tuple[bool, bool, tuple[int, int, int], int], Declaration, bool]


class Cascade:
    """The looks of one page on one screen."""

    def __init__(self, page: Page, screen: Screen) -> None:
        self._screen = screen
        self._page = page
        self._by_key: dict[str, list[_Bound]] = defaultdict(list)
        for order, rule in enumerate(page.rules):
            wanted = tuple(longhands(rule.declarations))
            if wanted and all(holds(condition, screen) for condition in rule.conditions):
                for text in rule.selectors:
                    selector = parse_selector(text)
                    if selector and (screen.outlook or not selector.outlook):
                        key = _key(selector)
                        self._by_key[key].append(_Bound(selector, wanted, order))

    def looks(self) -> Iterator[tuple[HtmlElement, Look]]:
        """Every element of the body with its look, in order; what is hidden is left out."""
        dark = self._screen.dark and allows_dark(self._page)
        root = Look(colour=WHITE if dark else BLACK, behind=_DARK_CANVAS if dark else WHITE)
        self._link = _DARK_LINK if dark else _LIGHT_LINK
        top = self._look(self._page.root, root)
        stack = [(self._page.body, top)]
        while stack:
            element, parent = stack.pop()
            look = self._look(element, parent)
            if look.hidden:
                continue
            yield element, look
            stack += [(child, look) for child in reversed(element) if isinstance(child.tag, str)]

    def _look(self, element: HtmlElement, parent: Look) -> Look:
        values, marked = self._values(element)
        look = _of_browser(element, parent, self._link)
        look = _type(look, values, parent)
        look = _colours(look, values, parent)
        if self._screen.outlook:
            look = replace(
                look,
                own_colour="color" in marked or ("color" not in values and look.own_colour),
                own_ground="background-color" in marked
                or ("background-color" not in values and look.own_ground),
            )
        return replace(look, hidden=_is_hidden(element, look, values))

    def _values(self, element: HtmlElement) -> tuple[dict[str, str], set[str]]:
        """The winning values by name, and the names that a rule of Outlook.com's won."""
        found = [*self._ruled(element), *_unruled(element)]
        values: dict[str, str] = {}
        marked: set[str] = set()
        for _, each, outlook in sorted(found, key=itemgetter(0)):
            values[each.name] = each.value
            marked.discard(each.name)
            if outlook:
                marked.add(each.name)
        return values, marked

    def _ruled(self, element: HtmlElement) -> Iterator[_Ranked]:
        keys = [element.tag, "*"]
        keys += [f".{name}" for name in (element.get("class") or "").split()]
        if element.get("id"):
            keys.append(f"#{element.get('id')}")
        for key in keys:
            for bound in self._by_key.get(key, ()):
                selector = bound.selector
                if selector.matches(element, outlook=self._screen.outlook):
                    for each in bound.declarations:
                        rank = (each.important, False, selector.specificity, bound.order)
                        yield rank, each, selector.outlook


def _unruled(element: HtmlElement) -> Iterator[_Ranked]:
    """What the element's attributes say."""
    for each in _attributes(element):
        yield (False, False, (-1, 0, 0), 0), each, False
    for each in _inline(element.get("style") or ""):
        yield (each.important, True, (0, 0, 0), 0), each, False


@lru_cache(maxsize=4096)
def _inline(style: str) -> tuple[Declaration, ...]:
    return tuple(longhands(parse_declarations(style)))


def allows_dark(page: Page) -> bool:
    """Whether the page says that it can be dark (`color-scheme`, CSS Color Adjust §2)."""
    said = page.meta("color-scheme") or ""
    for rule in page.rules:
        if not rule.conditions and not {":root", "html"}.isdisjoint(rule.selectors):
            for each in rule.declarations:
                if each.name == "color-scheme":
                    said = each.value
    return "dark" in said.lower().split()


def _key(selector: Selector) -> str:
    last = selector.compounds[-1]
    if last.id:
        return f"#{last.id}"
    if last.classes:
        return f".{min(last.classes)}"
    return last.tag or ("html" if last.root else "*")


def _attributes(element: HtmlElement) -> Iterator[Declaration]:
    """Presentational attributes, which count less than any rule (HTML §15)."""
    if element.get("bgcolor"):
        yield Declaration("background-color", _legacy(element.get("bgcolor")), important=False)
    colour = element.get("color") if element.tag == "font" else None
    if element.tag == "body":
        colour = element.get("text")
    if colour:
        yield Declaration("color", _legacy(colour), important=False)
    size = element.get("size") if element.tag == "font" else None
    if size and re.fullmatch("[1-7]", size):
        yield Declaration("font-size", _FONT_SIZES[int(size) - 1], important=False)


def _legacy(colour: str) -> str:
    """Attributes do without the # (HTML §2.3.6)."""
    colour = colour.strip().lower()
    return f"#{colour}" if re.fullmatch("[0-9a-f]{3}|[0-9a-f]{6}", colour) else colour


def _of_browser(element: HtmlElement, parent: Look, link: Colour) -> Look:
    """What is inherited, and the default style sheet of browsers."""
    tag = element.tag
    if tag in _SIZES or tag in _SMALLER:
        size = parent.size * _SIZES.get(tag, 1 / 1.2)
        parent = replace(parent, size=size, leading=_leading(parent, size))
    if tag in _BOLD:
        parent = replace(parent, bold=True)
    if tag == "a" and element.get("href"):
        parent = replace(parent, colour=link, underlined=True, own_colour=False)
    return parent


def _type(look: Look, values: dict[str, str], parent: Look) -> Look:
    size, line = values.get("font-size"), values.get("line-height")
    if size and (pixels := _pixels(size, parent.size, _KEYWORDS)) is not None:
        look = replace(look, size=pixels, leading=_leading(look, pixels))
    if line:
        look = _with_leading(look, line)
    weight = values.get("font-weight")
    if weight:
        bold = weight in ("bold", "bolder") or (weight.isdigit() and int(weight) >= 700)
        look = replace(look, bold=bold if weight != "inherit" else parent.bold)
    decoration = values.get("text-decoration-line")
    if decoration:
        look = replace(look, underlined="underline" in decoration)
    return look


def _with_leading(look: Look, line: str) -> Look:
    found = _LENGTH.fullmatch(line)
    if line == "normal" or not found:
        return replace(look, leading=None, factor=None) if line == "normal" else look
    if not found[2]:
        factor = float(found[1])
        return replace(look, factor=factor, leading=factor * look.size)
    return replace(look, factor=None, leading=_pixels(line, look.size, {}))


def _leading(look: Look, size: float) -> float | None:
    return look.factor * size if look.factor is not None else look.leading


def _pixels(text: str, parent: float, words: dict[str, int]) -> float | None:
    if text in words:
        return float(words[text])
    if text in ("smaller", "larger"):
        return parent / 1.2 if text == "smaller" else parent * 1.2
    found = _LENGTH.fullmatch(text)
    if not found:
        return None
    number = float(found[1])
    return {
        "px": number,
        "": 0.0 if not number else None,
        "pt": number * 4 / 3,
        "em": number * parent,
        "rem": number * 16,
        "%": number * parent / 100,
    }[found[2]]


def _colours(look: Look, values: dict[str, str], parent: Look) -> Look:
    said = values.get("color")
    if said in ("inherit", "unset", "currentcolor"):
        look = replace(look, colour=parent.colour)
    elif said and (colour := parse_colour(said)):
        look = replace(look, colour=colour)
    if "opacity" in values and (found := _LENGTH.fullmatch(values["opacity"])):
        share = float(found[1]) / (100 if found[2] == "%" else 1)
        look = replace(look, opacity=look.opacity * min(1.0, share))
    ground = values.get("background-color", "transparent")
    paint = look.colour if ground == "currentcolor" else parse_colour(ground)
    return replace(look, behind=(paint or CLEAR).over(parent.behind))


def _is_hidden(element: HtmlElement, look: Look, values: dict[str, str]) -> bool:
    if element.tag in ("head", "style", "script", "title", "template", "noscript"):
        return True
    if values.get("display") == "none" or values.get("visibility") in ("hidden", "collapse"):
        return True
    flat = _LENGTH.fullmatch(values.get("max-height", ""))
    closed = "hidden" in values.get("overflow", "")
    return bool(flat and not float(flat[1]) and closed) or look.opacity == 0
