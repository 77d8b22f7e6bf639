"""Plain text wrapped by the columns that it takes on a terminal.

Lines end where a writer would end them: at blanks, and between the letters of scripts that have
none (Chinese, Japanese, Korean) where no rule of theirs forbids it (UAX #14: nothing begins with
a closing sign or ends with an opening one). Words and links are never broken, and a blank that is
not to break (U+00A0) does not.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

COLUMNS = 72
# U+00A0, U+2007 and U+202F keep together what they stand between.
_BLANK = r"[^\S\u00a0\u2007\u202f]"
_OPENS = r"[（「『【〈《〔［｛(\[{“‘]"
_CLOSES = (
    r"[、。，．！？：；）」』】〉》〕］｝ー々〻…‥・ぁぃぅぇぉっゃゅょ"
    r"ァィゥェォッャュョ)\]},.:;!?%”’]"
)
# What belongs to the letter before it: accents, voiced-sound marks, variation selectors.
_MARKS = r"[\u0300-\u036f\u302a-\u302f\u3099\u309a\ufe00-\ufe0f\U000e0100-\U000e01ef]*+"
_LETTER = (
    rf"(?!{_OPENS})[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff"
    r"\uff01-\uff60\U00020000-\U0003ffff]"
)
_WIDE = rf"{_OPENS}{{0,3}}{_LETTER}"
_UNIT = re.compile(
    rf"{_BLANK}+|{_WIDE}{_MARKS}(?:{_CLOSES}{_MARKS})*|(?:(?!{_WIDE})(?!{_BLANK}).)+", re.DOTALL
)
_SPLIT = re.compile(rf"({_BLANK}+)")
_ANY_WIDE = re.compile(_LETTER)
# Latin, Greek, Cyrillic and the signs of their texts: a column each.
_NARROW = re.compile(
    "[ -~\u00a0-\u00ac\u00ae-\u02ff\u0370-\u0482\u048a-\u0530\u2010-\u2027\u2030-\u205e]*"
)
# What a line begins with: lines after it begin below its first word.
_BEGINNING = re.compile(r" *(?:[-*] )?")
_DEEPEST = 8


def columns_of(text: str) -> int:
    """How many columns a terminal needs: wide characters two, combining ones none."""
    if text.isascii() or _NARROW.fullmatch(text):
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

    `first` begins the first line, `rest` (the same if None) the others.
    """
    text = str(text)
    if text.isascii() and len(text) + columns_of(first) <= width:  # most are: it saves time
        return f"{first}{' '.join(text.split())}".rstrip()
    indent = first if rest is None else rest
    lines: list[str] = []
    line, used, gap = first, columns_of(first), ""
    empty = True
    for unit in _units(text):
        if not unit or unit.isspace():
            gap = " " if unit and not empty else gap
            continue
        size = columns_of(unit)
        if not empty and used + len(gap) + size > width:
            lines.append(line)
            line, used, gap = indent, columns_of(indent), ""
        line, used, gap, empty = line + gap + unit, used + len(gap) + size, "", False
    lines.append(line.rstrip())
    return "\n".join(lines)


def _units(text: str) -> list[str]:
    """What is not broken, and the blanks between."""
    return _UNIT.findall(text) if _ANY_WIDE.search(text) else _SPLIT.split(text)


def wrap_lines(text: str, width: int = COLUMNS) -> str:
    """Break those lines that are too long; what a line begins with, its parts begin below."""
    if "\n" not in text:
        return _wrap_line(text, width)
    return "\n".join(_wrap_line(line, width) for line in text.split("\n"))


@lru_cache(4096)
def _wrap_line(line: str, width: int) -> str:
    if columns_of(line) <= width:
        return line
    begins = _BEGINNING.match(line)
    first = begins[0][:_DEEPEST] if begins else ""
    return wrap(line[len(first) :], first, " " * len(first), width)


def growth(octets: int) -> int:
    """The most octets, with CRLF line ends, by which `wrap_lines` lengthens a text of so many.

    Of two lines in a row the words of both take more than one line; each break adds a line end
    and the room below what the line began with.
    """
    return (2 + _DEEPEST) * (1 + 2 * octets // (COLUMNS - _DEEPEST))


def underline(text: str, sign: str = "-") -> str:
    """Wrapped `text` with a row of `sign` as long as its longest line."""
    wrapped = wrap(text)
    longest = max(columns_of(line) for line in wrapped.split("\n"))
    return f"{wrapped}\n{sign * min(longest, COLUMNS)}"
