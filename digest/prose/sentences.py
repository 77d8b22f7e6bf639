"""Plain text as sentences, and cut where a reader would cut it.

Lengths are counted as a page shows them: a character that is twice as wide as a Latin letter (CJK)
counts as two.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from digest.prose.clusters import is_inside

#: The longest summary of a paper in a letter.
SUMMARY_LENGTH = 300

_END = re.compile(
    r"""(?<![.!?…])[.!?…]++["”’')\]]*+(?=\s|$)   # "It works." and what closes a quotation
    |[。！？।۔؟]+[」』”’）]*        # scripts that need no blank after it
    """,
    re.VERBOSE,
)
# What ends with a full stop and seldom ends a sentence: "Fig. 3", "Doe et al. (2026)", "J. Doe".
_ABBREVIATION = re.compile(
    r"""(?:^|(?<=[\s(\["“'/]))(?:
        e\.?g|i\.e|cf|vs|viz|ca|approx|resp|incl|et\ al|a\.k\.a|w\.r\.t|s\.t
        |Figs?|Eqs?|Secs?|Tabs?|Refs?|Ch|Vol|No|pp?|Dr|Prof|St|Mrs?|Ms
        |[A-Z](?:\.[A-Z])*
    )\.$""",
    re.VERBOSE,
)
# A short word and a number: "ms. fr. 2813". An item's number may begin a sentence.
_SHORT_WORD = re.compile(r"(?:^|[\s(])[A-Za-z]{1,4}\.$")
_NUMBER = re.compile(r"\d+(?![\d)])")
# The number of an item: "as follows: 1. Speed".
_ITEM = re.compile(r"(?:^|[.:;!?]\s)\(?\d{1,2}\.$")


def shorten(text: str, length: int) -> str:
    """Cut at a word to at most `length` characters, an ellipsis counted.

    A script without spaces, or one endless word, is cut between characters; a letter keeps its
    accents and a joined emoji stays whole.
    """
    text = " ".join(text.split())
    if len(text) <= length:
        return text
    end = length - 1
    space = text.rfind(" ", 0, end + 1)
    if space >= length // 2:
        end = space
    while end > 1 and is_inside(text, end):
        end -= 1
    return text[:end].rstrip(" ,;:.–—-(") + "…"


def shorten_to_width(text: str, width: int) -> str:
    """Cut as `shorten` does, to what takes at most `width`."""
    text = " ".join(text.split())
    return shorten(text, _room(text, width))


def width_of(text: str) -> int:
    """The length of a text as it counts here."""
    if text.isascii():
        return len(text)
    return len(text) + sum(unicodedata.east_asian_width(each) in "WF" for each in text)


def sentences(text: str) -> tuple[str, ...]:
    """The sentences of a text in order; what follows the last full stop is one as well."""
    text = " ".join(text.split())
    starts = [0, *_ends(text)]
    parts = (text[a:b].strip() for a, b in zip(starts, [*starts[1:], len(text)], strict=True))
    return tuple(part for part in parts if part)


def join_sentences(parts: Iterable[str]) -> str:
    """One text of them; a script without blanks stays without."""
    text = ""
    for part in parts:
        glued = not text or unicodedata.east_asian_width(text[-1]) in "WF"
        text += part if glued else f" {part}"
    return text


def _ends(text: str) -> list[int]:
    """Where sentences end in a text of single blanks.

    A small letter goes on with a sentence ("Yahoo! is"), which joins one that begins with "vLLM"
    to the one before it: better two sentences for one than half of one.
    """
    return [found.end() for found in _END.finditer(text) if _is_end(text, found.end())]


def _is_end(text: str, end: int) -> bool:
    before, after = text[max(end - 12, 0) : end], text[end : end + 8].lstrip()
    if after[:1].islower() or _ABBREVIATION.search(before) or _ITEM.search(before):
        return False
    return not (_NUMBER.match(after) and _SHORT_WORD.search(before))


def first_sentences(text: str, length: int = SUMMARY_LENGTH) -> str:
    """The first sentences that fit, or the first words where those fill less than half."""
    text = " ".join(text.split())
    room = _room(text, length)
    if len(text) <= room:
        return text
    ends = [end for end in _ends(text) if end <= room]
    return text[: ends[-1]] if ends and ends[-1] >= room // 2 else shorten(text, room)


def _room(text: str, length: int) -> int:
    """How many characters of the text fill `length`."""
    if text.isascii():
        return length
    used = 0
    for number, character in enumerate(text):
        used += width_of(character)
        if used > length:
            return number
    return max(length, len(text))
