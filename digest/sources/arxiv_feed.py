"""Parse arXiv's daily feed, Atom or RSS 2.0.

https://info.arxiv.org/help/atom_specifications.html. In Atom `updated` is the time of building
the feed and says nothing; `published` is the midnight (US Eastern) of the announcement.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Any

from digest.model import Paper
from digest.sources.arxiv_calendar import EASTERN
from digest.sources.arxiv_entry import (
    ABSTRACT_PAGE,
    PDF,
    identities,
    marks_of,
    says_withdrawn,
    strip_announcement,
)
from digest.sources.creators import split_names
from digest.sources.feed_text import read_description
from digest.sources.ids import arxiv_id, arxiv_version
from digest.sources.syndication import entry_moment, parse_syndicated
from digest.sources.text import clean_name, clean_text, clean_title

#: arXiv cuts its feeds at 2,000 entries.
MOST_ENTRIES = 2_500
_TYPES = ("new", "cross", "replace", "replace-cross")


@dataclass(frozen=True, slots=True, kw_only=True)
class ArxivBatch:
    """One day's announcement: every paper of the feed, in its order, of every announce type.

    `day` is the announcement day in New York, None if the feed does not tell. `skipped` entries
    could not be read. `broken` says in words that the feed was cut, or is empty.
    """

    papers: tuple[Paper, ...]
    day: date | None
    skipped: int = 0
    broken: str = ""


def parse_arxiv_feed(body: bytes, content_type: str = "", *, fetched_at: datetime) -> ArxivBatch:
    """The batch that a feed announces.

    Raises:
        SourceError: no feed at all, or arXiv's own error feed; the message has arXiv's words.
    """
    feed = parse_syndicated(body, content_type, most_entries=MOST_ENTRIES)
    papers: dict[object, Paper] = {}
    skipped = 0
    for entry in feed.entries:
        paper = _parse_entry(entry, fetched_at)
        if paper is None:
            skipped += 1
        else:
            papers.setdefault(paper.id, paper)
    days = Counter(paper.announced for paper in papers.values() if paper.announced)
    day = max(days) if days else announcement_day(entry_moment(feed.channel, "published"))
    found = tuple(
        paper if paper.announced else replace(paper, announced=day) for paper in papers.values()
    )
    return ArxivBatch(papers=found, day=day, skipped=skipped, broken=feed.broken)


def announcement_day(moment: datetime | None) -> date | None:
    """The day that a time stamp of midnight US Eastern means.

    Mirrors that drop the offset write 00:00 UTC, which means the same day and not the evening
    before.
    """
    if moment is None:
        return None
    if moment.time() == time(0):
        return moment.date()
    return moment.astimezone(EASTERN).date()


def _parse_entry(entry: Any, fetched_at: datetime) -> Paper | None:
    names = (str(entry.get("id", "")), str(entry.get("link", "")))
    paper_id = next((found for found in map(arxiv_id, names) if found), None)
    title = clean_title(str(entry.get("title", "")))
    if paper_id is None or not title:
        return None
    abstract, told_type = strip_announcement(str(entry.get("summary", "")))
    # Mirrors rewrite the description as HTML; arXiv's own is plain text.
    abstract = clean_text(abstract) if told_type else read_description(abstract).abstract
    announce_type = str(entry.get("arxiv_announce_type", "")).strip().lower() or told_type
    authors = split_names(", ".join(str(a.get("name", "")) for a in entry.get("authors", ())))
    withdrawn = says_withdrawn(abstract)
    versions = (arxiv_version(name) for name in names)
    return Paper(
        ids=identities(paper_id, title, authors, entry.get("arxiv_doi")),
        title=title,
        abstract=abstract,
        authors=authors,
        url=ABSTRACT_PAGE + paper_id.value,
        pdf_url=PDF + paper_id.value,
        announced=announcement_day(entry_moment(entry, "published")),
        version=next((version for version in versions if version), None),
        announce_type=announce_type if announce_type in _TYPES else None,
        categories=categories_of(entry),
        venue=clean_name(str(entry.get("arxiv_journal_reference", "")), 200) or None,
        withdrawn=withdrawn,
        marks=marks_of(announce_type, withdrawn=withdrawn),
        fetched_at=fetched_at,
    )


def categories_of(entry: Any) -> tuple[str, ...]:
    """`cs.AI` and its like, in the entry's order; MSC and ACM classes are left out."""
    terms = (str(tag.get("term") or "").strip() for tag in entry.get("tags", ()))
    shape = re.compile(r"[a-z][a-z-]*(?:\.[A-Za-z-]+)?")
    return tuple(dict.fromkeys(term for term in terms if shape.fullmatch(term)))
