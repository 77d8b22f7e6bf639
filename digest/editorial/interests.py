"""How near the papers of a day are to what readers like.

A paper is placed by two things: its vector in the space of words, and the themes that claim it,
by what it says and by what it is near (`claims`). The mean of the day's vectors is taken
off first, from liked papers as well: what the whole day speaks of tells no two papers apart.
Both parts are brought to length 1; the claims have `CLAIMS_SHARE` of a closeness, which lies
between -1 and 1.

A reader is one direction, the mean of what she likes, or with many liked papers up to
`MOST_PROFILES`: a paper near one of her interests is near her. So all readers are answered by one
matrix product.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
import numpy.typing as npt

from digest.editorial.claims import Claims
from digest.editorial.knowledge import Knowledge
from digest.editorial.rules import Topics
from digest.editorial.space import apart_from, unit_rows
from digest.editorial.words import PaperWords
from digest.model import Paper

Rows = npt.NDArray[np.float32]

CLAIMS_SHARE = 0.4
MOST_PROFILES = 4
#: So many liked papers make one profile.
PAPERS_A_PROFILE = 5
_ROUNDS = 10
_DIGITS = 5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Places:
    """Where papers lie, a row each: `vectors` (n x dims) and `claims` (n x topics), of length 1.

    Half precision, since a reader's whole library is held; an error of 0.001 moves nothing.
    """

    vectors: npt.NDArray[np.float16]
    claims: npt.NDArray[np.float16]

    @classmethod
    def joined(cls, parts: Sequence[Places]) -> Places:
        """All rows of `parts`, which must not be empty."""
        if len(parts) == 1:
            return parts[0]
        return cls(
            vectors=np.concatenate([part.vectors for part in parts]),
            claims=np.concatenate([part.claims for part in parts]),
        )


class Surveyor:
    """Places papers, by the themes and the words of some knowledge."""

    def __init__(self, knowledge: Knowledge) -> None:
        self._space = knowledge.space
        self._topics = Topics(knowledge.topics)
        self._claims = Claims(self._topics, knowledge.space)

    def place(self, papers: Sequence[Paper]) -> Places:
        """The papers' places, in their order."""
        words = [PaperWords.of(paper, max(2, self._topics.longest)) for paper in papers]
        vectors = self._space.vectors(words)
        matches = [self._topics.match(p, w) for p, w in zip(papers, words, strict=True)]
        return Places(
            vectors=vectors.astype(np.float16),
            claims=self._claims.of(matches, vectors).astype(np.float16),
        )


class DayPlaces:
    """The papers of a day, against which likings are held."""

    def __init__(self, places: Places) -> None:
        vectors = places.vectors.astype(np.float64)
        self._middle = vectors.mean(axis=0) if len(vectors) > 2 else np.zeros(vectors.shape[1])
        self._rows = self._features(places)

    def profiles(self, liked: Places) -> Rows:
        """What someone who likes these papers (one or more) looks for: up to `MOST_PROFILES`
        rows of length 1."""
        rows = self._features(liked)
        count = min(MOST_PROFILES, len(rows) // PAPERS_A_PROFILE)
        return _unit(rows.mean(axis=0, keepdims=True)) if count < 2 else _parted(rows, count)

    def closeness(self, profiles: Sequence[Rows]) -> Rows:
        """For each reader's profiles (R) the closeness of each paper (P) to the nearest: R x P.

        Rounded, so that the readers beside her change nothing for a reader.
        """
        counts = [len(rows) for rows in profiles]
        near = np.concatenate(profiles) @ self._rows.T
        if len(near) > len(counts):
            starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
            near = np.maximum.reduceat(near, starts, axis=0)
        rounded: Rows = np.round(near, _DIGITS)
        return rounded

    def nearest(self, liked: Places, papers: Sequence[int]) -> tuple[int, ...]:
        """Which of the liked papers is nearest to each of the day's papers, all by number."""
        near = np.round(self._features(liked) @ self._rows[list(papers)].T, _DIGITS)
        return tuple(int(n) for n in near.argmax(axis=0))

    def _features(self, places: Places) -> Rows:
        apart = unit_rows(apart_from(places.vectors.astype(np.float64), self._middle))
        return np.hstack(
            [sqrt(1 - CLAIMS_SHARE) * apart, sqrt(CLAIMS_SHARE) * places.claims]
        ).astype(np.float32)


def _unit(rows: Rows) -> Rows:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    unit: Rows = rows / np.maximum(lengths, np.float32(1e-9))
    return unit


def _parted(rows: Rows, count: int) -> Rows:
    """The middles of `count` groups of like rows (k-means on directions, begun far apart)."""
    unit = _unit(rows)
    chosen = [int(np.argmax(unit @ unit.mean(axis=0)))]
    while len(chosen) < count:
        chosen.append(int(np.argmin((unit @ unit[chosen].T).max(axis=1))))
    middles = unit[chosen]
    for _ in range(_ROUNDS):
        owner = np.argmax(unit @ middles.T, axis=1)
        sums = [
            unit[owner == n].sum(axis=0) if (owner == n).any() else middles[n] for n in range(count)
        ]
        middles = _unit(np.array(sums, dtype=np.float32))
    return middles
