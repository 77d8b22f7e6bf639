"""Read the bytes of any RSS, RDF or Atom feed into feedparser's entries."""

from __future__ import annotations

import calendar
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

from digest.errors import SourceError
from digest.sources.text import clean_line
from digest.sources.xml_guard import guard_xml

#: feedparser's complaints that cost no entry.
_HARMLESS = frozenset(
    {"CharacterEncodingOverride", "NonXMLContentType", "CharacterEncodingUnknown"}
)
_OPEN = re.compile(rb"<(?:[\w.-]+:)?(?:item|entry)[\s>/]")
_CLOSED = re.compile(
    rb"</(?:[\w.-]+:)?(?:rss|feed|rdf)\s*>\s*(?:<!--.*?-->\s*)*\Z", re.IGNORECASE | re.DOTALL
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Syndicated:
    """A feed as feedparser reads it. `broken` says in words what is missing, or is empty."""

    channel: Any
    entries: Sequence[Any]
    version: str
    broken: str = ""
    cut: int = 0


def parse_syndicated(body: bytes, content_type: str = "", *, most_entries: int) -> Syndicated:
    """Entries of a feed, whatever its dialect and encoding. No network, no HTML rewriting.

    Raises:
        SourceError: the bytes are no feed; the message says what they look like.
    """
    import feedparser

    if not body.strip(b" \t\r\n\0"):
        raise SourceError("the answer is empty")
    if body.lstrip()[:1] in (b"{", b"["):
        raise SourceError("the answer is JSON, not a feed; try `kind: file`", temporary=False)
    body, cut = guard_xml(body, most_entries=most_entries)
    # Relative links and "sanitizing" rewrite `$a<b$ and $c>d$` into nonsense; text is cleaned at
    # our own door. A bytes argument is never taken for an address.
    parsed = feedparser.parse(
        body,
        response_headers={"content-type": content_type} if content_type else {},
        sanitize_html=False,
        resolve_relative_uris=False,
    )
    if not parsed.version:
        raise SourceError(_what_it_is(body))
    _refuse_arxiv_errors(parsed)
    return Syndicated(
        channel=parsed.feed,
        entries=parsed.entries,
        version=parsed.version,
        broken=_what_is_missing(body, parsed),
        cut=cut,
    )


def _refuse_arxiv_errors(parsed: Any) -> None:
    """arXiv words its errors as healthy feeds: no entry, or one titled "Error"."""
    title = str(parsed.feed.get("title", ""))
    if "feed error for query" in title.lower():
        words = clean_line(str(parsed.feed.get("subtitle", "")) or title, 200)
        raise SourceError(f"arXiv refuses the query: {words} (check `categories`)", temporary=False)
    for entry in parsed.entries[:1]:
        if "arxiv.org/api/errors" in str(entry.get("id", "")):
            words = clean_line(str(entry.get("summary", "")) or "Error", 200)
            raise SourceError(f"arXiv's API refuses the query: {words}", temporary=False)


def _what_it_is(body: bytes) -> str:
    head = body[:2000].decode("utf-8", "replace")
    lower = body[:100_000].lower()
    if b"rate exceeded" in lower or b"too many requests" in lower:
        return "the server says that it was asked too often (rate exceeded)"
    if b"<html" in lower or b"<!doctype html" in lower or b"<body" in lower:
        title = re.search(r"<title[^>]*>(.*?)</title", head, re.IGNORECASE | re.DOTALL)
        words = clean_line(title[1], 80) if title else ""
        return "the answer is a web page, not a feed" + (f" ({words!r})" if words else "")
    root = re.search(
        r"<([A-Za-z][\w:.-]{0,60})[\s>/]", re.sub(r"<!.*?>", "", head, flags=re.DOTALL)
    )
    if root and head.lstrip("\ufeff \t\r\n").startswith("<"):
        return f"the answer is XML of another kind (<{root[1]}>), not an RSS, RDF or Atom feed"
    text = clean_line(re.sub(r"<!--.*?-->", "", head, flags=re.DOTALL), 60)
    return f"the answer is no RSS, RDF or Atom feed: {text!r}" if text else "the feed is empty"


def _what_is_missing(body: bytes, parsed: Any) -> str:
    error = parsed.get("bozo_exception")
    if not parsed.bozo or type(error).__name__ in _HARMLESS:
        return ""
    plain = body.replace(b"\0", b"") if b"\0" in body[:64] else body
    opened = len(_OPEN.findall(plain))
    if _CLOSED.search(plain[-2000:]) and opened == len(parsed.entries):
        return ""  # badly written, but nothing is lost
    line = getattr(error, "getLineNumber", lambda: None)()
    place = f" at line {line}" if line else ""
    return f"its XML breaks off or is damaged{place}"


def entry_moment(entry: Any, *names: str) -> datetime | None:
    """The first of the entry's dates that could be read, in UTC."""
    for name in names:
        parsed = entry.get(f"{name}_parsed")
        if parsed:
            try:
                return datetime.fromtimestamp(calendar.timegm(parsed), UTC)
            except (ValueError, OverflowError, OSError, TypeError):
                continue
    return None


_OFFSET = re.compile(r"([+-])(\d\d):?(\d\d)\s*\Z")


def entry_day(entry: Any, *names: str) -> date | None:
    """The calendar day as the source wrote it: `2026-11-23T00:00:00+08:00` is the 23rd."""
    for name in names:
        moment = entry_moment(entry, name)
        if moment is None:
            continue
        offset = _OFFSET.search(str(entry.get(name, "")))
        if offset:
            minutes = int(offset[2]) * 60 + int(offset[3])
            if minutes < 24 * 60:
                shift = timedelta(minutes=minutes if offset[1] == "+" else -minutes)
                return moment.astimezone(timezone(shift)).date()
        return moment.date()
    return None
