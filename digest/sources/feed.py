"""Any RSS, RDF or Atom feed: journals, preprint servers, OpenReview, blogs, rewritten lists."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from digest.config import FeedSource
from digest.errors import SourceError
from digest.model import Paper, PaperId
from digest.sources.arxiv_entry import ABSTRACT_PAGE, PDF, marks_of, says_withdrawn
from digest.sources.aside import run_aside
from digest.sources.creators import read_creators
from digest.sources.feed_text import Described, find_picture, read_description
from digest.sources.fetch import Fetcher
from digest.sources.ids import arxiv_version, known_ids, url_id
from digest.sources.reading import Reading, paper_ids
from digest.sources.syndication import entry_day, entry_moment, parse_syndicated
from digest.sources.text import clean_name, clean_title, clean_url, html_to_text, title_id
from digest.sources.verdict import judge_feed

PARSE_SECONDS = 60.0
_FEEDS = (
    "application/atom+xml, application/rss+xml, application/rdf+xml, "
    "application/xml;q=0.9, text/xml;q=0.9, */*;q=0.1"
)
_SHORT = 80  # a summary under this many characters is a teaser where a longer text stands beside


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedFeed:
    """A feed's papers, newest first where dated (undated ones keep their place at the end).

    `entries` counts what the feed holds, `untitled` those that give no paper.
    """

    papers: tuple[Paper, ...]
    entries: int
    untitled: int = 0
    broken: str = ""
    title: str = ""


def parse_feed(
    body: bytes, content_type: str = "", *, fetched_at: datetime, most: int = 2_000
) -> ParsedFeed:
    """The papers of a feed's bytes; of more than `most` entries the first ones.

    Raises:
        SourceError: the bytes are no feed; the message says what they are.
    """
    feed = parse_syndicated(body, content_type, most_entries=most)
    found: dict[PaperId, tuple[float, Paper]] = {}
    untitled = 0
    venue = clean_name(_text(feed.channel.get("title")), 200)
    for entry in feed.entries:
        paper = _parse_entry(entry, fetched_at, venue)
        if paper is None:
            untitled += 1
            continue
        moment = entry_moment(entry, "published", "updated", "created")
        found.setdefault(paper.id, (moment.timestamp() if moment else float("-inf"), paper))
    ordered = sorted(found.values(), key=lambda pair: pair[0], reverse=True)
    return ParsedFeed(
        papers=tuple(paper for _, paper in ordered),
        entries=len(feed.entries) + feed.cut,
        untitled=untitled,
        broken=feed.broken,
        title=venue,
    )


def _parse_entry(entry: Any, fetched_at: datetime, feed_title: str) -> Paper | None:
    title = clean_title(html_to_text(_text(entry.get("title"))[:20_000]))
    if not title:
        return None
    said, picture = _describe(entry, title)
    authors = read_creators(_creators(entry)) or read_creators([said.authors])
    links = [clean_url(url) for url in _links(entry)]
    link = next((url for url in links if url), None)
    guid = _text(entry.get("id"))
    ids = _ids(entry, links, guid, title, authors)
    on_arxiv = next((one for one in ids if one.scheme == "arxiv"), None)
    withdrawn = says_withdrawn(said.abstract) if on_arxiv else False
    announce_type = _text(entry.get("arxiv_announce_type")).strip().lower() or None
    versions = (arxiv_version(text) for text in (guid, link))
    return Paper(
        ids=ids,
        title=title,
        abstract=said.abstract,
        authors=authors,
        url=ABSTRACT_PAGE + on_arxiv.value if on_arxiv else link,
        pdf_url=PDF + on_arxiv.value if on_arxiv else _pdf(entry),
        discussion_url=clean_url(_text(entry.get("comments"))),
        thumbnail=_thumbnail(entry) or picture,
        published=entry_day(entry, "published", "updated", "created"),
        version=next((version for version in versions if version), None) if on_arxiv else None,
        announce_type=announce_type,
        categories=_categories(entry),
        keywords=tuple(filter(None, map(clean_name, said.keywords))),
        venue=clean_name(_text(entry.get("prism_publicationname")), 200)
        or (None if on_arxiv else feed_title or None),
        votes=said.votes,
        comments=said.comments,
        withdrawn=withdrawn,
        marks=marks_of(announce_type, withdrawn=withdrawn),
        fetched_at=fetched_at,
    )


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _describe(entry: Any, title: str) -> tuple[Described, str | None]:
    """The better of summary and content, and a picture out of either."""
    summary = _text(entry.get("summary"))
    contents = [_text(one.get("value")) for one in entry.get("content", ()) or ()]
    content = max(contents, key=len, default="")
    said = read_description(summary, title=title)
    if len(said.abstract) < _SHORT and content and content != summary:
        other = read_description(content, title=title, whole_post=True)
        if len(other.abstract) > len(said.abstract):
            said = Described(
                abstract=other.abstract,
                authors=said.authors or other.authors,
                votes=said.votes if said.votes is not None else other.votes,
                comments=said.comments if said.comments is not None else other.comments,
                keywords=said.keywords or other.keywords,
            )
    return said, find_picture(summary) or find_picture(content)


def _creators(entry: Any) -> Iterator[str]:
    people = [_text(person.get("name")) for person in entry.get("authors", ()) or ()]
    named = [name for name in people if name and "@" not in name]
    yield from named or people
    if not people:
        yield _text(entry.get("author"))


def _links(entry: Any) -> Iterator[str]:
    yield _text(entry.get("link")).strip()
    for link in entry.get("links", ()) or ():
        if link.get("rel", "alternate") == "alternate":
            yield _text(link.get("href")).strip()
    if _text(entry.get("id")).strip().startswith("http"):
        yield _text(entry.get("id")).strip()


def _ids(
    entry: Any, links: list[str | None], guid: str, title: str, authors: tuple[str, ...]
) -> tuple[PaperId, ...]:
    told = (
        entry.get("dc_identifier"),
        entry.get("prism_doi"),
        entry.get("arxiv_doi"),
        guid,
        *links,
    )
    ids = known_ids(*(_text(one).strip() for one in told if one), *_preprint_dois(links))
    if not ids:
        address = next(filter(None, map(url_id, (guid, *links))), None)
        ids = (address,) if address else ()
    return (*ids, title_id(title, authors[0] if authors else ""))


def _preprint_dois(links: list[str | None]) -> Iterator[str]:
    """bioRxiv's short addresses, `/cgi/content/short/2023.12.16.571984v1`, are DOIs in disguise."""
    for link in links:
        host, _, path = (link or "").partition("://")[2].partition("/")
        if host.removeprefix("www.").removeprefix("connect.") not in ("biorxiv.org", "medrxiv.org"):
            continue
        last = path.partition("?")[0].rstrip("/").rpartition("/")[2]
        name = last.partition("v")[0]
        # openRxiv moved to its own prefix, 10.64898, in December 2025.
        if name[:1].isdigit() and name.replace(".", "").isdigit() and "10." not in path:
            yield f"10.{'64898' if name[:7] >= '2025.12' and '.' in name else '1101'}/{name}"


def _pdf(entry: Any) -> str | None:
    for link in entry.get("links", ()) or ():
        if link.get("type") == "application/pdf" or link.get("title") == "pdf":
            return clean_url(_text(link.get("href")))
    return None


def _thumbnail(entry: Any) -> str | None:
    pictures = [*(entry.get("media_thumbnail") or ())]
    pictures += [
        one
        for one in entry.get("media_content") or ()
        if one.get("medium") == "image" or _text(one.get("type")).startswith("image/")
    ]
    pictures += [
        {"url": link.get("href")}
        for link in entry.get("links", ()) or ()
        if link.get("rel") == "enclosure" and _text(link.get("type")).startswith("image/")
    ]
    return next(filter(None, (clean_url(_text(one.get("url"))) for one in pictures)), None)


def _categories(entry: Any) -> tuple[str, ...]:
    tags = (entry.get("tags") or ())[:50]
    terms = (clean_name(_text(tag.get("term")) or _text(tag.get("label")), 100) for tag in tags)
    return tuple(dict.fromkeys(filter(None, terms)))


async def read_feed(
    source: FeedSource, fetcher: Fetcher, *, day: date, now: datetime, known: frozenset[str]
) -> Reading:
    """The feed's newest papers. `known` are the ids given for the edition before.

    Raises:
        SourceError: nothing usable came; the message says what did.
    """
    reply = await fetcher.fetch(source.url, accept=_FEEDS)
    most = max(4 * source.max_papers, 2_000)
    feed: ParsedFeed = await run_aside(
        lambda: parse_feed(reply.body, reply.content_type, fetched_at=now, most=most),
        seconds=PARSE_SECONDS,
    )
    broken = feed.broken or ("the connection broke off" if reply.truncated else "")
    if broken and not feed.papers:
        raise SourceError(f"{broken}, and no entry could be read")
    young = _young(feed.papers, source.max_age_days, day)
    taken = young[: source.max_papers]
    judgement = judge_feed(
        entries=feed.entries,
        taken=len(taken),
        repeated=bool(taken) and paper_ids(taken) <= known,
        skipped=feed.untitled,
        too_old=len(feed.papers) - len(young),
        batch=max((paper.published for paper in taken if paper.published), default=None),
        broken=broken,
        max_age_days=source.max_age_days,
    )
    return Reading(papers=taken, judgement=judgement, url=source.url)


def _young(papers: tuple[Paper, ...], days: int | None, day: date) -> tuple[Paper, ...]:
    """Papers not older than `days`; a paper without a date is not held against the feed."""
    if days is None:
        return papers
    oldest = day - timedelta(days=days)
    return tuple(p for p in papers if p.published is None or p.published >= oldest)
