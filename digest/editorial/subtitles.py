"""A theme's subtitle: the words that tell its papers from the rest of the day."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from itertools import pairwise

from digest.editorial.likeness import Traits, centre
from digest.editorial.naming import commonest
from digest.editorial.words import tokens
from digest.model import Paper

# Alone, these name nothing in this field; in a pair ("multi agent") they may.
_HOLLOW_TEXT = (
    "self multi language knowledge domain data dataset model learning network deep neural large"
    " training task system representation feature aligned aware driven guided general generic"
    " efficient reliable effective robust novel unified fast better high level llm llms gap"
)
_HOLLOW = frozenset(_HOLLOW_TEXT.split())
#: So many papers are asked how they write a word.
_ASKED = 20
_WORD = re.compile(r"[^\W_]+(?:[-'’+#][^\W_]*)*")


def subtitle(group: Sequence[Traits], name: str, limit: int = 3) -> str:
    """Up to `limit` words or pairs that two or more of the group hold and the day seldom does.

    A word must stand in two of the titles, or in one and in half of the papers: what no author
    put at the head of a paper says little at the head of a theme. Nothing to say is "".
    """
    if len(group) < 2:
        return ""
    holders = Counter(term for traits in group for term in traits.terms)
    titles = Counter(term for traits in group for term in _title_terms(traits.paper))
    middle = centre(traits.terms for traits in group)
    taken = set(tokens(name))
    found: list[str] = []
    for term in sorted(middle, key=lambda t: (-middle[t], t)):
        words = set(term.split(" "))
        telling = titles[term] > 1 or (titles[term] and 2 * holders[term] >= len(group))
        if holders[term] > 1 and telling and not words & taken and not words <= _HOLLOW:
            found.append(_spelling(term, [t.paper for t in group if term in t.terms][:_ASKED]))
            taken |= words
        if len(found) == limit:
            break
    return ", ".join(found)


def _title_terms(paper: Paper) -> set[str]:
    """The words and pairs of a title, as they are compared."""
    words = tokens(paper.title)
    return {*words, *(f"{a} {b}" for a, b in pairwise(words))}


def _spelling(term: str, papers: Collection[Paper]) -> str:
    """The commonest way in which the papers write a compared form; sentence starts lose theirs."""
    size = term.count(" ") + 1
    seen: list[str] = []
    for paper in papers:
        for text in (paper.abstract, paper.title):
            words = _WORD.findall(text.replace("-", " "))
            forms = [" ".join(tokens(word)) for word in words]
            seen.extend(
                " ".join(_plain(word) for word in words[start : start + size])
                for start in range(len(words) - size + 1)
                if " ".join(forms[start : start + size]) == term
            )
    return commonest(seen) if seen else term


def _plain(word: str) -> str:
    return word.lower() if word[1:].islower() else word
