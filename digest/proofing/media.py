"""Decides which at-rules hold for a reader: her screen's width, her colour scheme."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

_FEATURE = re.compile(r"\(\s*([a-z-]+)\s*(?::\s*([^)]*?)\s*)?\)")


@dataclass(frozen=True, slots=True)
class Screen:
    """How a reader sees the letter. `outlook` is Outlook.com with its own dark colours."""

    name: str
    dark: bool = False
    outlook: bool = False
    width: int = 1000


LIGHT = Screen("light")
DARK = Screen("dark", dark=True)
OUTLOOK = Screen("Outlook's dark", outlook=True)


@lru_cache(maxsize=256)
def holds(condition: str, screen: Screen) -> bool:
    """Whether the rules in this at-rule count. `condition` is its prelude, in lower case."""
    name, _, query = condition.partition(" ")
    if condition.startswith("@media"):
        queries = condition.removeprefix("@media").split(",")
        return any(_matches(query.strip(), screen) for query in queries)
    return name == "@supports" and not query.startswith("not")


def asks_dark(condition: str) -> bool:
    """Whether it holds for dark screens only."""
    return holds(condition, DARK) and not holds(condition, LIGHT)


def _matches(query: str, screen: Screen) -> bool:
    words = re.sub(r"\([^)]*\)", " ", query).split()
    negated = bool(words) and words[0] == "not"
    kinds = [word for word in words if word not in ("and", "only", "not")]
    right = all(kind in ("all", "screen") for kind in kinds) and all(
        _feature(name, value, screen) for name, value in _FEATURE.findall(query)
    )
    return right != negated


def _feature(name: str, value: str, screen: Screen) -> bool:
    if name == "prefers-color-scheme":
        return value == ("dark" if screen.dark else "light")
    if name in ("min-width", "max-width", "min-device-width", "max-device-width"):
        number = re.fullmatch(r"(\d+\.?\d*|\.\d+)(px|em|rem)?", value)
        if number is None:
            return False
        width = float(number[1]) * (1 if number[2] in (None, "px") else 16)
        return screen.width >= width if name.startswith("min") else screen.width <= width
    return name in ("color", "-webkit-min-device-pixel-ratio") and value in ("", "0")
