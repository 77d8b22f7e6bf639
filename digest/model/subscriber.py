"""A reader, as her list describes her."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time
from enum import StrEnum

from digest.model.address import EmailAddress

#: Until then a reader is paused who named no day.
FURTHER_NOTICE = date.max


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

    `themes`, `keywords` and `interests` all empty means everything. `send_at` is local to
    `timezone` (an IANA name; None = the newsletter's). `file` and `line` say where the row stands.

    An interest is the id of a paper that she likes, or the path of a file of such papers, against
    the list's folder. Any path will do, since whoever edits a list may read the owner's files; a
    page on which readers choose for themselves must never write one.

    No letter of an edition dated before `paused_until` is hers; `FURTHER_NOTICE` never comes.
    `templates` is the look of her list in dailies, `weekly_templates` in weekly editions; "" is
    the newsletter's.
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
    interests: tuple[str, ...] = ()
    paused_until: date | None = None
    templates: str = ""
    weekly_templates: str = ""
    file: str = ""
    line: int = 0

    def is_paused(self, day: date) -> bool:
        """Whether no letter of `day` is hers, whatever she chose."""
        until = self.paused_until
        return self.frequency is Frequency.PAUSED or (until is not None and day < until)
