"""What the pages see of editions, papers and the archive."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date
from itertools import count, groupby
from typing import Any

from digest.config import NewsletterConfig
from digest.model import Edition, EditionKey
from digest.rendering.highlight import Highlighter
from digest.rendering.language import Language, as_heading
from digest.rendering.marks import Marks
from digest.rendering.view import PaperView, summary_of, view_edition, view_sections
from digest.rendering.words import long_day


@dataclass(frozen=True, slots=True, kw_only=True)
class PieceView:
    """A paper on a page. `abstract` is "" where the printed summary is all of it.

    `id` is its identity. `anchor` is its own in the page of its edition, whose `key` and `day` are
    these; `slug` is its theme's name in addresses. `title` and `snippet` are HTML in which what
    was sought is marked.
    """

    id: str
    paper: PaperView
    abstract: str
    anchor: str
    key: str
    day: str
    slug: str
    title: str = ""
    snippet: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageSectionView:
    """A theme's papers on its edition's page."""

    theme: str
    subtitle: str
    anchor: str
    slug: str
    papers: tuple[PieceView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceView:
    """An edition that a link leads to."""

    key: str
    day: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LineView:
    """An edition in the archive: how many papers it has, and the title that leads."""

    key: str
    day: str
    count: int
    lead: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthView:
    """A month's editions, the newest first."""

    name: str
    editions: tuple[LineView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NumbersView:
    """Which page of how many, from 1."""

    page: int
    last: int


#: A theme's name to its name in addresses.
Slugs = Callable[[str], str]


def view_page(
    edition: Edition, newsletter: NewsletterConfig, language: Language, slug: Slugs
) -> dict[str, Any]:
    """The facts of `edition.html.j2` that the edition alone decides."""
    sections = view_page_sections(edition, language, slug)
    pieces = {
        paper.id: piece
        for section, shown in zip(edition.sections, sections, strict=True)
        for paper, piece in zip(section.papers, shown.papers, strict=True)
    }
    return {
        "edition": view_edition(edition, newsletter, language),
        "count": len(pieces),
        "sections": sections,
        "largest": max((len(section.papers) for section in sections), default=0),
        "leads": tuple(pieces[paper_id] for paper_id in edition.lead),
    }


def view_page_sections(
    edition: Edition, language: Language, slug: Slugs
) -> tuple[PageSectionView, ...]:
    """Sections and papers in the edition's order."""
    views = view_sections(edition, Marks(key=""), language)
    day = as_heading(long_day(edition.key, edition.date, language))
    numbers = count(1)
    return tuple(
        PageSectionView(
            theme=view.theme,
            subtitle=view.subtitle,
            anchor=view.anchor,
            slug=slug(section.theme),
            papers=tuple(
                PieceView(
                    id=str(paper.id),
                    paper=shown,
                    abstract=_rest(paper.abstract, summary_of(paper)),
                    anchor=f"p{next(numbers)}",
                    key=str(edition.key),
                    day=day,
                    slug=slug(section.theme),
                )
                for paper, shown in zip(section.papers, view.papers, strict=True)
            ),
        )
        for section, view in zip(edition.sections, views, strict=True)
    )


def _rest(abstract: str, summary: str) -> str:
    return "" if " ".join(abstract.split()) == " ".join(summary.split()) else abstract


def view_place(key: EditionKey, day: date, language: Language) -> PlaceView:
    return PlaceView(key=str(key), day=as_heading(long_day(key, day, language)))


def view_months(
    lines: Iterable[tuple[EditionKey, date, int, str]], language: Language
) -> tuple[MonthView, ...]:
    """The archive's lines by month, in the order given: key, day, papers, title that leads."""
    months = groupby(lines, key=lambda line: (line[1].year, line[1].month))
    return tuple(
        MonthView(
            name=as_heading(language.month(date(year, month, 1))),
            editions=tuple(
                LineView(
                    key=str(key),
                    day=as_heading(long_day(key, day, language)),
                    count=papers,
                    lead=lead,
                )
                for key, day, papers, lead in those
            ),
        )
        for (year, month), those in months
    )


def view_found(piece: PieceView, highlighter: Highlighter) -> PieceView:
    """The piece with what was sought marked, and the part of its text that has it."""
    text = highlighter.part(piece.paper.summary, piece.abstract)
    title = highlighter.mark(piece.paper.title)
    return replace(piece, title=title, snippet=highlighter.mark(text))
