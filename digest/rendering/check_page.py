"""Faults of a page that its HTML shows: tags, attributes, pictures, links."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser

# HTML Living Standard, 13.1.2: elements without an end tag.
_VOID = frozenset(
    ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr")
)

# A comment, or a tag with its quoted values whole.
_TAG = re.compile(
    r"""<!--.*?-->|<(/?)([a-zA-Z][^\s/>]*)((?:[^"'>]|"[^"]*"|'[^']*')*+)>""", re.DOTALL
)
_ATTRIBUTE = re.compile(r"""([^\s"'=/]+)(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"']*))?""")


class Page(HTMLParser):
    """What a piece of HTML holds. Conditional comments for Word are comments here."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.links: list[str] = []
        self.faults: list[str] = []
        self.language = ""
        self.ids: list[str] = []
        self.feed(html)
        self.close()

    @property
    def text(self) -> str:
        return "".join(self.words)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._look(tag, dict(attrs))

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def _look(self, tag: str, attributes: dict[str, str | None]) -> None:
        if name := attributes.get("id"):
            self.ids.append(name)
        if tag == "html":
            self.language = attributes.get("lang") or ""
        if tag == "img" and "alt" not in attributes:
            self.faults.append("a picture has no alt")
        if tag == "a" and "href" in attributes:
            self.links.append(attributes["href"] or "")
        if tag == "a" and not attributes.get("href") and not attributes.get("name"):
            self.faults.append("a link leads nowhere")


def loose_tags(html: str) -> tuple[str, str]:
    """End tags without a start, then start tags without an end: two strings, "" if balanced."""
    still: list[str] = []
    ends: list[str] = []
    for end, name, rest in _tags(html):
        if not end:
            if name not in _VOID and not rest.endswith("/"):
                still.append(name)
        elif still and still[-1] == name:
            still.pop()
        else:
            ends.append(f"</{name}>")
    return "".join(ends), "".join(f"<{name}>" for name in still)


def has_script(html: str) -> bool:
    """Whether there is a script, or an attribute that would run one."""
    return any(
        not end and (name == "script" or ("on" in rest and _handles(rest)))
        for end, name, rest in _tags(html)
    )


def _handles(attributes: str) -> bool:
    return any(name.lower().startswith("on") for name in _ATTRIBUTE.findall(attributes))


def _tags(html: str) -> Iterator[tuple[str, str, str]]:
    """Each tag: "/" if it ends an element, its name, what stands behind the name.

    A parser takes ten times as long, which an edition's rendering cannot spare.
    """
    for found in _TAG.finditer(html):
        if name := found[2]:
            yield found[1], name.lower(), found[3]
