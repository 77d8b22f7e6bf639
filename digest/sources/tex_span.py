"""Where a reader of TeX stands in its text, with the arguments that follow there."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass

from digest.sources.tex_lost import restore_tex

#: How deep groups are read; nobody nests deeper in earnest.
DEPTH = 40
#: A blank that shows only between two things that would otherwise run together. It is private
#: use, which the text door has dropped before, so no input holds it.
SOFT = "\ue000"
_SOFT_SHOWS = re.compile(rf"(?<=[\w\])])[{SOFT}]+(?=[\w\[√∑∏∫])")


def settle_blanks(text: str) -> str:
    """Text whose soft blanks are shown where they are needed."""
    return _SOFT_SHOWS.sub(" ", text).replace(SOFT, "")


def match_braces(text: str) -> dict[int, int]:
    """Where each `{` ends, for pairs that match; `\\{` is a character."""
    pairs: dict[int, int] = {}
    stack: list[int] = []
    for found in re.finditer(r"\\.|[{}]", text, re.DOTALL):
        if found[0] == "{":
            stack.append(found.start())
        elif found[0] == "}" and stack:
            pairs[stack.pop()] = found.start()
    return pairs


@dataclass(slots=True)
class Span:
    """The part that is being read: `at` moves to `end`; `out` is what was read."""

    at: int
    end: int
    math: bool
    out: list[str]

    def last(self) -> str:
        return self.out[-1][-1:] if self.out else ""


class SpanReader(ABC):
    """One text with its pairs of braces. `braces`: drop every pair of them."""

    def __init__(self, text: str, *, braces: bool = False) -> None:
        self.text = restore_tex(text)
        self.pairs = match_braces(self.text)
        self.drop_braces = braces
        self.quoted = False
        self.depth = 0

    def _blanks(self, span: Span) -> int:
        """How many blanks stand before the next argument."""
        count = 0
        while span.at + count < span.end and self.text[span.at + count] in " \n\t":
            count += 1
        return count

    def _has_group(self, span: Span) -> bool:
        end = self.pairs.get(span.at)
        return end is not None and end <= span.end and span.at < span.end

    def _argument(self, span: Span, *, math: bool) -> str | None:
        """Read one argument: a group, a command, or one character; None at the end."""
        span.at += self._blanks(span)
        if span.at >= span.end:
            return None
        char = self.text[span.at]
        if self._has_group(span):
            end = self.pairs[span.at]
            inner = self._read(span.at + 1, end, math=math)
            span.at = end + 1
            return inner
        span.at += 1
        if char == "\\":
            if self.depth >= DEPTH:
                return None
            inside = Span(span.at, span.end, math, [])
            self.depth += 1
            self._command(inside)
            self.depth -= 1
            span.at = inside.at
            return "".join(inside.out)
        if char in "${}":
            span.at -= 1
            return None
        return char

    def _optional(self, span: Span) -> str | None:
        """Read `[…]` when it follows at once."""
        if not self.text.startswith("[", span.at) or span.at >= span.end:
            return None
        close = self.text.find("]", span.at, min(span.end, span.at + 300))
        if close < 0:
            return None
        inner = self.text[span.at + 1 : close]
        span.at = close + 1
        return inner or " "

    def _eat_blank(self, span: Span) -> None:
        span.at += self._blanks(span)

    def _eat_empty_group(self, span: Span) -> None:
        if self.text.startswith("{}", span.at):
            span.at += 2

    @abstractmethod
    def _read(self, start: int, end: int, *, math: bool) -> str:
        """The text between two places as Unicode."""

    @abstractmethod
    def _command(self, span: Span) -> None:
        """Read the command behind a backslash."""
