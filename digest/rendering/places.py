"""Where in a person's templates a rendered line comes from."""

from __future__ import annotations

from dataclasses import dataclass
from xml.parsers import expat

from digest.model import TemplateSet


@dataclass(frozen=True, slots=True)
class Fault:
    """The line of a rendered page, from 1, where it stops being XML."""

    line: int
    words: str


def xml_fault(source: str) -> Fault | None:
    """The first place where `source` is not well-formed XML; HTML's named entities are allowed."""
    parser = expat.ParserCreate()
    parser.UseForeignDTD(True)
    try:
        parser.Parse(source.encode("utf-8", "replace"), True)
    except expat.ExpatError as error:
        return Fault(error.lineno, expat.ErrorString(error.code))
    return None


def find_line(source: str, line: int, templates: TemplateSet) -> tuple[str, int] | None:
    """The template and line that the rendered `line` comes from, or the nearest one before it.

    A rendered line is known by its text: only one that stands once in all templates counts.
    """
    known = _unique_lines(templates)
    rendered = source.split("\n")
    for text in reversed(rendered[:line]):
        if found := known.get(text.strip()):
            return found
    return None


def _unique_lines(templates: TemplateSet) -> dict[str, tuple[str, int]]:
    found: dict[str, tuple[str, int] | None] = {}
    places: set[tuple[str, int]] = set()
    # A bare name comes before the qualified one, which may be the same file again.
    for name in sorted(templates.files, key=lambda n: ("/" in n, n)):
        place = templates.places.get(name, name)
        for number, text in enumerate(templates.files[name].split("\n"), 1):
            if (place, number) not in places:
                places.add((place, number))
                text = text.strip()
                found[text] = None if text in found else (name, number)
    return {text: place for text, place in found.items() if place and text}
