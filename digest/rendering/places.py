"""Where in a person's templates a rendered line comes from."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from xml.parsers import expat

from digest.model import TemplateSet

_JINJA = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}")
_TELLING = 16


@dataclass(frozen=True, slots=True)
class Fault:
    """The line (from 1) and column (from 0) of a rendered page where it stops being XML."""

    line: int
    column: int
    words: str


def xml_fault(source: str) -> Fault | None:
    """The first place where `source` is not well-formed XML; HTML's named entities are allowed."""
    parser = expat.ParserCreate()
    parser.UseForeignDTD(True)
    try:
        parser.Parse(source.encode("utf-8", "replace"), True)
    except expat.ExpatError as error:
        return Fault(error.lineno, error.offset, expat.ErrorString(error.code))
    return None


def find_line(source: str, fault: Fault, templates: TemplateSet) -> tuple[str, int] | None:
    """The template and line that the rendered fault comes from, or the nearest one before it.

    A rendered line is known by what a template line prints as it stands, between its `{{ }}` and
    `{% %}`; where two template lines fit as well, the line before it is asked.
    """
    known = tuple(_lines(templates))
    column: int | None = fault.column
    for text in reversed(source.split("\n")[: fault.line]):
        fitting = [
            (size, place)
            for size, place, pattern in known
            if any(
                column is None or match.start() <= column < match.end()
                for match in pattern.finditer(text)
            )
        ]
        column = None
        best = max(fitting, default=(0, ("", 0)))
        if best[0] >= _TELLING and sum(size == best[0] for size, _ in fitting) == 1:
            return best[1]
    return None


def _lines(templates: TemplateSet) -> Iterator[tuple[int, tuple[str, int], re.Pattern[str]]]:
    """Each template line once: a measure of what it prints as it stands, its place, a pattern."""
    seen: set[tuple[str, int]] = set()
    # A bare name comes before the qualified one, which may be the same file again.
    for name in sorted(templates.files, key=lambda n: ("/" in n, n)):
        path = templates.places.get(name, name)
        for number, text in enumerate(templates.files[name].split("\n"), 1):
            chunks = [chunk.strip() for chunk in _JINJA.split(text) if chunk.strip()]
            if chunks and (path, number) not in seen:
                seen.add((path, number))
                pattern = re.compile(".*?".join(map(re.escape, chunks)))
                # Of two that fit as well, a person's own file wins over the shipped one.
                size = 2 * sum(map(len, chunks)) + ("/" not in name)
                yield size, (name, number), pattern
