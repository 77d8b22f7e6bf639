"""Wrap plain text by the columns that it takes on a terminal."""

from __future__ import annotations

import re
import unicodedata

COLUMNS = 72
# A run of wide characters (CJK) may break after each one; anything else only at spaces.
_WIDE = r"[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\uff01-\uff60]"
_UNIT = re.compile(rf"\s+|{_WIDE}[、。，．！？：；）」』】]*|(?:(?!{_WIDE})\S)+")


def columns_of(text: str) -> int:
    """How many columns a terminal needs: wide characters two, combining ones none."""
    if text.isascii():
        return len(text)
    return sum(
        0
        if unicodedata.category(c) in ("Mn", "Me", "Cf")
        else 2
        if unicodedata.east_asian_width(c) in "WF"
        else 1
        for c in text
    )


def wrap(text: str, first: str = "", rest: str | None = None, width: int = COLUMNS) -> str:
    """Break `text` into lines of at most `width` columns; a longer word stays whole.

    `first` begins the first line, `rest` (the same if None) the others. Words are never broken,
    so a link survives.
    """
    indent = first if rest is None else rest
    lines: list[str] = []
    line, used, gap = first, columns_of(first), ""
    empty = True
    for unit in _UNIT.findall(str(text)):
        if unit.isspace():
            gap = " "
            continue
        size = columns_of(unit)
        if not empty and used + len(gap) + size > width:
            lines.append(line)
            line, used, empty = indent, columns_of(indent), True
        if not empty:
            line, used = line + gap, used + len(gap)
        line, used, gap, empty = line + unit, used + size, "", False
    lines.append(line)
    return "\n".join(lines)


def underline(text: str, sign: str = "-") -> str:
    """Wrapped `text` with a row of `sign` as long as its longest line."""
    wrapped = wrap(text)
    longest = max(columns_of(line) for line in wrapped.split("\n"))
    return f"{wrapped}\n{sign * min(longest, COLUMNS)}"
