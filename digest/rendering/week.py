"""What a template sees of a week: its numbers, as far as they are known."""

from __future__ import annotations

from dataclasses import dataclass

from digest.model import Edition, Paper
from digest.rendering.language import Language
from digest.rendering.view import web_address


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberView:
    """A number as it is (for plurals) and as it is printed: 1200, `1,200`."""

    count: int
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DayView:
    """What a day of the week brought.

    `share` is in percent of the day with the most votes (of papers, where no votes are known).
    """

    day: str
    papers: NumberView
    votes: NumberView
    share: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BestView:
    """The printed paper that has the most of something, and how much of it."""

    title: str
    url: str
    number: NumberView


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekView:
    """The week's numbers. `papers` and `votes` are of all its papers, `printed` counts those here.

    `days` had an edition; there are none of an edition that was kept before days were counted.
    `voted`, `discussed` and `starred` are the best of those printed, None where it is not known;
    `voted` also where it is the paper that comes first anyway.
    """

    number: int
    papers: NumberView
    printed: NumberView
    votes: NumberView
    days: tuple[DayView, ...]
    voted: BestView | None
    discussed: BestView | None
    starred: BestView | None


def view_week(edition: Edition, language: Language) -> WeekView | None:
    """The numbers of a weekly edition; None for a day's."""
    if not edition.key.is_weekly:
        return None
    papers = edition.papers
    votes = sum(day.votes for day in edition.days) or sum(paper.votes or 0 for paper in papers)
    voted = _most(edition, "votes")
    return WeekView(
        number=edition.key.day().isocalendar().week,
        papers=_number(len(papers) + edition.left_out, language),
        printed=_number(len(papers), language),
        votes=_number(votes, language),
        days=_days(edition, language),
        voted=None if voted and voted.id in edition.lead[:1] else _best(voted, "votes", language),
        discussed=_best(_most(edition, "comments"), "comments", language),
        starred=_best(_most(edition, "stars"), "stars", language),
    )


def _number(count: int, language: Language) -> NumberView:
    return NumberView(count=count, words=language.number(count))


def _days(edition: Edition, language: Language) -> tuple[DayView, ...]:
    by_votes = any(day.votes for day in edition.days)
    sizes = [day.votes if by_votes else day.papers for day in edition.days]
    most = max(sizes, default=0)
    return tuple(
        DayView(
            day=language.weekday(day.date),
            papers=_number(day.papers, language),
            votes=_number(day.votes, language),
            share=max(1, round(100 * size / most)) if size else 0,
        )
        for day, size in zip(edition.days, sizes, strict=True)
    )


def _most(edition: Edition, what: str) -> Paper | None:
    """The first of the papers with the most `what`; None where none has any."""
    found = max(edition.papers, key=lambda paper: getattr(paper, what) or 0, default=None)
    return found if found and getattr(found, what) else None


def _best(paper: Paper | None, what: str, language: Language) -> BestView | None:
    if paper is None:
        return None
    return BestView(
        title=paper.title,
        url=web_address(paper.url),
        number=_number(getattr(paper, what), language),
    )
