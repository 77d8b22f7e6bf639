"""The lists of 461 real days: which papers stood there, with how many votes."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import cache
from pathlib import Path

from digest.model import Paper, PaperId
from digest.sources.text import title_id

FOLDER = Path(__file__).parents[1] / "data" / "days"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One day's list; `rows` are (paper, votes) in its order. A paper may stand there twice."""

    day: date
    rows: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What does not change about a paper. Dates are days in UTC."""

    published: date
    first_author: str
    title: str


@cache
def listings() -> tuple[Listing, ...]:
    """Every day, oldest first."""
    with gzip.open(FOLDER / "index.jsonl.gz", "rt", encoding="utf-8") as lines:
        days = [json.loads(line) for line in lines]
    return tuple(
        Listing(
            day=date.fromisoformat(each["date"]),
            rows=tuple(zip(each["ids"], each["upvotes"], strict=True)),
        )
        for each in days
    )


@cache
def known_papers() -> Mapping[str, Known]:
    """Every paper of the lists, by its arXiv number."""
    with gzip.open(FOLDER / "papers.tsv.gz", "rt", encoding="utf-8") as lines:
        rows = [line.rstrip("\n").split("\t") for line in lines]
    return {
        number: Known(published=date.fromisoformat(day), first_author=author, title=title)
        for number, day, author, title in rows
    }


def listed_paper(number: str, votes: int, *, listed: date | None, seen: date) -> Paper:
    """The paper as a source gives it at the beginning of the day `seen` (UTC)."""
    known = known_papers()[number]
    return Paper(
        ids=(PaperId("arxiv", number), title_id(known.title, known.first_author)),
        title=known.title,
        authors=(known.first_author,) if known.first_author else (),
        published=known.published,
        announced=listed,
        votes=votes,
        fetched_at=datetime.combine(seen, time(), UTC),
        sources=("Daily papers",),
    )


def first_sights() -> Iterator[Listing]:
    """The lists without the papers that stood on an earlier one, each once; some are empty."""
    before: set[str] = set()
    for each in listings():
        fresh = {number: votes for number, votes in each.rows if number not in before}
        before |= fresh.keys()
        yield Listing(day=each.day, rows=tuple(fresh.items()))


@cache
def votes_over_time() -> Mapping[str, tuple[int, ...]]:
    """What each paper was counted, list after list."""
    found: dict[str, list[int]] = {}
    for each in listings():
        for number, votes in dict(each.rows).items():
            found.setdefault(number, []).append(votes)
    return {number: tuple(votes) for number, votes in found.items()}
