"""A theme's subtitle: the words that tell its papers from the rest of the day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from digest.editorial.identity import strength
from digest.editorial.likeness import Traits, centre
from digest.editorial.phrases import spelling
from digest.editorial.words import tokens
from digest.model import Paper

# Alone, these name nothing in this field; in a pair ("multi agent") they may.
_HOLLOW_TEXT = """
adaptive aligned analysis application artificial aspect automated automatic aware
benchmark better beyond boost boosting bridging case close coarse comprehensive continuous
data dataset deep detection discrete domain driven dual effective efficient enhance
enhanced enhances enhancing evaluation external fast feature fine free frontier gap
general generating generation generic good great group guided high human hybrid image
information inspired intelligence internal joint knowledge language large learning level
llm llms model multi multiple network neural novel number offline online open plus post
pre predicting prediction real recognition reliable representation rethinking revisiting
robust scalable scale scaling self sentence set shallow simple single space specific step
system task text time training unified unlock unlocking v2 v3 video visual wise word world
worst
"""
_HOLLOW = frozenset(_HOLLOW_TEXT.split())
#: So many papers are asked how they write a word.
_ASKED = 20


def subtitle(group: Sequence[Traits], name: str, limit: int = 3) -> str:
    """Up to `limit` words or pairs that two or more of the group hold and the day seldom does.

    A word must stand in two of the titles, or in one and in half of the papers: what no author
    put at the head of a paper says little at the head of a theme. Where that is less than two,
    the first papers give a pair of words of their titles, or a word. Nothing to say is "".
    """
    if len(group) < 2:
        return ""
    taken = set(tokens(name))
    found: list[str] = []
    for terms, enough in ((_common(group), limit), (_single(group), 2)):
        for term in terms:
            words = set(term.split(" "))
            if len(found) < enough and not words & taken:
                holders = [t.paper for t in group if term in t.words.terms]
                found.append(spelling(term, holders[:_ASKED]))
                taken |= words
    return ", ".join(found)


def _common(group: Sequence[Traits]) -> list[str]:
    """Terms that tell the group from the day, the strongest first."""
    holders = Counter(term for traits in group for term in traits.terms)
    titles = Counter(term for traits in group for term in _title_terms(traits.paper))
    middle = centre(traits.terms for traits in group)
    # A pair says more than a word of the same weight.
    worth = {term: round(value * (1 + 0.5 * term.count(" ")), 9) for term, value in middle.items()}
    telling = [
        term
        for term in worth
        if holders[term] > 1
        and (titles[term] > 1 or (titles[term] and 2 * holders[term] >= len(group)))
        and not set(term.split(" ")) <= _HOLLOW
    ]
    return sorted(telling, key=lambda term: (-worth[term], term))


def _single(group: Sequence[Traits]) -> list[str]:
    """The strongest pair of each paper's title, else its strongest word, in the order of the
    papers' ids."""
    pairs, words = list[str](), list[str]()
    for traits in sorted(group, key=lambda t: strength(t.paper.id)):
        terms = _title_terms(traits.paper) & traits.words.terms.keys()
        known = [term for term in terms if not set(term.split(" ")) & _HOLLOW]
        for found, size in ((pairs, 2), (words, 1)):
            of_size = [term for term in known if term.count(" ") == size - 1]
            if of_size:
                found.append(min(of_size, key=lambda term: (-traits.words.terms[term], term)))
    return [*pairs, *words]


def _title_terms(paper: Paper) -> set[str]:
    """The words and pairs of a title, as they are compared."""
    words = tokens(paper.title)
    return {*words, *(f"{a} {b}" for a, b in pairwise(words))}
