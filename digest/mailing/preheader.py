"""Words the line that mail clients show beside the subject."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from digest.mailing.measure import one_line
from digest.prose import shorten_to_width, width_of

#: Characters.
SHORTEST = 40
#: Columns, of which a wide character takes two.
LONGEST = 130
_BETWEEN = " · "


# The same titles stand in the preheaders of many segments.
_plain = lru_cache(4096)(one_line)
_width = lru_cache(4096)(width_of)


def compose_preheader(titles: Sequence[str], teaser: str, facts: Sequence[str]) -> str:
    """40 to 130 characters from the papers' short titles without the first, which the subject has.

    Where those are too few the first paper's `teaser` (what it is about) goes before them. `facts`
    (theme names, the edition's title, counts) fill up a line that is too short even so.
    """
    lead, *others = [_plain(title) for title in titles] or [""]
    line, width = "", 0
    for words in others:
        longer = width + _width(words) + len(_BETWEEN if line else "")
        if len(line) >= SHORTEST and longer > LONGEST:
            break
        line, width = _join(line, words), longer
    if len(line) < SHORTEST and teaser:
        room = LONGEST - width_of(_BETWEEN + line if line else "")
        line = _join(shorten_to_width(_plain(teaser), room), line)
    for words in (*map(one_line, facts), lead):
        if len(line) >= SHORTEST:
            break
        line = _join(line, words)
    return line if width_of(line) <= LONGEST else shorten_to_width(line, LONGEST)


def _join(line: str, words: str) -> str:
    return f"{line}{_BETWEEN}{words}" if line and words else line or words
