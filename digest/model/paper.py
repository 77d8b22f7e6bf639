"""One research paper with everything its sources say of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


def require_aware(moment: datetime | None, name: str) -> None:
    """Raise where a naive time is made, not where it is compared months later."""
    if moment is not None and moment.tzinfo is None:
        raise ValueError(f"{name} needs a time zone: {moment!r}")


@dataclass(frozen=True, slots=True, order=True)
class PaperId:
    """One identity of a paper, written `scheme:value`.

    Schemes, strongest first: `arxiv` (never with a version), `doi` (lower case), `openreview`,
    `hf` (a Hugging Face paper that is not on arXiv), `pmid`, `url`, `title` (a hash of the
    normalised title with the first author).
    """

    scheme: str
    value: str

    def __post_init__(self) -> None:
        if not self.scheme.isalpha() or not self.value or self.value != self.value.strip():
            raise ValueError(f"not a paper id: {self.scheme}:{self.value}")

    @classmethod
    def parse(cls, text: str) -> PaperId:
        scheme, _, value = text.partition(":")
        return cls(scheme, value)

    def __str__(self) -> str:
        return f"{self.scheme}:{self.value}"


class Mark(StrEnum):
    """A small sign beside a paper's title."""

    NEW = "new"
    CROSS = "cross-list"
    UPDATED = "updated"
    TRENDING = "now trending"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Why a paper stands where it does: `total` is the sum of the `parts`' values."""

    total: float
    parts: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """Why a paper is in its theme, with the runner-up.

    `by` is `rule` (the config's), `taxonomy` (a theme the program knows), `discovered` or `other`.
    """

    theme: str
    by: str
    words: tuple[str, ...] = ()
    second: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """A paper as plain text: no field holds markup, TeX or control characters.

    `ids` holds every identity known, strongest first, never empty; `ids[0]` names it.
    Unknown is None, which is not zero: a source without votes says None.
    `published` is the day of the first version, `announced` the day the source put it on its
    list (arXiv's announcement, Hugging Face's list day). `fetched_at` dates the signals
    (votes, comments, stars). `summary` is what a letter prints, chosen when the edition was
    composed; "" leaves it to the rendering. `summary_by` says how it was made: `lead`, `extract`,
    `source` or `llm`, and in brackets why it is not what was asked for.
    """

    ids: tuple[PaperId, ...]
    title: str
    abstract: str = ""
    authors: tuple[str, ...] = ()
    url: str | None = None
    pdf_url: str | None = None
    code_url: str | None = None
    project_url: str | None = None
    discussion_url: str | None = None
    thumbnail: str | None = None
    published: date | None = None
    announced: date | None = None
    version: int | None = None
    announce_type: str | None = None
    categories: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    venue: str | None = None
    comment: str | None = None
    organization: str | None = None
    submitter: str | None = None
    source_summary: str | None = None
    summary: str = ""
    summary_by: str = ""
    votes: int | None = None
    comments: int | None = None
    stars: int | None = None
    withdrawn: bool = False
    sources: tuple[str, ...] = ()
    source_id: str | None = None
    fetched_at: datetime | None = None
    marks: tuple[Mark, ...] = ()
    first_sent: date | None = None
    score: Score | None = None
    placement: Placement | None = None

    def __post_init__(self) -> None:
        if not self.ids:
            raise ValueError("a paper needs an id")
        if not self.title.strip():
            raise ValueError(f"{self.ids[0]} has no title")
        require_aware(self.fetched_at, "Paper.fetched_at")

    @property
    def id(self) -> PaperId:
        return self.ids[0]
