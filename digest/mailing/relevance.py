"""How much the papers of an edition are to a reader, mixed with how they trend.

    score = w * relevance + (1 - w) * trend

Relevance and trend are percentiles: 1 for the best paper of the edition, 0 for the last; papers
that are equal share the middle of their places. `w` is `edition.relevance`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from digest.model import Subscriber


@dataclass(frozen=True, slots=True, kw_only=True)
class Nearness:
    """An edition's papers, in its order, as one reader's interests see them.

    `scores` say how near each is, from -1 to 1. `liked` are papers that are themselves among
    her interests: she has read them.
    """

    scores: Sequence[float]
    liked: frozenset[int] = frozenset()


class Relevance(Protocol):
    """Who knows what readers like."""

    def of(self, subscriber: Subscriber) -> Nearness | None:
        """None when nothing is known of what she likes."""

    def closest(self, subscriber: Subscriber, papers: Sequence[int]) -> tuple[str, ...]:
        """For each of the edition's papers the title of her liked paper that is nearest."""


def percentiles(scores: Sequence[float]) -> list[float]:
    """For each score its place, from 1 for the best to 0; equal ones share the middle."""
    last = len(scores) - 1
    order = sorted(range(len(scores)), key=lambda n: -scores[n])
    found = [1.0] * len(scores)
    begin = 0
    while begin <= last:
        end = begin
        while end < last and scores[order[end + 1]] == scores[order[begin]]:
            end += 1
        for place in range(begin, end + 1):
            found[order[place]] = 1 - (begin + end) / 2 / last if last else 1.0
        begin = end + 1
    return found


def mix(relevance: Sequence[float], trend: Sequence[float], weight: float) -> list[float]:
    """The score of each paper out of its two percentiles."""
    return [
        round(weight * near + (1 - weight) * trending, 9)
        for near, trending in zip(relevance, trend, strict=True)
    ]
