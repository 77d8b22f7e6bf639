"""Words the line that mail clients show beside the subject."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from digest.mailing.measure import one_line

SHORTEST = 40
LONGEST = 130
_BETWEEN = " · "


# The same titles stand in the preheaders of many segments.
_plain = lru_cache(4096)(one_line)


def compose_preheader(titles: Sequence[str], facts: Sequence[str]) -> str:
    """40 to 130 characters from the papers' short titles, the first one's last.

    The subject shows the first title already, so the others come first. `facts` (counts, theme
    names, the edition's title) fill up a line that is too short without them.
    """
    lead, *others = [_plain(title) for title in titles] or [""]
    line = ""
    for words in others:
        if len(line) >= SHORTEST and len(line) + len(words) + len(_BETWEEN) > LONGEST:
            break
        line = _append(line, words)
    for words in (lead, *map(one_line, facts)):
        if len(line) >= SHORTEST:
            break
        line = _append(line, words)
    return cut(line, LONGEST)


def _append(line: str, words: str) -> str:
    return f"{line}{_BETWEEN}{words}" if line and words else line or words


def cut(text: str, longest: int) -> str:
    """The text, or its beginning up to a word's end with an ellipsis; a long word is split."""
    if len(text) <= longest:
        return text
    head = text[: longest - 1]
    at_word = head.rpartition(" ")[0].rstrip(" ·,;:–—-")
    return (at_word if len(at_word) >= longest // 2 else head.rstrip()) + "…"
