"""What arXiv's feeds and its API say alike of a paper."""

from __future__ import annotations

import re

from digest.model import Mark, PaperId
from digest.sources.ids import doi
from digest.sources.text import title_id

_PREFIX = re.compile(
    r"\s*arXiv:(?P<id>\S+?)\s+Announce\s+Type:\s*(?P<type>[\w-]+)\s*(?:Abstract:\s*)?",
    re.IGNORECASE,
)
_WITHDRAWN = re.compile(
    r"\b(?:this|the)\s+(?:paper|article|submission|manuscript|preprint|work|version)\s+"
    r"(?:has|have|is|was)\s+(?:been\s+)?(?:temporarily\s+)?withdrawn\b"
    r"|\A\W*(?:paper\s+)?withdrawn\b|\bwithdrawn\s+by\s+(?:the\s+)?(?:authors?|arxiv)\b",
    re.IGNORECASE,
)

ABSTRACT_PAGE = "https://arxiv.org/abs/"
PDF = "https://arxiv.org/pdf/"


def strip_announcement(text: str) -> tuple[str, str | None]:
    """The abstract without `arXiv:… Announce Type: … Abstract:`, and the announce type."""
    found = _PREFIX.match(text)
    return (text[found.end() :], found["type"].lower()) if found else (text, None)


def says_withdrawn(*texts: str) -> bool:
    """Whether a comment or abstract says that the paper was withdrawn."""
    return any(_WITHDRAWN.search(text[:600]) for text in texts)


def marks_of(announce_type: str | None, *, withdrawn: bool) -> tuple[Mark, ...]:
    """The signs that arXiv's announcement puts beside a title."""
    marks = []
    if announce_type in ("cross", "replace-cross"):
        marks.append(Mark.CROSS)
    if announce_type in ("replace", "replace-cross"):
        marks.append(Mark.UPDATED)
    if withdrawn:
        marks.append(Mark.WITHDRAWN)
    return tuple(marks)


def identities(
    paper_id: PaperId, title: str, authors: tuple[str, ...], *dois: str | None
) -> tuple[PaperId, ...]:
    """Every name of an arXiv paper, strongest first, the title's last."""
    return (*with_doi(paper_id, *dois), title_id(title, authors[0] if authors else ""))


def with_doi(paper_id: PaperId, *texts: str | None) -> tuple[PaperId, ...]:
    """The arXiv id, then the journal's DOI where one is told (several may stand in one field)."""
    found = dict.fromkeys([paper_id])
    for text in texts:
        for part in re.split(r"[\s,;]+", text or ""):
            if part and (known := doi(part)) is not None:
                found.setdefault(known)
    return tuple(found)
