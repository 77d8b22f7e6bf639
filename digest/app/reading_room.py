"""The facts of every page that shows the archive: no HTML is made here."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import groupby
from typing import Any

from digest.app.house import House
from digest.app.shelf import Outline, Shelf
from digest.model import EditionKey
from digest.model.query import parse_query
from digest.rendering.feed_views import view_edition_entry, view_feed, view_paper_entry
from digest.rendering.highlight import Highlighter
from digest.rendering.language import Language, speak
from digest.rendering.page_views import (
    NumbersView,
    PageSectionView,
    PieceView,
    PlaceView,
    view_found,
    view_months,
    view_page,
    view_page_sections,
    view_place,
)
from digest.rendering.words import theme_words

#: Papers on a page of what was found, and of a theme; entries of a feed.
FOUND, OF_THEME, ENTRIES, EDITIONS = 20, 30, 50, 14
_NEAR = 2
_KEPT = 64

Facts = dict[str, Any]


class ReadingRoom:
    """What the archive's pages show. None as an answer means that there is no such page.

    Raises:
        StorageError: from every method, when the archive cannot be read.
    """

    def __init__(self, house: House, shelf: Shelf | None = None) -> None:
        self.house = house
        self.shelf = shelf or Shelf(house)
        self._sections: OrderedDict[tuple[int, EditionKey], tuple[PageSectionView, ...]]
        self._sections = OrderedDict()

    @cached_property
    def language(self) -> Language:
        return speak(self.house.config.newsletter.language, self.house.catalogues)

    def warm(self) -> None:
        """Read all that the first request for it would wait for."""
        self.shelf.look()
        self.shelf.outlines()
        self.shelf.find(parse_query("warm"))

    def home(self) -> Facts:
        """The newest day; where no edition is of a day, the newest week; or none yet."""
        lines = sorted(self.shelf.lines, key=lambda line: line.key.is_weekly)  # newest first
        shown = (facts for line in lines if (facts := self.edition(line.key)))
        return next(shown, {"edition": None, "sign_up": self._sign_up})

    def edition(self, key: EditionKey) -> Facts | None:
        """An edition, and those of its kind that come before and after it."""
        outlines = [each for each in self.shelf.outlines() if each.key.is_weekly == key.is_weekly]
        edition = self.shelf.edition(key)
        if edition is None:
            return None
        at = next(place for place, each in enumerate(outlines) if each.key == key)
        newsletter = self.house.config.newsletter
        return {
            **view_page(edition, newsletter, self.language, self.shelf.slugs.quoted),
            "before": self._place(outlines[at + 1 : at + 2]),
            "after": self._place(outlines[max(at - 1, 0) : at]),
            "sign_up": self._sign_up,
        }

    def archive(self, year: int | None) -> Facts | None:
        """The editions of a year, of the newest one by default."""
        outlines = self.shelf.outlines()
        years = list(dict.fromkeys(each.date.year for each in outlines))
        if year is None:
            year = years[0] if years else self.house.today().year
        elif year not in years:
            return None
        lines = ((o.key, o.date, o.papers, o.lead) for o in outlines if o.date.year == year)
        return {
            "count": len(outlines),
            "years": [str(each) for each in years],
            "year": str(year),
            "months": view_months(lines, self.language),
            "sign_up": self._sign_up,
        }

    def theme(self, slug: str, page: int) -> Facts | None:
        """A page of the papers of a theme, the newest first."""
        name = self._identity(slug)
        if name is None:
            return None
        counts = [(each, _papers_of(each, name)) for each in self.shelf.outlines()]
        counts = [(each, papers) for each, papers in counts if papers]
        if not counts:
            return None
        whole = sum(papers for _, papers in counts)
        numbers = _numbers(page, whole, OF_THEME)
        pieces = self._of_theme(counts, name, (numbers.page - 1) * OF_THEME, OF_THEME)
        days = [
            {"key": key, "name": those[0].day, "papers": those}
            for key, those in ((k, list(g)) for k, g in groupby(pieces, key=lambda p: p.key))
        ]
        return {
            "theme": theme_words(_spelling(counts[0][0], name), self.language),
            "slug": self.shelf.slugs.quoted(name),
            "count": whole,
            "editions": len(counts),
            "days": days,
            "numbers": numbers,
            "sign_up": self._sign_up,
        }

    def search(self, query: str, page: int) -> Facts:
        """A page of the papers that have all words of the query, the best first."""
        query = " ".join(query.split())
        terms = parse_query(query)
        self.shelf.outlines()  # or a theme's slug would not be known
        found = self.shelf.find(terms)
        numbers = _numbers(page, len(found), FOUND)
        highlighter = Highlighter(terms)
        start = (numbers.page - 1) * FOUND
        pieces = [
            view_found(pieces[each.number], highlighter)
            for each in found[start : start + FOUND]
            if (pieces := self._pieces(each.key))
        ]
        return {
            "query": query,
            "count": len(found),
            "papers": pieces,
            "numbers": numbers,
            "sign_up": self._sign_up,
        }

    def feed(self) -> Facts:
        """The newest editions, for a feed."""
        outlines = self.shelf.outlines()[:EDITIONS]
        newsletter, archive = self.house.config.newsletter, self.shelf.archive
        entries = [
            view_edition_entry(
                archive,
                str(each.key),
                view_place(each.key, each.date, self.language).day,
                each.created_at,
                f"{self._site}/archive/{each.key}",
                self._shown(each.key),
            )
            for each in outlines
        ]
        feed = view_feed(
            archive,
            "editions",
            title=newsletter.name,
            subtitle=newsletter.tagline,
            path="/feed.xml",
            page="/",
            moments=[each.created_at for each in outlines],
        )
        return {"feed": feed, "entries": entries}

    def theme_feed(self, slug: str) -> Facts | None:
        """The newest papers of a theme, for a feed."""
        name = self._identity(slug)
        if name is None:
            return None
        counts = [
            (each, papers) for each in self.shelf.outlines() if (papers := _papers_of(each, name))
        ]
        made = {str(each.key): each.created_at for each, _ in counts}
        archive = self.shelf.archive
        pieces = self._of_theme(counts, name, 0, ENTRIES)
        quoted = self.shelf.slugs.quoted(name)
        theme = theme_words(_spelling(counts[0][0], name), self.language) if counts else name
        feed = view_feed(
            archive,
            f"theme:{name}",
            title=f"{self.house.config.newsletter.name}: {theme}",
            subtitle="",
            path=f"/themes/{quoted}.xml",
            page=f"/themes/{quoted}",
            moments=[made[piece.key] for piece in pieces],
        )
        entries = [view_paper_entry(archive, each, made[each.key], self._site) for each in pieces]
        return {"feed": feed, "entries": entries}

    def missing(self, key: EditionKey | None) -> Facts:
        """What there is instead of an edition: those of its kind that are nearest."""
        near: list[PlaceView] = []
        asked = ""
        if key is not None:
            lines = [each for each in self.shelf.lines if each.key.is_weekly == key.is_weekly]
            later = [each for each in lines if each.key > key][-_NEAR:]
            earlier = [each for each in lines if each.key < key][:_NEAR]
            near = [view_place(each.key, each.date, self.language) for each in (*later, *earlier)]
            asked = view_place(key, key.day(), self.language).day
        return {"day": asked, "near": near, "sign_up": self._sign_up}

    @property
    def _site(self) -> str:
        return self.house.config.newsletter.site_url.rstrip("/")

    @property
    def _sign_up(self) -> bool:
        return self.house.config.web.sign_up

    def _identity(self, slug: str) -> str | None:
        self.shelf.outlines()
        return self.shelf.slugs.identity_of(slug)

    def _place(self, outlines: Sequence[Outline]) -> PlaceView | None:
        return next((view_place(o.key, o.date, self.language) for o in outlines), None)

    def _of_theme(
        self, counts: Iterable[tuple[Outline, int]], name: str, start: int, count: int
    ) -> list[PieceView]:
        """The papers `start` to `start + count` of a theme over these editions."""
        found: list[PieceView] = []
        for outline, papers in counts:
            if len(found) >= count:
                break
            if start < papers:
                shown = self._shown(outline.key)
                named = [section for section, _ in _sections_of(outline, name)]
                pieces = [piece for place in named for piece in shown[place].papers]
                found += pieces[start:]
            start = max(start - papers, 0)
        return found[:count]

    def _pieces(self, key: EditionKey) -> list[PieceView]:
        return [piece for section in self._shown(key) for piece in section.papers]

    def _shown(self, key: EditionKey) -> tuple[PageSectionView, ...]:
        """An edition's papers as pages show them, kept as long as the archive is the same."""
        at = (self.shelf.version, key)
        if at in self._sections:
            self._sections.move_to_end(at)
            return self._sections[at]
        edition = self.shelf.edition(key)
        if edition is None:  # it went away a moment ago
            return ()
        shown = view_page_sections(edition, self.language, self.shelf.slugs.quoted)
        self._sections[at] = shown
        while len(self._sections) > _KEPT:
            self._sections.popitem(last=False)
        return shown


def _sections_of(outline: Outline, name: str) -> list[tuple[int, int]]:
    """Where the theme's sections are in an edition, and how many papers each has."""
    return [
        (place, papers) for place, (theme, _, papers) in enumerate(outline.themes) if theme == name
    ]


def _papers_of(outline: Outline, name: str) -> int:
    return sum(papers for _, papers in _sections_of(outline, name))


def _spelling(outline: Outline, name: str) -> str:
    return next(spelt for theme, spelt, _ in outline.themes if theme == name)


def _numbers(page: int, whole: int, size: int) -> NumbersView:
    last = max(1, -(-whole // size))
    return NumbersView(page=min(max(page, 1), last), last=last)
