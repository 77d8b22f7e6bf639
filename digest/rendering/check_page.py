"""Faults of a page that its HTML shows: tags, attributes, pictures, links."""

from __future__ import annotations

from html.parser import HTMLParser

# HTML Living Standard, 13.1.2: elements without an end tag.
_VOID = frozenset(
    ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr")
)


class Page(HTMLParser):
    """What a piece of HTML holds. Conditional comments for Word are comments here."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ends: list[str] = []
        self.words: list[str] = []
        self.links: list[str] = []
        self.faults: list[str] = []
        self.language = ""
        self.ids: list[str] = []
        self.feed(html)
        self.close()

    @property
    def loose(self) -> tuple[str, str]:
        """End tags without a start, then start tags without an end: two strings, "" if balanced."""
        return "".join(self.ends), "".join(f"<{tag}>" for tag in self.open)

    @property
    def text(self) -> str:
        return "".join(self.words)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _VOID:
            self.open.append(tag)
        self._look(tag, dict(attrs))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._look(tag, dict(attrs))

    def handle_endtag(self, tag: str) -> None:
        if self.open and self.open[-1] == tag:
            self.open.pop()
        else:
            self.ends.append(f"</{tag}>")

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
        if tag == "script" or any(each.startswith("on") for each in attributes):
            self.faults.append("there is a script, which no mail program runs")


def loose_tags(html: str) -> tuple[str, str]:
    """End tags without a start, then start tags without an end: two strings, "" if balanced."""
    return Page(html).loose
