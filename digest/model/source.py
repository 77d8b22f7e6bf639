"""What a source says of itself beside its papers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from digest.model.paper import require_aware


class Verdict(StrEnum):
    """What a source's answer is worth today.

    fresh: today's papers. quiet: rightly nothing new (weekend, holiday, no new entry).
    stale: an older batch although a new one is due. partial: today's, but not all of it.
    down: no answer that can be used.
    """

    FRESH = "fresh"
    QUIET = "quiet"
    STALE = "stale"
    PARTIAL = "partial"
    DOWN = "down"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceReport:
    """One source's verdict with the reason in words, as the edition keeps it.

    `papers` counts what the source gave; `batch` is the day its papers are dated.
    """

    source: str
    kind: str
    verdict: Verdict
    papers: int
    reason: str
    batch: date | None = None
    url: str | None = None
    required: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredReply:
    """A kept HTTP answer, for conditional requests (RFC 9110 §13)."""

    url: str
    body: bytes
    content_type: str
    fetched_at: datetime
    etag: str | None = None
    last_modified: str | None = None

    def __post_init__(self) -> None:
        require_aware(self.fetched_at, "StoredReply.fetched_at")
