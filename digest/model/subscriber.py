"""A reader, as her list describes her."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time
from enum import StrEnum

from digest.model.address import EmailAddress


class Frequency(StrEnum):
    DAILY = "daily"
    WEEKDAYS = "weekdays"
    WEEKLY = "weekly"
    PAUSED = "paused"


class Format(StrEnum):
    HTML = "html"
    TEXT = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriber:
    """One address with its choices.

    `themes` and `keywords` both empty means everything. `send_at` is local to `timezone` (an
    IANA name; None = the newsletter's). `file` and `line` say where the row stands.
    """

    address: EmailAddress
    name: str = ""
    themes: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    frequency: Frequency = Frequency.DAILY
    timezone: str | None = None
    send_at: time | None = None
    max_papers: int | None = None
    format: Format = Format.HTML
    tags: tuple[str, ...] = ()
    file: str = ""
    line: int = 0
