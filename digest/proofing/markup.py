"""Is the HTML written so that every program builds the same tree of it?

Parsers repair what is broken, each in its own way (https://html.spec.whatwg.org/#parsing).
Conditional comments are Outlook's own HTML, opened in one and closed in another: left out here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from digest.proofing.finding import Finding, Findings, error, shown, warning
from digest.proofing.page import Page

_TOKEN = re.compile(
    r"<!--.*?(?:-->|\Z)|<![^>]*>|<(?P<close>/)?(?P<name>[a-zA-Z][^\s/>]*)"
    r"(?P<rest>(?:[^\"'>]|\"[^\"]*\"|'[^']*')*)>",
    re.DOTALL,
)
_ATTRIBUTE = re.compile(r"([^\s\"'=<>/]+)(?:\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s\"'>]+))?")
_VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source"}
    | {"track", "wbr"}
)
# HTML lets these be closed by what follows; programs that show mail are not so sure.
_OPTIONAL = frozenset(
    {"li", "dt", "dd", "p", "option", "thead", "tbody", "tfoot", "tr", "td", "th", "colgroup"}
    | {"html", "head", "body"}
)
_RAW = frozenset({"style", "script", "title", "textarea"})
# What ends a paragraph that is open (HTML §13.1.2.4).
_BLOCKS = frozenset(
    {"address", "blockquote", "center", "div", "dl", "h1", "h2", "h3", "h4", "h5", "h6", "hr"}
    | {"ol", "p", "pre", "table", "ul", "section", "article", "main", "header", "footer"}
)
_SCOPES = frozenset({"td", "th", "table", "caption", "button", "html"})
_TABLE_PARTS = frozenset({"table", "thead", "tbody", "tfoot", "tr"})
_TABLE_CONTENT = frozenset(
    {"caption", "colgroup", "col", "thead", "tbody", "tfoot", "tr", "td", "th", "style", "script"}
)


def check_markup(page: Page) -> Findings:
    """Tags that are not closed, closed twice, or stand where they cannot."""
    source = page.source
    if source.lstrip("\ufeff \t\r\n")[:14].lower() != "<!doctype html":
        words = "does not begin with <!doctype html>; programs then show it as in 1998"
        yield error("html", "line 1", words)
    yield from _Reader(source).read()


@dataclass(slots=True)
class _Reader:
    """Goes over the source once; `open` are the tags not yet closed, with their lines."""

    source: str
    line: int = 1
    at: int = 0
    open: list[tuple[str, int]] = field(default_factory=list)

    def read(self) -> Findings:
        while found := _TOKEN.search(self.source, self.at):
            yield from self._text(self.source[self.at : found.start()])
            self.line += self.source.count("\n", self.at, found.start())
            end = found.end()
            if found["name"]:
                name = found["name"].lower()
                if found["close"]:
                    yield from self._close(name)
                else:
                    yield from self._open(name, found["rest"])
                    if name in _RAW:
                        end = self._raw_end(name, end)
            self.line += self.source.count("\n", found.start(), end)
            self.at = end
        for name, line in self.open:
            yield self._unclosed(name, line)

    def _raw_end(self, name: str, at: int) -> int:
        found = re.compile(rf"</{name}\b", re.IGNORECASE).search(self.source, at)
        return found.start() if found else len(self.source)

    def _text(self, text: str) -> Findings:
        if text.strip() and self.open and self.open[-1][0] in _TABLE_PARTS:
            words = f"{shown(text)} stands in a table outside of its cells; put it into a <td>"
            yield error("html", f"line {self.line}", words)

    def _open(self, name: str, rest: str) -> Findings:
        where = f"line {self.line}"
        names = [attribute.lower() for attribute in _ATTRIBUTE.findall(rest)]
        if len(set(names)) < len(names):
            twice = next(each for each in names if names.count(each) > 1)
            yield error("html", where, f"<{name}> has the attribute {twice} twice; keep one")
        inside = [tag for tag, _ in self.open]
        scope = inside[self._scope_start(inside) :]
        if name == "p" and inside and inside[-1] == "p":
            yield self._unclosed(*self.open.pop())
        elif name in _BLOCKS and "p" in scope:
            words = f"<{name}> inside <p> ends the paragraph; close the <p> first"
            yield error("html", where, words)
        if name == "a" and "a" in inside:
            yield error("html", where, "a link stands inside a link; close the first")
        if inside and inside[-1] in _TABLE_PARTS and name not in _TABLE_CONTENT:
            words = f"<{name}> stands in a table outside of its cells; put it into a <td>"
            yield error("html", where, words)
        if name not in _VOID and not (rest.endswith("/") and name in ("path", "circle", "rect")):
            self.open.append((name, self.line))

    @staticmethod
    def _scope_start(inside: list[str]) -> int:
        for at in range(len(inside) - 1, -1, -1):
            if inside[at] in _SCOPES:
                return at
        return 0

    def _close(self, name: str) -> Findings:
        inside = [tag for tag, _ in self.open]
        if name in _VOID:
            if name != "br":
                yield error("html", f"line {self.line}", f"</{name}> closes nothing; remove it")
        elif name not in inside:
            yield error("html", f"line {self.line}", f"</{name}> closes nothing; remove it")
        else:
            last = len(inside) - 1 - inside[::-1].index(name)
            for tag, line in self.open[last + 1 :]:
                yield self._unclosed(tag, line)
            del self.open[last:]

    @staticmethod
    def _unclosed(name: str, line: int) -> Finding:
        words = f"<{name}> is not closed; add </{name}>"
        return (warning if name in _OPTIONAL else error)("html", f"line {line}", words)
