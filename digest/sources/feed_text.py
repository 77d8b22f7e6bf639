"""Find abstract, authors, votes and picture in the HTML that feeds put into an entry.

Rewritten feeds often carry labelled parts ("Authors: …", "Upvotes: 12", "Summary: …"), journals
a line on where the article appeared, translations the title and address once more. What is
left when those are gone is the abstract.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape

from digest.sources.arxiv_entry import strip_announcement
from digest.sources.text import clean_text, clean_url, html_to_text, shorten

#: A blog's whole post is no abstract: its beginning is enough.
LONGEST_FROM_CONTENT = 2_500
_RAW_LIMIT = 200_000

_LABELS = {
    "authors": "authors",
    "author": "authors",
    "by": "authors",
    "upvotes": "votes",
    "upvote": "votes",
    "votes": "votes",
    "likes": "votes",
    "points": "votes",
    "comments": "comments",
    "summary": "abstract",
    "abstract": "abstract",
    "tl;dr": "abstract",
    "keywords": "keywords",
    "subjects": "aside",
    "categories": "aside",
    "published": "aside",
    "date": "aside",
    "doi": "aside",
    "link": "aside",
    "url": "aside",
    "pdf": "aside",
    "source": "aside",
    "journal": "aside",
    "publication date": "aside",
    "published online": "aside",
}
_LABELLED = re.compile(
    r"\W{0,3}("
    + "|".join(map(re.escape, sorted(_LABELS, key=len, reverse=True)))
    + r")\s*[:：]\s*",
    re.IGNORECASE,
)
_JUST_A_LINK = re.compile(r"[\[(<]*(?:https?://|doi:|arxiv:)\S+", re.IGNORECASE)
_LISTING = re.compile(r"\(arXiv:\S+\s+\[[\w.\-, ]+\]\)\s*\Z", re.IGNORECASE)
# "Nature Machine Intelligence, Published online: 20 November 2026; doi:10.1038/s42256-..."
_WHERE = re.compile(
    r"(?i)\A[^\n:]{0,120}?,\s*Published online:\s*[^;\n]{4,40};\s*(?:doi:\s*)?(?:10\.\S+)?\s*"
)
_IMAGE = re.compile(r"<img\b[^>]{0,2000}>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"(?i)\b(src|width|height)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s>]+))")


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """What an entry's description says. Texts are clean; authors still in one string."""

    abstract: str = ""
    authors: str = ""
    votes: int | None = None
    comments: int | None = None
    keywords: tuple[str, ...] = ()


def read_description(markup: str, *, title: str = "", whole_post: bool = False) -> Described:
    """Labelled parts and abstract of one description; `whole_post` cuts it to its beginning."""
    text = html_to_text(markup[:_RAW_LIMIT])
    text = _WHERE.sub("", text)
    announced, announce_type = strip_announcement(text)
    if announce_type:
        return Described(abstract=clean_text(announced))
    parts: dict[str, str] = {}
    free: list[str] = []
    current = ""
    lines = list(_blocks(text))
    for line in lines:
        found = _LABELLED.match(line)
        if found:
            current = _LABELS[found[1].lower()]
            parts.setdefault(current, line[found.end() :].strip())
        elif current == "abstract":
            parts["abstract"] += "\n" + line
        elif not _is_furniture(line, title):
            free.append(line)
    abstract = parts.get("abstract") or _abstract(lines, free)
    abstract = clean_text(abstract)
    return Described(
        abstract=shorten(abstract, LONGEST_FROM_CONTENT) if whole_post else abstract,
        authors=parts.get("authors", ""),
        votes=_number(parts.get("votes")),
        comments=_number(parts.get("comments")),
        keywords=tuple(word.strip() for word in parts.get("keywords", "").split(",")[:30]),
    )


def _blocks(text: str) -> Iterator[str]:
    for line in text.splitlines():
        if line := line.strip():
            yield line


def _is_furniture(line: str, title: str) -> bool:
    bare = re.sub(r"\W+", "", line).casefold()
    return (
        not bare
        or bare == re.sub(r"\W+", "", title).casefold()
        or (len(line.split()) <= 2 and _JUST_A_LINK.match(line) is not None)
    )


def _abstract(lines: list[str], free: list[str]) -> str:
    """All free lines; of a rewritten arXiv listing only the longest, which is the abstract."""
    announced = [strip_announcement(line) for line in free]
    if any(kind for _, kind in announced) or any(map(_LISTING.search, lines)):
        original = [text for text, kind in announced if kind]
        return original[0] if original else max(free, key=len, default="")
    return "\n".join(free)


def _number(text: str | None) -> int | None:
    found = re.match(r"\D{0,3}(\d{1,9}(?:[,\u202f]\d{3})*)\b", text or "")
    return int(re.sub(r"\D", "", found[1])) if found else None


def find_picture(markup: str) -> str | None:
    """The first picture's address; counting pixels are none."""
    for tag in _IMAGE.findall(markup[:_RAW_LIMIT]):
        values = {
            m[1].lower(): unescape(m[2] or m[3] or m[4] or "") for m in _ATTRIBUTE.finditer(tag)
        }
        if values.get("width") in ("0", "1") or values.get("height") in ("0", "1"):
            continue
        if url := clean_url(values.get("src")):
            return url
    return None
