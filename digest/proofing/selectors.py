"""Matches the simple selectors of mail: tag, class, id, attribute, descendant, child."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from lxml.html import HtmlElement

#: Outlook.com sets these where it changed a text colour, or a background.
OUTLOOK_MARKS = frozenset({"data-ogsc", "data-ogsb", "data-ogac", "data-ogab"})
_STEP = re.compile(r"\s*([>+~]|\s)\s*(?=[^\s>+~])")
_SIMPLE = re.compile(
    r"(?P<tag>\*|[a-z][\w-]*)|\.(?P<cls>[\w-]+)|#(?P<id>[\w-]+)"
    r"|\[\s*(?P<attr>[\w-]+)\s*(?:(?P<op>[~|^$*]?=)\s*(?P<value>\"[^\"]*\"|'[^']*'|[^\]\s]*)\s*)?\]"
    r"|:(?P<pseudo>root|link|any-link)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Compound:
    """What one element must be. `before` says how it stands to the compound in front of it."""

    tag: str
    classes: frozenset[str]
    id: str
    attributes: tuple[tuple[str, str, str], ...]
    root: bool
    link: bool
    before: str


@dataclass(frozen=True, slots=True)
class Selector:
    """`compounds` from left to right; `specificity` counts (ids, classes, tags)."""

    compounds: tuple[Compound, ...]
    specificity: tuple[int, int, int]

    @property
    def outlook(self) -> bool:
        """Whether only Outlook.com's marks make it match."""
        return any(
            name in OUTLOOK_MARKS for part in self.compounds for name, _, _ in part.attributes
        )

    def matches(self, element: HtmlElement, *, outlook: bool) -> bool:
        """Whether it selects `element`; with `outlook` its marks stand everywhere."""
        return _fits(element, self.compounds[-1], outlook=outlook) and _reaches(
            element, self.compounds, len(self.compounds) - 1, outlook=outlook
        )


@lru_cache(maxsize=2048)
def parse_selector(text: str) -> Selector | None:
    """None for a selector with what is not known here, such as `:hover`."""
    compounds: list[Compound] = []
    before, at, text = "", 0, text.strip()
    for step in [*_STEP.finditer(text), None]:
        piece = text[at : step.start() if step else len(text)]
        compound = _compound(piece, before)
        if compound is None:
            return None
        compounds.append(compound)
        if step:
            before, at = step[1].strip() or " ", step.end()
    return Selector(tuple(compounds), _specificity(compounds))


def _compound(text: str, before: str) -> Compound | None:
    if not text or _SIMPLE.sub("", text):
        return None
    tag, identity, root, link = "", "", False, False
    classes: set[str] = set()
    attributes: list[tuple[str, str, str]] = []
    for found in _SIMPLE.finditer(text):
        if found["tag"]:
            tag = "" if found["tag"] == "*" else found["tag"].lower()
        elif found["cls"]:
            classes.add(found["cls"])
        elif found["id"]:
            identity = found["id"]
        elif found["attr"]:
            value = (found["value"] or "").strip("\"'")
            attributes.append((found["attr"].lower(), found["op"] or "", value))
        else:
            root, link = root or found["pseudo"] == "root", link or found["pseudo"] != "root"
    return Compound(tag, frozenset(classes), identity, tuple(attributes), root, link, before)


def _specificity(compounds: list[Compound]) -> tuple[int, int, int]:
    return (
        sum(bool(part.id) for part in compounds),
        sum(len(part.classes) + len(part.attributes) + part.root + part.link for part in compounds),
        sum(bool(part.tag) for part in compounds),
    )


def _fits(element: HtmlElement, part: Compound, *, outlook: bool) -> bool:
    if part.tag and element.tag != part.tag:
        return False
    if part.classes and not part.classes.issubset((element.get("class") or "").split()):
        return False
    if part.id and element.get("id") != part.id:
        return False
    if part.root and element.tag != "html":
        return False
    if part.link and (element.tag != "a" or not element.get("href")):
        return False
    return all(_has(element, *each, outlook=outlook) for each in part.attributes)


def _has(element: HtmlElement, name: str, operator: str, wanted: str, *, outlook: bool) -> bool:
    if name in OUTLOOK_MARKS:
        return outlook
    value: str | None = element.get(name)
    if value is None or not operator:
        return value is not None
    return {
        "=": value == wanted,
        "~=": wanted in value.split(),
        "|=": value == wanted or value.startswith(f"{wanted}-"),
        "^=": bool(wanted) and value.startswith(wanted),
        "$=": bool(wanted) and value.endswith(wanted),
        "*=": bool(wanted) and wanted in value,
    }[operator]


def _reaches(
    element: HtmlElement, compounds: tuple[Compound, ...], at: int, *, outlook: bool
) -> bool:
    """Whether what stands in front of compound `at` is found around `element`."""
    if at == 0:
        return True
    before, wanted = compounds[at].before, compounds[at - 1]
    candidates = {
        " ": element.iterancestors(),
        ">": iter([parent] if (parent := element.getparent()) is not None else []),
        "+": iter(list(element.itersiblings(preceding=True))[:1]),
        "~": element.itersiblings(preceding=True),
    }[before]
    return any(
        _fits(other, wanted, outlook=outlook)
        and _reaches(other, compounds, at - 1, outlook=outlook)
        for other in candidates
        if isinstance(other.tag, str)
    )
