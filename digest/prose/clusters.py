"""Where a text may be cut without cutting a letter, as its readers see letters."""

from __future__ import annotations

import unicodedata

_JOINER = "\u200d"
_VIRAMA = 9  # the canonical combining class of the signs that join two consonants


def is_inside(text: str, position: int) -> bool:
    """Whether a cut there parts what is one letter to a reader.

    The grapheme clusters of UAX #29 in a few rules: marks and emoji modifiers stay with what they
    follow, joined emoji and consonants with each other, flags and Hangul in their parts.
    """
    if not 0 < position < len(text):
        return False
    left, right = text[position - 1], text[position]
    if right.isascii():
        return left == _JOINER
    return (
        unicodedata.category(right)[0] == "M"
        or _JOINER in (left, right)
        or "\U0001f3fb" <= right <= "\U0001f3ff"
        or "\U000e0020" <= right <= "\U000e007f"
        or (unicodedata.combining(left) == _VIRAMA and right.isalpha())
        or _is_hangul(left, right)
        or (_is_flag(right) and _flags_before(text, position) % 2 == 1)
    )


def _is_hangul(left: str, right: str) -> bool:
    """Conjoining jamo: a syllable's first consonants, its vowels, its last consonants."""
    if "\u1100" <= right <= "\u115f":
        return "\u1100" <= left <= "\u115f"
    return "\u1160" <= right <= "\u11ff" and (
        "\u1100" <= left <= "\u11ff" or "\uac00" <= left <= "\ud7a3"
    )


def _is_flag(letter: str) -> bool:
    return "\U0001f1e6" <= letter <= "\U0001f1ff"


def _flags_before(text: str, position: int) -> int:
    start = position
    while start and _is_flag(text[start - 1]):
        start -= 1
    return position - start
