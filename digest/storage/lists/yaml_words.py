"""How a value is written in YAML."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from digest.storage.lists.row import LISTS

_PLAIN = re.compile(r"[^\W\d_](?:[\w .@+/()&*-]*[\w@+/()*])?")
_TIME_OR_DAY = re.compile(r"[0-9]{1,2}:[0-9]{2}|[0-9]{4}-[0-9]{2}-[0-9]{2}|[1-9][0-9]*")
_BARE = frozenset({"send_at", "max_papers", "paused_until"})
_NOT_TEXT = frozenset(
    ["y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"]
)  # what YAML 1.1 readers take for something else


def pair_text(name: str, value: str) -> str:
    """`name: value`; the values of a list field in brackets."""
    return f"{name}: {value_text(name, value)}"


def value_text(name: str, value: str) -> str:
    """An hour, a day or a number stays plain, as people write it: here it is read as text."""
    if name not in LISTS:
        plain = name in _BARE and _TIME_OR_DAY.fullmatch(value)
        return value if plain else scalar(value)
    return flow_list(scalar(item) for item in value.split(";"))


def flow_list(items: Iterable[str]) -> str:
    return "[" + ", ".join(items) + "]"


def scalar(text: str, style: str = "") -> str:
    """One value, in the quotes given where it can be; else plain where that is safe."""
    if style == "'" and text.isprintable():
        return "'" + text.replace("'", "''") + "'"
    if style != '"' and _PLAIN.fullmatch(text) and text.lower() not in _NOT_TEXT:
        return text
    return json.dumps(text, ensure_ascii=False)


def rewritten(text: str, old: str, value: str, style: str) -> str:
    """A value in the place of `old`, which is `value` in quotes of `style`.

    Quotes that were there without need stay. An hour, a day or a number that stood plain is
    followed by a plain one.
    """
    if not style and _TIME_OR_DAY.fullmatch(text) and _TIME_OR_DAY.fullmatch(old):
        return text
    return scalar(text, "" if style == '"' and scalar(value) == old else style)
