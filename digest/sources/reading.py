"""What reading one source gives: its papers with a verdict on them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from digest.model import Paper, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """A verdict with its reason as one sentence, and the day that the papers are dated."""

    verdict: Verdict
    reason: str
    batch: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A source's papers, best or newest first as the source has them."""

    papers: tuple[Paper, ...]
    judgement: Judgement
    url: str | None = None


def paper_ids(papers: Iterable[Paper]) -> frozenset[str]:
    """The ids by which a source's papers are remembered until its next answer."""
    return frozenset(str(paper.id) for paper in papers)


def from_source(papers: Iterable[Paper], label: str) -> tuple[Paper, ...]:
    """The same papers, marked with the source's label."""
    return tuple(replace(paper, sources=(label,)) for paper in papers)


def count(number: int, one: str, many: str = "") -> str:
    """`1 paper`, `31 papers`, `1,200 papers`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
