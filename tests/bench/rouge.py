"""ROUGE: how much two texts have in common (Lin, "ROUGE: A Package for Automatic Evaluation of
Summaries", 2004), without stemming and with all words.

F1 is the harmonic mean of precision and recall, of n-grams (ROUGE-N) or of the longest common
subsequence of words (ROUGE-L, over the whole text as one sentence).
"""

from __future__ import annotations

import re
from collections import Counter

_WORD = re.compile(r"[a-z0-9]+")


def rouge_n(text: str, reference: str, size: int) -> float:
    """F1 of the n-grams of `size` words."""
    ours, theirs = _grams(text, size), _grams(reference, size)
    return _f1((ours & theirs).total(), ours.total(), theirs.total())


def rouge_l(text: str, reference: str) -> float:
    """F1 of the longest common subsequence."""
    ours, theirs = _words(text), _words(reference)
    lengths = [0] * (len(theirs) + 1)
    for word in ours:
        before = lengths[:]
        for place, other in enumerate(theirs, 1):
            if word == other:
                lengths[place] = before[place - 1] + 1
            else:
                lengths[place] = max(before[place], lengths[place - 1])
    return _f1(lengths[-1], len(ours), len(theirs))


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())


def _grams(text: str, size: int) -> Counter[tuple[str, ...]]:
    words = _words(text)
    return Counter(zip(*(words[start:] for start in range(size)), strict=False))


def _f1(common: int, ours: int, theirs: int) -> float:
    return 2 * common / (ours + theirs) if common else 0.0
