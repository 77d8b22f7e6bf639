"""What a template sees of a week: its numbers, as far as they are known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from digest.model import Edition, Paper
from digest.rendering.view import web_address
from digest.rendering.words import weekday_words


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberView:
    """A number as it is (for plurals) and as it is printed: 1200, `1,200`."""

    count: int
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DayView:
    """What a day of the week brought. `share` is in percent of the day that brought most."""

    day: str
    papers: NumberView
    share: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BestView:
    """The paper of the letter that has the most of something, and how much of it."""

    title: str
    url: str
    number: NumberView


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekView:
    """The week's numbers. `papers` and `votes` are of all its papers, also of those left out here.

    `days` had an edition; there are none of an edition that was kept before days were counted.
    `code` counts the papers printed here that come with code. `voted`, `discussed` and `starred`
    are None where that is not known; also `voted` where it is the paper that comes first anyway.
    """

    number: int
    papers: NumberView
    votes: NumberView
    code: NumberView
    days: tuple[DayView, ...]
    voted: BestView | None
    discussed: BestView | None
    starred: BestView | None


def view_week(edition: Edition) -> WeekView | None:
    """The numbers of a weekly edition; None for a day's."""
    if not edition.key.is_weekly:
        return None
    papers = edition.papers
    counted = sum(day.votes for day in edition.days) or sum(paper.votes or 0 for paper in papers)
    voted = _most(edition, lambda paper: paper.votes)
    return WeekView(
        number=edition.key.day().isocalendar().week,
        papers=_number(len(papers) + edition.left_out),
        votes=_number(counted),
        code=_number(sum(bool(web_address(paper.code_url)) for paper in papers)),
        days=_days(edition),
        voted=None if voted and voted.id in edition.lead[:1] else _best(voted, "votes"),
        discussed=_best(_most(edition, lambda paper: paper.comments), "comments"),
        starred=_best(_most(edition, lambda paper: paper.stars), "stars"),
    )


def _number(count: int) -> NumberView:
    return NumberView(count=count, words=f"{count:,}")


def _days(edition: Edition) -> tuple[DayView, ...]:
    most = max((day.papers for day in edition.days), default=0)
    return tuple(
        DayView(
            day=weekday_words(day.date),
            papers=_number(day.papers),
            share=round(100 * day.papers / most) if most else 0,
        )
        for day in edition.days
    )


def _most(edition: Edition, count: Callable[[Paper], int | None]) -> Paper | None:
    """The first of the papers with the highest count; None where none has any."""
    found = max(edition.papers, key=lambda paper: count(paper) or 0, default=None)
    return found if found and count(found) else None


def _best(paper: Paper | None, what: str) -> BestView | None:
    if paper is None:
        return None
    return BestView(
        title=paper.title,
        url=web_address(paper.url),
        number=_number(getattr(paper, what)),
    )
