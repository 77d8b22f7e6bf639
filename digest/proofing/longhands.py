"""Takes shorthands apart, and drops what a browser would not understand."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from digest.proofing.colour import parse_colour
from digest.proofing.css import Declaration

_PLAIN = frozenset(
    {"font-size", "font-weight", "line-height", "display", "visibility", "opacity"}
    | {"max-height", "overflow", "text-decoration-line"}
)
_COLOURS = frozenset({"color", "background-color"})
_GLOBAL = frozenset({"inherit", "unset", "initial", "currentcolor"})
_FONT = re.compile(r"(?<!\S)(?P<size>(?:\d+\.?\d*|\.\d+)(?:px|pt|r?em|%))(?:\s*/\s*(?P<line>\S+))?")
_PIECE = re.compile(r"[\w-]+\((?:[^()]|\([^()]*\))*\)|[^\s,/]+")


def longhands(declarations: Iterable[Declaration]) -> Iterator[Declaration]:
    """Those that the cascade knows, in the same order."""
    for each in declarations:
        if each.name in _PLAIN or (each.name in _COLOURS and is_colour(each.value)):
            yield each
        elif each.name == "background":
            yield replace(each, name="background-color", value=_ground(each.value))
        elif each.name == "text-decoration":
            yield replace(each, name="text-decoration-line")
        elif each.name == "font" and (found := _FONT.search(each.value)):
            bold = re.search(r"(?<!\S)(?:bold(?:er)?|[6-9]00)(?!\S)", each.value[: found.start()])
            yield replace(each, name="font-size", value=found["size"])
            yield replace(each, name="line-height", value=found["line"] or "normal")
            yield replace(each, name="font-weight", value=bold[0] if bold else "normal")


def is_colour(value: str) -> bool:
    return value in _GLOBAL or parse_colour(value) is not None


def _ground(value: str) -> str:
    """A background's colour: what is seen where its picture is not."""
    colours = [piece for piece in _PIECE.findall(value) if is_colour(piece)]
    return colours[-1] if colours else "transparent"
