"""arXiv's announcements of one day, from the feed or, for a past day, from the query API."""

from __future__ import annotations

import re
from datetime import date, datetime
from urllib.parse import urlsplit

from digest.config import ArxivSource
from digest.errors import SourceError
from digest.model import Paper
from digest.sources.arxiv_api import PAGE_SIZE, ArxivPage, parse_arxiv_api, plan_query
from digest.sources.arxiv_calendar import eastern_day
from digest.sources.arxiv_feed import ArxivBatch, parse_arxiv_feed
from digest.sources.aside import run_aside
from digest.sources.fetch import Fetcher
from digest.sources.fetch_error import FetchError
from digest.sources.reading import Reading, paper_ids
from digest.sources.verdict import judge_arxiv, judge_arxiv_api

DEFAULT_URL = "https://rss.arxiv.org/atom"
DEFAULT_API = "https://export.arxiv.org/api/query"
PARSE_SECONDS = 60.0
_ATOM = "application/atom+xml, application/rss+xml;q=0.9, application/xml;q=0.8, */*;q=0.1"


def feed_url(source: ArxivSource) -> str:
    """Base + categories, or `url` itself where it already names one whole feed."""
    parts = urlsplit(source.url)
    last = parts.path.rstrip("/").rpartition("/")[2].lower()
    whole = parts.query or last.endswith((".xml", ".atom", ".rss"))
    if whole or any(_names(last, category) for category in source.categories):
        return source.url
    return f"{source.url.rstrip('/')}/{'+'.join(source.categories)}"


def _names(segment: str, category: str) -> bool:
    word = rf"(?<![\w.-]){re.escape(category.lower())}(?![\w-])"
    return re.search(word, segment) is not None


def api_url(source: ArxivSource) -> str:
    """Where past days are asked for."""
    return source.api_url or DEFAULT_API


def asks_api(source: ArxivSource, day: date, now: datetime) -> bool:
    """Whether `day` is over in New York, so that the feed no longer shows it."""
    has_api = source.api_url is not None or source.url.rstrip("/") == DEFAULT_URL
    return has_api and day < eastern_day(now)


async def read_arxiv(
    source: ArxivSource, fetcher: Fetcher, *, day: date, now: datetime, known: frozenset[str]
) -> Reading:
    """The papers announced on `day`. `known` are the ids given for the edition before.

    Raises:
        SourceError: nothing usable came; the message says what did.
    """
    if asks_api(source, day, now):
        return await _read_api(source, fetcher, day=day, now=now)
    return await _read_feed(source, fetcher, day=day, now=now, known=known)


async def _read_feed(
    source: ArxivSource, fetcher: Fetcher, *, day: date, now: datetime, known: frozenset[str]
) -> Reading:
    url = feed_url(source)
    try:
        reply = await fetcher.fetch(url, accept=_ATOM)
        body, content_type, cut = reply.body, reply.content_type, reply.truncated
    except FetchError as error:
        if not error.body or b"eed error" not in error.body:
            raise
        body, content_type, cut = error.body, error.content_type, False
    batch: ArxivBatch = await run_aside(
        lambda: parse_arxiv_feed(body, content_type, fetched_at=now), seconds=PARSE_SECONDS
    )
    if cut and not batch.papers:
        raise SourceError("the connection broke before the first entry")
    taken = _wanted(source, batch.papers)
    judgement = judge_arxiv(
        day=day,
        batch=batch.day,
        entries=len(batch.papers) + batch.skipped,
        taken=len(taken),
        repeated=bool(taken) and paper_ids(taken) <= known,
        broken=batch.broken or ("the connection broke off" if cut else ""),
        skipped=batch.skipped,
        wanted=", ".join(source.announce),
    )
    return Reading(papers=taken[: source.max_papers], judgement=judgement, url=url)


async def _read_api(source: ArxivSource, fetcher: Fetcher, *, day: date, now: datetime) -> Reading:
    base = api_url(source)
    papers: dict[object, Paper] = {}
    total: int | None = None
    skipped, broken = 0, ""
    while day.weekday() < 5 and not broken:
        start = len(papers) + skipped
        size = min(PAGE_SIZE, source.max_papers - start)
        if size <= 0:
            break
        url = plan_query(base, source.categories, day, start=start, size=size)
        page = await _fetch_page(source, fetcher, url, day=day, now=now)
        total = page.total if page.total is not None else total
        before = len(papers)
        papers.update({paper.id: paper for paper in page.papers if paper.id not in papers})
        skipped += page.skipped
        broken = page.broken
        done = total is not None and len(papers) + skipped >= total
        if done or (len(papers) == before and not page.skipped):
            break
    taken = _wanted(source, tuple(papers.values()))
    judgement = judge_arxiv_api(
        day=day,
        entries=len(papers),
        taken=len(taken),
        total=total,
        limit=source.max_papers,
        skipped=skipped,
        broken=broken,
    )
    return Reading(papers=taken, judgement=judgement, url=base)


async def _fetch_page(
    source: ArxivSource, fetcher: Fetcher, url: str, *, day: date, now: datetime
) -> ArxivPage:
    try:
        reply = await fetcher.fetch(url, accept=_ATOM)
        body, content_type = reply.body, reply.content_type
    except FetchError as error:
        if b"api/errors" not in error.body:
            raise
        body, content_type = error.body, error.content_type
    return await run_aside(
        lambda: parse_arxiv_api(
            body, content_type, fetched_at=now, day=day, categories=source.categories
        ),
        seconds=PARSE_SECONDS,
    )


def _wanted(source: ArxivSource, papers: tuple[Paper, ...]) -> tuple[Paper, ...]:
    """Papers of the configured announce types, and those that do not tell their type.

    One that is announced as withdrawn is kept as well: readers may have had it.
    """
    return tuple(
        paper
        for paper in papers
        if paper.withdrawn or paper.announce_type is None or paper.announce_type in source.announce
    )
