"""The daily papers of Hugging Face: `GET /api/daily_papers?date=…&sort=…&p=…&limit=100`.

With `period: week` it is `week=YYYY-Www`, and the papers of that week up to the day count.

Measured: votes and `ai_*` stand in `paper`, comments and thumbnail on the item, the organisation
on either; every field but the id and the title may be missing. Of the three dates,
`submittedOnDailyAt` is the list day, `paper.publishedAt` arXiv's day; the item's own
`publishedAt` is neither.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx

from digest.config import HuggingFaceSource
from digest.errors import SourceError
from digest.model import EditionKey, Mark, Paper, PaperId
from digest.sources.arxiv_entry import ABSTRACT_PAGE, PDF
from digest.sources.aside import run_aside
from digest.sources.fetch import Fetcher
from digest.sources.fetch_error import FetchError
from digest.sources.ids import arxiv_id, arxiv_version
from digest.sources.reading import Judgement, Reading, paper_ids
from digest.sources.text import (
    clean_authors,
    clean_line,
    clean_name,
    clean_text,
    clean_title,
    clean_url,
    title_id,
)
from digest.sources.verdict import judge_huggingface

PAGE = "https://huggingface.co/papers/"
PAGE_SIZE = 100
MOST_PAGES = 50
PARSE_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperList:
    """One page of the list, in its order; `skipped` items were no papers."""

    papers: tuple[Paper, ...]
    skipped: int = 0


def parse_daily_papers(body: bytes, *, asked: date | None, fetched_at: datetime) -> PaperList:
    """The papers of one JSON answer. One without a list day counts as of the day `asked` for.

    Raises:
        SourceError: the answer is no JSON list; the message says what it is.
    """
    items = _parse_list(body)
    papers: list[Paper] = []
    skipped = 0
    for item in items:
        paper = _parse_item(item, asked, fetched_at)
        if paper is None:
            skipped += 1
        else:
            papers.append(paper)
    return PaperList(papers=tuple(papers), skipped=skipped)


def _parse_list(body: bytes) -> list[Any]:
    try:
        answer = json.loads(body.decode("utf-8-sig", "replace"))
    except (ValueError, RecursionError) as error:
        head = body.lstrip()[:1]
        if head == b"<":
            raise SourceError("the answer is a web page, not JSON") from None
        if not body.strip():
            raise SourceError("the answer is empty") from None
        raise SourceError(f"the answer is damaged JSON: {clean_line(str(error), 120)}") from None
    if isinstance(answer, dict) and "error" in answer:
        raise SourceError(f"Hugging Face says: {clean_line(str(answer['error']), 200)}")
    if not isinstance(answer, list):
        raise SourceError(
            f"the answer is a JSON {_kind(answer)}, not a list of papers", temporary=False
        )
    return answer


def _kind(value: Any) -> str:
    return {dict: "object", str: "string", bool: "boolean"}.get(
        type(value), "null" if value is None else "number"
    )


def _parse_item(item: Any, asked: date | None, fetched_at: datetime) -> Paper | None:
    if not isinstance(item, dict):
        return None
    inner = item.get("paper")
    paper: Mapping[str, Any] = inner if isinstance(inner, dict) else item
    name = _text(paper.get("id"))
    title = clean_title(_text(paper.get("title")) or _text(item.get("title")))
    if not title or not name or len(name) > 100 or any(c.isspace() for c in name):
        return None
    on_arxiv = arxiv_id(name)
    # Without the inner `paper` any list of things with ids would pass for papers.
    named = isinstance(inner, dict) or "upvotes" in item
    paper_id = on_arxiv or (_hf_id(name) if named else None)
    if paper_id is None:
        return None
    authors = clean_authors(_names(paper.get("authors")))
    withdrawn = bool(paper.get("withdrawnAt"))
    page = clean_url(PAGE + (on_arxiv.value if on_arxiv else name))
    return Paper(
        ids=(paper_id, title_id(title, authors[0] if authors else "")),
        title=title,
        abstract=clean_text(_text(paper.get("summary")) or _text(item.get("summary"))),
        authors=authors,
        url=ABSTRACT_PAGE + on_arxiv.value if on_arxiv else page,
        pdf_url=PDF + on_arxiv.value if on_arxiv else None,
        code_url=clean_url(_text(paper.get("githubRepo"))),
        project_url=clean_url(_text(paper.get("projectPage"))),
        discussion_url=page,
        thumbnail=clean_url(_text(item.get("thumbnail")) or _text(paper.get("thumbnail"))),
        published=_day(paper.get("publishedAt")),
        announced=_day(paper.get("submittedOnDailyAt")) or asked,
        version=arxiv_version(name),
        keywords=_keywords(paper.get("ai_keywords")),
        organization=_someone(item.get("organization")) or _someone(paper.get("organization")),
        submitter=_someone(item.get("submittedBy")) or _someone(paper.get("submittedOnDailyBy")),
        source_summary=clean_text(_text(paper.get("ai_summary"))) or None,
        votes=_count(paper.get("upvotes", item.get("upvotes"))),
        comments=_count(item.get("numComments", paper.get("numComments"))),
        stars=_count(paper.get("githubStars")),
        withdrawn=withdrawn,
        marks=(Mark.WITHDRAWN,) if withdrawn else (),
        fetched_at=fetched_at,
    )


def _hf_id(name: str) -> PaperId | None:
    plain = name.replace(".", "").replace("-", "").replace("_", "")
    return PaperId("hf", name) if plain.isascii() and plain.isalnum() else None


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _count(value: Any) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = int(value)
    except (ValueError, OverflowError):
        return None
    return number if 0 <= number < 10**9 else None


def _day(value: Any) -> date | None:
    try:
        moment = datetime.fromisoformat(_text(value).strip())
    except ValueError:
        return None
    try:
        return (moment.astimezone(UTC) if moment.tzinfo else moment).date()
    except OverflowError:
        return None


def _names(people: Any) -> Iterable[str]:
    for person in people if isinstance(people, list) else ():
        if isinstance(person, dict) and not person.get("hidden"):
            yield _text(person.get("name"))
        elif isinstance(person, str):
            yield person


def _keywords(words: Any) -> tuple[str, ...]:
    if not isinstance(words, list):
        return ()
    found = (clean_title(word)[:100] for word in words[:50] if isinstance(word, str))
    return tuple(dict.fromkeys(word for word in found if word))


def _someone(value: Any) -> str | None:
    if not isinstance(value, dict):
        return None
    name = _text(value.get("fullname")) or _text(value.get("name")) or _text(value.get("user"))
    return clean_name(name, 200) or None


async def read_huggingface(
    source: HuggingFaceSource, fetcher: Fetcher, *, day: date, now: datetime, known: frozenset[str]
) -> Reading:
    """The list of `day`, every page of it. `known` are the ids given for the edition before.

    Raises:
        SourceError: the first page is no usable answer.
    """
    papers: dict[PaperId, Paper] = {}
    skipped, cut_short = 0, ""
    for number in range(MOST_PAGES):
        try:
            page = await _fetch_page(source, fetcher, number, day=day, now=now)
        except SourceError as error:
            if number == 0:
                return _not_yet(source, error, day, now)
            cut_short = f"page {number + 1} is missing: {error}"
            break
        fresh = {paper.id: paper for paper in page.papers if paper.id not in papers}
        # Only the first page's bad items count: a mirror repeats them on every page.
        skipped += page.skipped if fresh or number == 0 else 0
        papers.update(fresh)
        if not fresh or _enough(papers.values(), source, day):
            break
    return _judged(source, tuple(papers.values()), day, known, skipped, cut_short)


def _enough(papers: Iterable[Paper], source: HuggingFaceSource, day: date) -> bool:
    listed = _listed_for(source, day, papers)
    wanted = (p for p in listed if (p.votes or 0) >= source.min_votes)
    return sum(1 for _ in wanted) >= source.max_papers


async def _fetch_page(
    source: HuggingFaceSource, fetcher: Fetcher, number: int, *, day: date, now: datetime
) -> PaperList:
    period = (
        {"week": str(EditionKey.weekly(day))} if source.period == "week" else {"date": str(day)}
    )
    url = httpx.URL(source.url).copy_merge_params(
        {**period, "sort": source.sort, "p": number, "limit": PAGE_SIZE}
    )
    reply = await fetcher.fetch(str(url), accept="application/json")
    if reply.truncated:
        raise SourceError("the connection broke off in the middle of the answer")
    return await run_aside(
        lambda: parse_daily_papers(reply.body, asked=day, fetched_at=now), seconds=PARSE_SECONDS
    )


def _not_yet(source: HuggingFaceSource, error: SourceError, day: date, now: datetime) -> Reading:
    """A day that has not begun in UTC is answered by 400; that is no fault of the server."""
    if not (isinstance(error, FetchError) and error.status == 400 and day > _utc_day(now)):
        raise error
    judgement: Judgement = judge_huggingface(
        day=day, listed=None, on_day=0, others=0, taken=0, repeated=False, skipped=0
    )
    return Reading(papers=(), judgement=judgement, url=source.url)


def _listed_for(source: HuggingFaceSource, day: date, papers: Iterable[Paper]) -> tuple[Paper, ...]:
    """Those whose list day is `day`, or in the week of `day` and not after it."""
    first = day - timedelta(days=day.weekday()) if source.period == "week" else day
    return tuple(p for p in papers if p.announced is not None and first <= p.announced <= day)


def _utc_day(now: datetime) -> date:
    return now.astimezone(UTC).date()


def _judged(
    source: HuggingFaceSource,
    papers: tuple[Paper, ...],
    day: date,
    known: frozenset[str],
    skipped: int,
    cut_short: str,
) -> Reading:
    on_day = _listed_for(source, day, papers)
    others = tuple(paper for paper in papers if paper not in on_day)
    chosen = on_day or others
    taken = tuple(p for p in chosen if not source.min_votes or (p.votes or 0) >= source.min_votes)
    taken = taken[: source.max_papers]
    judgement = judge_huggingface(
        day=day,
        listed=max((p.announced for p in others if p.announced), default=None),
        on_day=len(on_day),
        others=len(others),
        taken=len(taken),
        repeated=bool(taken) and paper_ids(taken) <= known,
        skipped=skipped,
        cut_short=cut_short,
        period=source.period,
    )
    return Reading(papers=taken, judgement=judgement, url=source.url)
