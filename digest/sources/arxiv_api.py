"""Ask arXiv's query API for a past day, page by page: addresses out, papers in.

https://info.arxiv.org/help/api/user-manual.html. Errors come as a feed with one entry titled
"Error"; a query with results may now and then be answered by a feed without entries.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from digest.model import Paper
from digest.sources.arxiv_calendar import submission_window
from digest.sources.arxiv_entry import ABSTRACT_PAGE, PDF, identities, marks_of, says_withdrawn
from digest.sources.arxiv_feed import categories_of
from digest.sources.ids import arxiv_id, arxiv_version
from digest.sources.syndication import entry_day, parse_syndicated
from digest.sources.text import clean_authors, clean_name, clean_text, clean_title

PAGE_SIZE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class ArxivPage:
    """One page of the API's answer; `total` is how many papers match, None if it is not told."""

    papers: tuple[Paper, ...]
    total: int | None
    skipped: int = 0
    broken: str = ""


def plan_query(base: str, categories: Sequence[str], day: date, *, start: int, size: int) -> str:
    """The address that asks for submissions announced on `day`, newest first.

    Raises:
        ValueError: `day` is a weekend day.
    """
    first, last = submission_window(day)
    anywhere = " OR ".join(f"cat:{category}" for category in categories)
    query = urlencode(
        {
            "search_query": f"({anywhere}) AND "
            f"submittedDate:[{first:%Y%m%d%H%M} TO {last:%Y%m%d%H%M}]",
            "start": start,
            "max_results": size,
            "sortBy": "submittedDate",
            "sortOrder": "descending",
        }
    )
    return f"{base}{'&' if '?' in base else '?'}{query}"


def parse_arxiv_api(
    body: bytes,
    content_type: str = "",
    *,
    fetched_at: datetime,
    day: date | None = None,
    categories: Sequence[str] = (),
) -> ArxivPage:
    """The papers of one page, announced on `day`.

    A paper whose primary category is not among `categories` (if any are given) is a cross-list.

    Raises:
        SourceError: no feed, or arXiv's Error entry; the message has arXiv's words.
    """
    feed = parse_syndicated(body, content_type, most_entries=2_500)
    papers: dict[object, Paper] = {}
    skipped = 0
    for entry in feed.entries:
        paper = _parse_entry(entry, fetched_at, day, frozenset(categories))
        if paper is None:
            skipped += 1
        else:
            papers.setdefault(paper.id, paper)
    told = str(feed.channel.get("opensearch_totalresults", ""))
    return ArxivPage(
        papers=tuple(papers.values()),
        total=int(told[:9]) if told.isascii() and told.isdigit() else None,
        skipped=skipped,
        broken=feed.broken,
    )


def _parse_entry(
    entry: Any, fetched_at: datetime, day: date | None, categories: frozenset[str]
) -> Paper | None:
    name = str(entry.get("id", ""))
    paper_id = arxiv_id(name)
    title = clean_title(str(entry.get("title", "")))
    if paper_id is None or not title:
        return None
    abstract = clean_text(str(entry.get("summary", "")))
    comment = clean_text(str(entry.get("arxiv_comment", "")))
    authors = clean_authors(str(author.get("name", "")) for author in entry.get("authors", ()))
    primary = str((entry.get("arxiv_primary_category") or {}).get("term", ""))
    announce_type = None
    if categories and primary:
        # "cs" asks for the whole archive; see arXiv's category names.
        ours = primary in categories or primary.partition(".")[0] in categories
        announce_type = "new" if ours else "cross"
    withdrawn = says_withdrawn(comment, abstract)
    return Paper(
        ids=identities(paper_id, title, authors, entry.get("arxiv_doi")),
        title=title,
        abstract=abstract,
        authors=authors,
        url=ABSTRACT_PAGE + paper_id.value,
        pdf_url=PDF + paper_id.value,
        published=entry_day(entry, "published"),
        announced=day,
        version=arxiv_version(name),
        announce_type=announce_type,
        categories=tuple(dict.fromkeys(filter(None, (primary, *categories_of(entry))))),
        venue=clean_name(str(entry.get("arxiv_journal_ref", "")), 200) or None,
        comment=comment or None,
        withdrawn=withdrawn,
        marks=marks_of(announce_type, withdrawn=withdrawn),
        fetched_at=fetched_at,
    )
