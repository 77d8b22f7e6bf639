"""A forgiving reader of TeX: one pass, by recursive descent over pairs of braces."""

from __future__ import annotations

import re

from digest.sources.tex_commands import CommandReader
from digest.sources.tex_prose import ProseReader
from digest.sources.tex_span import DEPTH, Span, settle_blanks

_URL = r"https?://[^\s{}\\$<>\"'`^|]+"
# `R^3`, `10^-3`, `FaSTA^*`, `360^circ` and `V^top`: scripts in prose, without dollars.
_RAISED = (
    r"\^(?<=[^\W_]\^|[)\]]\^)(?:[-−]?\d{1,4}(?![\d.]*\d)|circ"
    r"|(?:top|star|ast|infty|prime|dagger)(?![a-z])|[A-Za-z*](?![A-Za-z]))"
)
# Each way begins with one sign of its own, for speed.
_TEXT_STOP = re.compile(rf"{_URL}|\\|\$|\{{|\}}|~|`|''|--+|_(?={{)|\^(?=[{{\\])|{_RAISED}")
_MATH_STOP = re.compile(r"[\\${}~^_'\s]")
_UNREAD = re.compile(r"\\(?:[A-Za-z]+\s?)?|[{}$]")


class TexReader(ProseReader, CommandReader):
    """Reads one text. `braces`: drop every pair of braces."""

    def read(self) -> str:
        shown = self._read(0, len(self.text), math=False)
        return settle_blanks(shown)

    def _read(self, start: int, end: int, *, math: bool) -> str:
        if self.depth >= DEPTH:
            return _UNREAD.sub("", self.text[start:end])  # nobody nests so deep in earnest
        self.depth += 1
        span = Span(start, end, math, [])
        stop = _MATH_STOP if math else _TEXT_STOP
        while span.at < end:
            found = stop.search(self.text, span.at, end)
            if not found:
                span.out.append(self.text[span.at : end])
                break
            if found.start() > span.at:
                span.out.append(self.text[span.at : found.start()])
            span.at = found.end()
            self._step(span, found[0], found.start())
        self.depth -= 1
        return "".join(part for part in span.out if part)

    def _step(self, span: Span, sign: str, at: int) -> None:
        if sign == "\\":
            self._command(span)
        elif sign == "{":
            self._group(span, at)
        elif sign in ("^", "_"):
            self._script(span, sign)
        elif sign[0] == "^":
            self._bare_script(span, sign[1:])
        elif sign == "$":
            self._dollar(span, at)
        elif sign.startswith("http"):
            self._linked(span, sign)
        elif span.math:
            span.out.append({"'": "′", "~": " ", "}": "}"}.get(sign, " "))
        else:
            span.out.append(self._plain_sign(span, sign, at))
