"""Refuse or trim XML that would cost more than it can tell.

feedparser neither fetches nor expands external entities; what is left to guard against is work:
entities that multiply, and feeds with more entries than anybody reads.
"""

from __future__ import annotations

import re

from digest.errors import SourceError

_ENTITY = re.compile(
    rb"<!ENTITY\s+(?P<parameter>%\s*)?(?P<name>[^\s%\"'>]{1,200})\s+"
    rb"(?P<external>(?:SYSTEM|PUBLIC)\b)?[^\"'>]*(?:\"(?P<double>[^\"]*)\"|'(?P<single>[^']*)')?"
)
_EXPANDED_LIMIT = 1_000_000
_ENTRY_END = re.compile(rb"</(?:[\w.-]+:)?(?:item|entry)\s*>")


def guard_xml(body: bytes, *, most_entries: int) -> tuple[bytes, int]:
    """The same feed with at most `most_entries` entries, and how many were cut off.

    Raises:
        SourceError: it declares entities that reach outside, hold each other or multiply.
    """
    _refuse_entities(body)
    if body.count(b"</item") + body.count(b"</entry") <= most_entries:
        return body, 0
    return _trim(body, most_entries)


def _refuse_entities(body: bytes) -> None:
    # UTF-16 and UTF-32 hold the same ASCII letters with zeros between them.
    plain = body.replace(b"\0", b"") if b"\0" in body[:64] else body
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
