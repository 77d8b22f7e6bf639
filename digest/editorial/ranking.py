"""In which order papers stand, with every score's parts.

`trending`, higher is better, is the sum of these parts:

    votes     4.00 * log(1 + v) / log(1 + 300); v is the votes brought to one day's
              waiting: votes / days**0.25, where days (0.5 to 14) lie between the day on which
              a source listed the paper (`announced`) and `fetched_at`; 1 when not known
    comments  0.20 * log(1 + comments) / log(1 + 50)
    stars     0.20 * log(1 + stars) / log(1 + 5000)
    sources   0.25 * log2(sources), at most 0.5
    age      -0.25 * log2(1 + days / 4) where votes are unknown; days since the paper was
              listed, or else published
    kind      0.20 for a first version, 0.10 for a cross-list, 0 for a replacement
    abstract  0.10 when there is one to read
    withdrawn -10 for a paper that is told as a correction

Votes decide: where they are known, nothing else told on real days which papers would have the
most in the end, age least of all (`docs/ranking.md` has the figures). So a known age counts only
as the time in which votes came in, and the other parts are small: a paper for which all of them
speak overtakes one with about five times its votes.

Unknown is not zero. Where some papers of the day have votes and a paper's own are unknown, it
gets four fifths of the lower quartile of the known parts ("votes expected"); comments and stars
that nobody counted have no part. A paper without a date, or from the future, counts as four days
old.

`newest` puts the youngest first; within a day `trending` decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time
from math import log, log2
from typing import Literal

from digest.editorial.identity import strength
from digest.model import Paper, Score

Parts = tuple[tuple[str, float], ...]
_UNKNOWN_AGE = 4
#: What a point of `trending` weighs in a total.
ONE_POINT = {"trending": 1.0, "newest": 0.05}
_KINDS = {"new": 0.2, "cross": 0.1}


def rank_papers(
    papers: Iterable[Paper], *, day: date, by: Literal["trending", "newest"] = "trending"
) -> tuple[Paper, ...]:
    """The same papers, best first, each with its `Score`; ties go by id."""
    papers = tuple(papers)
    expected = _expected_votes(papers)
    scored = [replace(p, score=_score(_trending(p, day, expected))) for p in papers]
    if by == "newest":
        scored = [replace(p, score=_score(_newest(p, day))) for p in scored]
    return tuple(sorted(scored, key=lambda p: (-total(p), strength(p.id))))


def total(paper: Paper) -> float:
    """The score as a number; a paper that was never scored has 0."""
    return paper.score.total if paper.score else 0.0


def _score(parts: Parts) -> Score:
    return Score(total=sum(value for _, value in parts), parts=parts)


def _trending(paper: Paper, day: date, expected: float) -> Parts:
    votes = _votes_part(paper)
    parts: list[tuple[str, float]] = []
    if votes is not None:
        parts.append(("votes", votes))
    else:
        if expected:
            parts.append(("votes expected", expected))
        parts.append(("age", -0.25 * log2(1 + _age(paper, day, _UNKNOWN_AGE) / 4)))
    if paper.comments is not None:
        parts.append(("comments", 0.2 * _saturated(paper.comments, 50)))
    if paper.stars is not None:
        parts.append(("stars", 0.2 * _saturated(paper.stars, 5000)))
    parts.append(("sources", min(0.5, 0.25 * log2(max(1, len(paper.sources))))))
    parts.append(("kind", _kind(paper)))
    parts.append(("abstract", 0.1 if paper.abstract else 0.0))
    if paper.withdrawn:
        parts.append(("withdrawn", -10.0))
    return tuple((name, round(value, 6)) for name, value in parts)


def _newest(paper: Paper, day: date) -> Parts:
    """Minus the days gone by; the trend is scaled down so that it decides only within a day."""
    return (
        ("days ago", -float(_age(paper, day, 3650))),
        ("trend", round(total(paper) * ONE_POINT["newest"], 6)),
    )


def _votes_part(paper: Paper) -> float | None:
    if paper.votes is None:
        return None
    return 4 * _saturated(max(0, paper.votes) / _waited(paper) ** 0.25, 300)


def _waited(paper: Paper) -> float:
    """Days in which the paper could gather its votes; 1 when nobody knows.

    Nobody votes before a paper is listed, so its publication says nothing about that.
    """
    if paper.announced is None or paper.fetched_at is None:
        return 1.0
    waited = paper.fetched_at - datetime.combine(paper.announced, time(), UTC)
    return min(14.0, max(0.5, waited.total_seconds() / 86400))


def _expected_votes(papers: Sequence[Paper]) -> float:
    known = sorted(part for p in papers if (part := _votes_part(p)) is not None)
    return 0.8 * known[len(known) // 4] if known else 0.0


def _saturated(count: float, full: int) -> float:
    return log(1 + max(0.0, count)) / log(1 + full)


def _age(paper: Paper, day: date, unknown: int) -> int:
    since = paper.announced or paper.published
    # A day ahead is a time zone, more is a journal's issue date or a mistake.
    if since is None or (since - day).days > 1:
        return unknown
    return max(0, (day - since).days)


def _kind(paper: Paper) -> float:
    if paper.announce_type is None:
        return _KINDS["new"] if paper.version in (None, 1) else 0.0
    return _KINDS.get(paper.announce_type, 0.0)
