"""The HTML part as a tree, with its style sheets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from lxml.etree import LxmlError
from lxml.html import HtmlElement, HTMLParser, document_fromstring

from digest.proofing.css import Rule, parse_rules
from digest.proofing.finding import shown

# What a reader does not see: soft hyphens, joiners, marks that fill up a preheader.
_UNSEEN = re.compile(r"[\s\xad\u034f\u061c\u115f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]+")

#: Elements that stand in a line of text.
INLINE = frozenset(
    {"a", "abbr", "b", "bdi", "bdo", "code", "em", "font", "i", "mark", "s", "small", "span"}
    | {"strong", "sub", "sup", "u"}
)
_UNREAD = frozenset({"style", "script", "title"})


@dataclass(frozen=True)
class Page:
    """`source` is the HTML as written; `root` the tree that a browser makes of it, nearly."""

    source: str
    root: HtmlElement

    @property
    def body(self) -> HtmlElement:
        found = self.root.find("body")
        return self.root if found is None else found

    @cached_property
    def sheets(self) -> tuple[str, ...]:
        """The text of each style sheet."""
        return tuple(style.text_content() for style in self.root.iter("style"))

    @cached_property
    def rules(self) -> tuple[Rule, ...]:
        """The rules of all style sheets; those in `<style media>` have it as a condition."""
        rules: list[Rule] = []
        for style in self.root.iter("style"):
            media = " ".join((style.get("media") or "").lower().split())
            around = (f"@media {media}",) if media else ()
            rules += [
                Rule(rule.selectors, rule.declarations, around + rule.conditions)
                for rule in parse_rules(style.text_content())
            ]
        return tuple(rules)

    def meta(self, name: str) -> str | None:
        """The content of a meta element, None when there is none."""
        for meta in self.root.iter("meta"):
            if (meta.get("name") or "").lower() == name:
                return meta.get("content") or ""
        return None


def read_page(source: str) -> Page | None:
    """The tree of an HTML text; None for one without any element."""
    if not seen(source):
        return None
    parser = HTMLParser(encoding="utf-8", huge_tree=True)
    octets = source.replace("\0", "\ufffd").encode("utf-8", "replace")
    try:
        root = document_fromstring(octets, parser=parser)
    except (ValueError, LxmlError):
        return None
    _add_tbodies(root)
    return Page(source, root)


def _add_tbodies(root: HtmlElement) -> None:
    """Browsers put rows that stand in a table itself into a tbody; libxml2 does not."""
    for table in root.iter("table"):
        rows = [child for child in table if child.tag == "tr"]
        if rows:
            tbody = table.makeelement("tbody")
            table.insert(table.index(rows[0]), tbody)
            tbody.extend(rows)


def elements(root: HtmlElement) -> Iterator[HtmlElement]:
    """All elements in order, without comments."""
    return (node for node in root.iter() if isinstance(node.tag, str))


def seen(text: str | None) -> str:
    """What a reader sees of a text: blanks made one, and nothing of zero width."""
    return " ".join(_UNSEEN.sub(" ", text).split()) if text else ""


def text_of(element: HtmlElement) -> str:
    """What a screen reader reads of it: its text, and its images' alternatives."""
    pieces: list[str] = []
    todo: list[HtmlElement | str] = [element]
    while todo:  # letters of strangers nest deeper than Python calls
        each = todo.pop()
        if isinstance(each, str):
            pieces.append(each)
            continue
        pieces.append(each.text or "")
        for child in reversed(each):
            todo.append(child.tail or "")
            if child.tag == "img":
                todo.append(child.get("alt") or "")
            elif isinstance(child.tag, str) and child.tag not in _UNREAD:
                apart = "" if child.tag in INLINE else " "
                todo += (apart, child, apart)
    return seen("".join(pieces))


def place(element: HtmlElement) -> str:
    """Where an element is, for a person: `td.foot "You get this because…"`."""
    classes = "".join(f".{name}" for name in (element.get("class") or "").split()[:2])
    words = text_of(element) or element.get("src") or element.get("id") or ""
    return f"{element.tag}{classes}" + (f" {shown(words)}" if words else "")
