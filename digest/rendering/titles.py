"""A paper's title, short enough for a subject and still saying what the paper is about."""

from __future__ import annotations

import re
from functools import lru_cache
from unicodedata import bidirectional

from digest.prose import shorten_to_width, width_of

#: Columns: with a count and a date behind it a subject has about 70.
SHORT_TITLE_WIDTH = 48
#: What stands before a colon says enough if it is so wide; "DREAM" or "Lost in the Noise" does not.
_TELLING_WIDTH = 28
_LEFT_TO_RIGHT = "\u200e"
_HALF = SHORT_TITLE_WIDTH // 2
_COLON = re.compile(r":\s+|：\s*|\s+[–—-]\s+|(?<=[?!])\s+")
# Words that go with what follows them, so that a title is cut before them, never behind: English,
# French, German, Spanish.
_LEADING_WORDS = """
    a about across after against among an and are as at based be before between beyond but by can
    do does during for from how in into is its not of on or our over per than that the their they
    this through to toward towards under using versus via vs what when where which while with
    within without
    à au aux avec ce dans de des du en et la le les leur ou par pour sans sur un une vers
    als am auf aus bei das dem den der die durch ein eine einer für im ist mit nach oder ohne
    über und von vom zu zum zur
    con del desde el las los para por que según sin sobre una y
"""
_LEADING = frozenset(_LEADING_WORDS.split())
_PAIRS = {
    "(": ")",
    "[": "]",
    "{": "}",
    "“": "”",
    "‘": "’",
    "«": "»",
    "„": "“",
    "「": "」",
    "『": "』",
}
_PAIRS |= {"（": "）", "【": "】", "《": "》", "〈": "〉"}


@lru_cache(1024)
def short_title(title: str) -> str:
    """At most 48 columns: the title, what stands before its colon, or its first words.

    It is cut before a phrase rather than within one, and what a cut leaves open is closed. Behind
    a title from right to left a mark keeps what follows from being turned as well.
    """
    text = _shortened(" ".join(title.split()))
    return text + _LEFT_TO_RIGHT if _ends_from_right(text) else text


def _shortened(text: str) -> str:
    if width_of(text) <= SHORT_TITLE_WIDTH:
        return text
    head = _COLON.split(text, maxsplit=1)[0].rstrip()
    if _TELLING_WIDTH <= width_of(head) <= SHORT_TITLE_WIDTH and not _open_in(head):
        return head
    return _closed(_cut(text))


def _ends_from_right(text: str) -> bool:
    if text.isascii():
        return False
    strong = (kind for kind in map(bidirectional, reversed(text)) if kind in ("L", "R", "AL"))
    return next(strong, "L") != "L"


def _cut(text: str) -> str:
    """The first words that fit, up to the beginning of a phrase if there is one in their half."""
    words = text.split(" ")
    count, width = 0, 0
    while count < len(words) and width + width_of(words[count]) < SHORT_TITLE_WIDTH:
        width += width_of(words[count]) + 1
        count += 1
    for end in range(count, 0, -1):
        if _leads(words[end]) or words[end - 1][-1] in ",;":
            head = _without_leading(words[:end])
            if width_of(head) >= _HALF:
                return f"{head}…"
    head = _without_leading(words[:count])
    if width_of(head) < _HALF // 2:  # one endless word, or a script without blanks
        return shorten_to_width(text, SHORT_TITLE_WIDTH)
    return f"{head}…"


def _without_leading(words: list[str]) -> str:
    while len(words) > 1 and _leads(words[-1]):
        words = words[:-1]
    return " ".join(words).rstrip(" ,;:.–—-&+/(")


def _leads(word: str) -> bool:
    return word.lower().rstrip(".") in _LEADING


def _closed(text: str) -> str:
    """The text without a quotation or bracket that it leaves open, or with its end."""
    while unclosed := _open_in(text):
        place, _closing = unclosed[-1]
        before = text[:place].rstrip(" ,;:–—-")
        if width_of(before) < _HALF:
            return text + "".join(sign for _, sign in reversed(unclosed))
        text = f"{before}…"
    return text


def _open_in(text: str) -> list[tuple[int, str]]:
    """Where each quotation or bracket begins that does not end, and the sign that would end it."""
    unclosed: list[tuple[int, str]] = []
    for place, sign in enumerate(text):
        if unclosed and sign == unclosed[-1][1]:
            unclosed.pop()
        elif sign in _PAIRS or sign == '"':
            unclosed.append((place, _PAIRS.get(sign, sign)))
    return unclosed
