"""Letters without case and accents, so that `naïve` is found by `naive`."""

from __future__ import annotations

import unicodedata


def fold(text: str) -> str:
    """The text in small letters without accents; ligatures and wide letters are plain ones.

    >>> fold("Naïve Bäckerei, ﬁrst")
    'naive backerei, first'
    """
    if text.isascii():
        return text.lower()
    plain = unicodedata.normalize("NFKD", text).casefold()
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


def fold_with_places(text: str) -> tuple[str, list[int]]:
    """The folded text, and for each of its letters where in `text` it came from."""
    if text.isascii():
        return text.lower(), list(range(len(text)))
    letters: list[str] = []
    places: list[int] = []
    for place, letter in enumerate(text):
        folded = fold(letter)
        letters.append(folded)
        places += [place] * len(folded)
    return "".join(letters), places
