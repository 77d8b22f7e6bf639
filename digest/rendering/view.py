"""What a template sees of an edition."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from digest.config import NewsletterConfig
from digest.model import Edition, Paper, PaperId, Section
from digest.prose import first_sentences, shorten
from digest.rendering.language import Language, as_heading
from digest.rendering.marks import Marks
from digest.rendering.words import MarkWords, long_day, mark_words, short_day, theme_words

LENGTHS = ("full", "brief", "line")
PICTURES = 3
AUTHORS = 3
#: Letters of a title that tell papers apart where each of its links is named by it.
NAME_LENGTH = 28
# lxml leaves these bare in an attribute, where filters that read HTML carelessly see a tag.
_QUIET = str.maketrans("<>", "‹›")
_UNSAFE = re.compile(r'["<>^`{|}]')
_WEB = re.compile(r"https?://[^\s/?#@\\]+(?:[/?#]\S*)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkView:
    """A link below a paper: `label`, `url`, and a `note` such as a number of stars.

    `kind` is the same in every language: abstract, pdf, code, discuss or project. `stars` or
    `comments` is that number, for words about it.

    `kind` is the same in every language: abstract, pdf, code, discuss or project.
    """

    kind: str
    label: str
    url: str
    note: str = ""
    stars: int = 0
    comments: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperView:
    """A paper, ready to be shown. Numbers are words; what is unknown is "" or empty.

    `name` is the title in a few words that no other paper of the edition has.
    `theme` and `anchor` are its section's. `leads`: this view is for a letter in which the paper
    comes first, so that it stands in full or in brief before the sections, and its line says so.
    """

    title: str
    name: str
    url: str
    authors: tuple[str, ...]
    first_authors: tuple[str, ...]
    more_authors: int
    first_author: str
    organization: str
    summary: str
    venue: str
    categories: tuple[str, ...]
    marks: tuple[MarkWords, ...]
    votes: str
    vote_count: int
    comments: str
    links: tuple[LinkView, ...]
    thumbnail: str
    theme: str
    anchor: str
    leads: bool
    begin: dict[str, Markup]


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionView:
    """A theme's papers. `anchor` is the heading's name in the page."""

    theme: str
    subtitle: str
    anchor: str
    papers: tuple[PaperView, ...]
    begin: dict[str, Markup]


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionView:
    """The edition's own words. `start` and `end` are sides: left or right."""

    key: str
    title: str
    day: str
    short_day: str
    weekly: bool
    language: str
    direction: str
    start: str
    end: str
    online_url: str
    archive_url: str


def web_address(url: str | None) -> str:
    """The address if a browser may follow it (http, https, with a host), else "".

    What may not stand in an address is escaped (RFC 3986 §2).
    """
    if not url or not _WEB.fullmatch(url):
        return ""
    return _UNSAFE.sub(lambda sign: f"%{ord(sign[0]):02X}", url)


def direction_attribute(direction: str, text: str) -> Markup:
    """` dir="auto"` where `text` holds letters of the other direction than the page's, else ""."""
    other = {"L"} if direction == "rtl" else {"R", "AL"}
    if text.isascii() and direction == "ltr":
        return Markup()
    mixed = any(unicodedata.bidirectional(letter) in other for letter in text)
    return Markup(' dir="auto"') if mixed else Markup()


def view_edition(edition: Edition, newsletter: NewsletterConfig, language: Language) -> EditionView:
    """The edition's names and places, for the newsletter's language and site."""
    direction = language.direction
    left_right = ("right", "left") if direction == "rtl" else ("left", "right")
    day = long_day(edition.key, edition.date, language)
    site = newsletter.site_url.rstrip("/")
    return EditionView(
        key=str(edition.key),
        title=language.gettext("%(name)s, %(day)s", name=newsletter.name, day=day),
        day=as_heading(day),
        short_day=short_day(edition.key, edition.date, language),
        weekly=edition.key.is_weekly,
        language=newsletter.language,
        direction=direction,
        start=left_right[0],
        end=left_right[1],
        online_url=f"{site}/archive/{edition.key}",
        archive_url=f"{site}/archive",
    )


def view_sections(edition: Edition, marks: Marks, language: Language) -> tuple[SectionView, ...]:
    """Sections and papers in the edition's order, each knowing the marks that begin it."""
    pictured, names = _pictured(edition), _names(edition)
    return tuple(
        _section(section, place, pictured, names, marks, language)
        for place, section in enumerate(edition.sections)
    )


def view_leads(edition: Edition, marks: Marks, language: Language) -> tuple[PaperView, ...]:
    """The papers that come first, best first."""
    found = {
        paper.id: (paper, section.theme, place)
        for place, section in enumerate(edition.sections)
        for paper in section.papers
    }
    names = _names(edition)
    return tuple(
        _paper(
            *found[paper_id],
            language,
            name=names[paper_id],
            pictured=True,
            leads=True,
            begin={length: marks.begin(f"lead:{length}:{number}") for length in LENGTHS},
        )
        for number, paper_id in enumerate(edition.lead)
    )


def block_names(edition: Edition) -> Iterator[str]:
    """Every block after the head, in the order in which a page holds them."""
    yield "lead"
    for number in range(len(edition.lead)):
        for length in LENGTHS:
            yield f"lead:{length}:{number}"
    yield "contents"
    for place in range(len(edition.sections)):
        yield f"entry:{place}"
    yield "middle"
    for place, section in enumerate(edition.sections):
        yield f"heading:{place}"
        for number in range(len(section.papers)):
            for length in LENGTHS:
                yield f"{length}:{place}:{number}"
    yield from ("seam", "why", "more", "foot")


def _pictured(edition: Edition) -> frozenset[str]:
    """Those of the lead, else the best three with a picture: more cost much and say little."""
    if edition.lead:
        return frozenset(map(str, edition.lead))
    with_picture = [paper for paper in edition.papers if web_address(paper.thumbnail)]
    best = sorted(with_picture, key=lambda p: -p.score.total if p.score else 0.0)
    return frozenset(str(paper.id) for paper in best[:PICTURES])


def _section(
    section: Section,
    place: int,
    pictured: frozenset[str],
    names: Mapping[PaperId, str],
    marks: Marks,
    language: Language,
) -> SectionView:
    return SectionView(
        theme=theme_words(section.theme, language),
        subtitle=language.listed(section.subtitle.split(", ")),
        anchor=_anchor(place),
        papers=tuple(
            _paper(
                paper,
                section.theme,
                place,
                language,
                name=names[paper.id],
                pictured=str(paper.id) in pictured,
                leads=False,
                begin={length: marks.begin(f"{length}:{place}:{number}") for length in LENGTHS},
            )
            for number, paper in enumerate(section.papers)
        ),
        begin={name: marks.begin(f"{name}:{place}") for name in ("entry", "heading")},
    )


def _anchor(place: int) -> str:
    return f"t{place + 1}"


def _paper(
    paper: Paper,
    theme: str,
    place: int,
    language: Language,
    *,
    name: str,
    pictured: bool,
    leads: bool,
    begin: dict[str, Markup],
) -> PaperView:
    # "and 1 more" takes the room of the fourth name, so four names are shown.
    shown = len(paper.authors) if len(paper.authors) <= AUTHORS + 1 else AUTHORS
    places = (paper.url, paper.discussion_url, paper.pdf_url, paper.project_url, paper.code_url)
    return PaperView(
        title=paper.title,
        name=name,
        url=next((web_address(url) for url in places if web_address(url)), ""),
        authors=paper.authors,
        first_authors=paper.authors[:shown],
        more_authors=len(paper.authors) - shown,
        first_author=paper.authors[0] if paper.authors else "",
        organization=paper.organization or "",
        summary=summary_of(paper),
        venue=paper.venue or "",
        categories=paper.categories,
        marks=tuple(mark_words(mark, paper.first_sent, language) for mark in paper.marks),
        votes=language.number(paper.votes) if paper.votes else "",
        vote_count=paper.votes or 0,
        comments=language.number(paper.comments) if paper.comments else "",
        links=tuple(_links(paper, language)),
        thumbnail=(web_address(paper.thumbnail) if pictured else ""),
        theme=theme_words(theme, language),
        anchor=_anchor(place),
        leads=leads,
        begin=begin,
    )


def _names(edition: Edition) -> dict[PaperId, str]:
    """A short name for each paper; where two would have the same, their whole titles."""
    names = {paper.id: _name(paper.title) for paper in edition.papers}
    counts = Counter(names.values())
    return {
        paper.id: name if counts[name] == 1 else paper.title.translate(_QUIET)
        for paper in edition.papers
        for name in (names[paper.id],)
    }


def _name(title: str) -> str:
    """What stands before the title's colon, else its first words."""
    name, colon, _rest = title.partition(": ")
    short = name if colon and len(name) <= NAME_LENGTH else title
    return shorten(short, NAME_LENGTH).translate(_QUIET)


def summary_of(paper: Paper) -> str:
    """What is printed of what is known about a paper."""
    return first_sentences(paper.summary or paper.abstract or paper.source_summary or "")


def _links(paper: Paper, language: Language) -> Iterator[LinkView]:
    stars, comments = paper.stars or 0, paper.comments or 0
    starred = f"{language.number(stars)}\u00a0★" if stars else ""
    discussed = language.number(comments) if comments else ""

    def link(kind: str, label: str, url: str | None, **more: Any) -> LinkView:
        return LinkView(kind=kind, label=label, url=web_address(url), **more)

    for made in (
        link("abstract", language.gettext("Abstract"), paper.url),
        link("pdf", language.gettext("PDF"), paper.pdf_url),
        link("code", language.gettext("Code"), paper.code_url, note=starred, stars=stars),
        link(
            "discuss",
            # Translators: leads to the page where people discuss the paper.
            language.gettext("Discuss"),
            paper.discussion_url,
            note=discussed,
            comments=comments,
        ),
        # Translators: leads to the paper's project page.
        link("project", language.gettext("Project"), paper.project_url),
    ):
        if made.url:
            yield made
