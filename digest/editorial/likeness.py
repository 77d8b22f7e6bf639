"""How alike the papers of one day are: by the topics that claim them, by the words they share."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log, sqrt
from operator import mul

from digest.editorial.rules import Match, Topics
from digest.editorial.words import STOP, PaperWords
from digest.model import Paper

Vector = dict[str, float]

#: Topics say more than words in a text as short as an abstract; found on recorded days.
TOPIC_SHARE = 0.6


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """A paper in numbers: both vectors have length 1, or none when nothing is known.

    `shares` holds the topics' parts of the paper, which sum to 1.
    """

    paper: Paper
    matches: tuple[Match, ...]
    topics: Vector
    words: Vector
    shares: Vector


def describe(papers: Sequence[Paper], topics: Topics) -> tuple[Traits, ...]:
    """The traits of a day's papers. A phrase or word that much of the day holds weighs little."""
    counted = [PaperWords.of(paper, max(2, topics.longest)) for paper in papers]
    plain = [topics.match(p, words) for p, words in zip(papers, counted, strict=True)]
    rarity = _rarity(Counter(w for found in plain for m in found for w in m.words), len(papers))
    matched = [topics.match(p, words, rarity) for p, words in zip(papers, counted, strict=True)]
    terms = [_terms(words) for words in counted]
    spread = Counter(term for found in terms for term in found)
    return tuple(
        Traits(
            paper=paper,
            matches=matches,
            topics=unit({m.topic: m.score / (m.score + 3) * m.score**0.5 for m in matches}),
            words=unit(
                {t: v * log(len(papers) / spread[t]) for t, v in found.items() if spread[t] > 1}
            ),
            shares=_shares(matches),
        )
        for paper, matches, found in zip(papers, matched, terms, strict=True)
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


def _terms(words: PaperWords) -> Vector:
    """Single words and pairs, a title's counting twice, without those that say nothing."""
    found = {}
    for run in (words.title.keys() | words.body.keys()) - words.joined:
        parts = run.split(" ")
        if len(parts) > 2 or any(p in STOP or len(p) < 2 or p.isdigit() for p in parts):
            continue
        found[run] = 1 + log(2 * words.title[run] + words.body[run])
    return found


def unit(vector: Mapping[str, float]) -> Vector:
    """The vector with length 1; one without length stays empty. Sorted, so that sums agree."""
    length = sqrt(sum(v * v for _, v in sorted(vector.items())))
    return {k: v / length for k, v in sorted(vector.items()) if v} if length else {}


def dot(a: Mapping[str, float], b: Mapping[str, float]) -> float:
    """The inner product, summed in one order whichever comes first."""
    if len(a) > len(b):
        a, b = b, a
    return sum(sorted(value * b[key] for key, value in a.items() if key in b))


def centre(vectors: Sequence[Mapping[str, float]]) -> Vector:
    """The mean direction of some vectors."""
    total: dict[str, float] = defaultdict(float)
    for vector in vectors:
        for key, value in vector.items():
            total[key] += value
    return unit(total)


def distances(traits: Sequence[Traits]) -> list[list[float]]:
    """Squared distances, n by n: topics and words mixed.

    Words are compared at second hand: two papers are alike when they are alike to the same
    others, which bridges synonyms within a day as a latent space does.
    """
    by_words = _cosines(_second_hand(_gram([t.words for t in traits])))
    by_topics = _gram([t.topics for t in traits])
    size = range(len(traits))
    return [
        [
            0.0
            if i == j
            else 2 * TOPIC_SHARE * (1 - by_topics[i][j])
            + 2 * (1 - TOPIC_SHARE) * (1 - by_words[i][j])
            for j in size
        ]
        for i in size
    ]


def _gram(vectors: Sequence[Vector]) -> list[list[float]]:
    holders: dict[str, list[int]] = defaultdict(list)
    for n, vector in enumerate(vectors):
        for key in vector:
            holders[key].append(n)
    gram = [[0.0] * len(vectors) for _ in vectors]
    for key in sorted(holders):
        for i in holders[key]:
            row, value = gram[i], vectors[i][key]
            for j in holders[key]:
                row[j] += value * vectors[j][key]
    return gram


def _second_hand(gram: list[list[float]]) -> list[list[float]]:
    return [[sum(map(mul, a, b)) for b in gram] for a in gram]


def _cosines(gram: list[list[float]]) -> list[list[float]]:
    lengths = [sqrt(row[n]) or 1.0 for n, row in enumerate(gram)]
    return [
        [value / (lengths[i] * lengths[j]) for j, value in enumerate(row)]
        for i, row in enumerate(gram)
    ]
