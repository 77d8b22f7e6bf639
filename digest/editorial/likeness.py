"""How alike the papers of one day are: by the themes that claim them, by what they speak of.

Beside what themes claim (`claims`) stands each paper's own vector, less the day's mean: what all
papers of the day speak of parts nobody.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import log, sqrt

import numpy as np

from digest.editorial.claims import Claims
from digest.editorial.rules import Match, Topics
from digest.editorial.space import Array, Space, off_the_mean
from digest.editorial.words import PaperWords
from digest.model import Paper, PaperId

Vector = dict[str, float]
Counted = Mapping[PaperId, PaperWords]

#: The claims' share in a squared distance, beside that of the papers' own vectors.
CLAIMS_SHARE = 0.7


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Traits:
    """A paper with its words. `number` is its row in the `Day`.

    `shares` holds the topics' parts of the paper by what it says, which sum to 1; `terms` its
    words and pairs with their weights on this day, a vector of length 1 (or none).
    """

    paper: Paper
    number: int
    words: PaperWords
    matches: tuple[Match, ...]
    shares: Vector
    terms: Vector


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Day:
    """A day's papers in numbers, one row a paper.

    `claims` (n x topics) has rows of length 1, or 0 where no topic claims the paper; `vectors`
    (n x dims) are places in the space; `features` is what is clustered.
    """

    traits: tuple[Traits, ...]
    topics: Topics
    space: Space
    claims: Array
    vectors: Array
    features: Array


def count_words(papers: Iterable[Paper], *topics: Topics) -> Counted:
    """The words of each paper, in runs long enough for all of the topics."""
    longest = max(2, *(each.longest for each in topics))
    return {paper.id: PaperWords.of(paper, longest) for paper in papers}


def describe(papers: Sequence[Paper], topics: Topics, space: Space, counted: Counted) -> Day:
    """A day's papers. A phrase or word that much of the day holds weighs little."""
    traits = describe_words(papers, topics, counted)
    vectors = space.vectors(t.words for t in traits)
    claims = Claims(topics, space).of([t.matches for t in traits], vectors)
    features = np.hstack(
        [sqrt(CLAIMS_SHARE) * claims, sqrt(1 - CLAIMS_SHARE) * off_the_mean(vectors)]
    )
    return Day(
        traits=traits,
        topics=topics,
        space=space,
        claims=claims,
        vectors=vectors,
        features=features,
    )


def describe_words(papers: Sequence[Paper], topics: Topics, counted: Counted) -> tuple[Traits, ...]:
    """What the papers say, without their places in a space."""
    said = [counted[paper.id] for paper in papers]
    plain = [topics.match(p, words) for p, words in zip(papers, said, strict=True)]
    rarity = _rarity(Counter(w for found in plain for m in found for w in m.words), len(papers))
    matched = [topics.match(p, words, rarity) for p, words in zip(papers, said, strict=True)]
    spread = Counter(term for words in said for term in words.terms)
    return tuple(
        Traits(
            paper=paper,
            number=number,
            words=words,
            matches=matches,
            shares=_shares(matches),
            terms=unit(
                {
                    term: value * log(len(papers) / spread[term])
                    for term, value in words.terms.items()
                    if spread[term] > 1
                }
            ),
        )
        for number, (paper, words, matches) in enumerate(zip(papers, said, matched, strict=True))
    )


def _rarity(spread: Mapping[str, int], papers: int) -> dict[str, float]:
    """1 for a phrase that one paper holds, falling to 0.25 for one that all hold."""
    full = log(1 + papers)
    return {
        phrase: max(0.25, log(1 + papers / count) / full) if full else 1.0
        for phrase, count in spread.items()
    }


def _shares(matches: Sequence[Match]) -> Vector:
    whole = sum(m.score for m in matches)
    return {m.topic: m.score / whole for m in matches} if whole else {}


def unit(vector: Mapping[str, float]) -> Vector:
    """The vector with length 1; one without length stays empty. Sorted, so that sums agree."""
    length = sqrt(sum(v * v for _, v in sorted(vector.items())))
    return {k: v / length for k, v in sorted(vector.items()) if v} if length else {}


def centre(vectors: Iterable[Mapping[str, float]]) -> Vector:
    """The mean direction of some vectors."""
    total: dict[str, float] = defaultdict(float)
    for vector in vectors:
        for key, value in vector.items():
            total[key] += value
    return unit(total)
