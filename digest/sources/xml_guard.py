"""Refuse or trim XML that would cost more than it can tell.

feedparser neither fetches nor expands external entities; what is left to guard against is work:
entities that multiply, tags that never end, and feeds with more entries than anybody reads.
"""

from __future__ import annotations

import re

from digest.errors import SourceError

_ENTITY = re.compile(
    rb"<!ENTITY\s+(?P<parameter>%\s*)?(?P<name>[^\s%\"'>]{1,200})\s+"
    rb"(?P<external>(?:SYSTEM|PUBLIC)\b)?[^\"'>]*(?:\"(?P<double>[^\"]*)\"|'(?P<single>[^']*)')?"
)
_EXPANDED_LIMIT = 1_000_000
#: Feeds nest about ten tags deep; a careless blog's `<br>` that are never closed, a few hundred.
_DEEPEST = 2_000
#: feedparser takes some 15 microseconds a tag; 2,000 entries of arXiv have 40,000 tags.
_MOST_TAGS = 500_000
_TAG = re.compile(
    rb"<!--.*?(?:-->|\Z)|<!\[CDATA\[.*?(?:\]\]>|\Z)"
    rb"|<(?P<close>/?)(?P<name>[A-Za-z_][\w.:-]{0,200})(?P<rest>[^<>]*)",
    re.DOTALL,
)
_ENTRY_END = re.compile(rb"</(?:[\w.-]+:)?(?:item|entry)\s*>")


def guard_xml(body: bytes, *, most_entries: int) -> tuple[bytes, int]:
    """The same feed with at most `most_entries` entries, and how many were cut off.

    Raises:
        SourceError: it declares entities that reach outside, hold each other or multiply, nests
            its tags absurdly deep, or has more of them than any feed.
    """
    _refuse_entities(_plain(body))
    cut = 0
    if body.count(b"</item") + body.count(b"</entry") > most_entries:
        body, cut = _trim(body, most_entries)
    _refuse_depth(_plain(body))
    return body, cut


def _plain(body: bytes) -> bytes:
    """UTF-16 and UTF-32 hold the same ASCII letters with zeros between them."""
    return body.replace(b"\0", b"") if b"\0" in body[:64] else body


def _refuse_depth(plain: bytes) -> None:
    """Count how deep open tags stand in each other; an end tag closes all that its start holds."""
    if plain.count(b"<") <= _DEEPEST:
        return
    stack: list[bytes] = []
    opened: dict[bytes, int] = {}
    tags = 0
    for found in _TAG.finditer(plain):
        name = found["name"]
        if not name or found["rest"].endswith(b"/"):
            continue
        if found["close"]:
            while opened.get(name):
                last = stack.pop()
                opened[last] -= 1
                if last == name:
                    break
            continue
        tags += 1
        stack.append(name)
        opened[name] = opened.get(name, 0) + 1
        if len(stack) > _DEEPEST:
            raise _absurd(f"nests more than {_DEEPEST:,} tags in each other")
        if tags > _MOST_TAGS:
            raise _absurd(f"has more than {_MOST_TAGS:,} tags")


def _absurd(what: str) -> SourceError:
    return SourceError(f"the feed {what}; it was refused", temporary=False)


def _refuse_entities(plain: bytes) -> None:
    if b"<!ENTITY" not in plain:
        return
    expanded = 0
    for found in _ENTITY.finditer(plain):
        name, value = found["name"], found["double"] or found["single"] or b""
        if found["parameter"]:
            continue  # never read by anybody here
        if found["external"]:
            raise SourceError(
                "the feed declares an external XML entity, which is never fetched; it was refused",
                temporary=False,
            )
        if re.search(rb"[&%](?!#)", value):
            raise SourceError(
                "the feed declares XML entities made of other entities (an entity bomb); "
                "it was refused",
                temporary=False,
            )
        expanded += len(value) * plain.count(b"&" + name + b";")
        if expanded > _EXPANDED_LIMIT:
            raise SourceError(
                f"the feed's XML entities expand to more than {_EXPANDED_LIMIT:,} bytes "
                "(an entity bomb); it was refused",
                temporary=False,
            )


def _trim(body: bytes, most: int) -> tuple[bytes, int]:
    ends = [found.end() for found in _ENTRY_END.finditer(body)]
    if len(ends) <= most:
        return body, 0
    # What follows the last entry closes the feed, whatever its root is called.
    return body[: ends[most - 1]] + body[ends[-1] :], len(ends) - most
