"""One dated digest: sections of papers, with what the sources said."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Self

from digest.model.paper import Paper, PaperId, require_aware
from digest.model.source import SourceReport


@dataclass(frozen=True, slots=True, order=True)
class EditionKey:
    """The name of an edition: `2026-11-23` for a day, `2026-W48` for an ISO week."""

    text: str

    def __post_init__(self) -> None:
        self.day()

    @classmethod
    def daily(cls, day: date) -> Self:
        return cls(day.isoformat())

    @classmethod
    def weekly(cls, day: date) -> Self:
        """The ISO week that holds `day`."""
        year, week, _ = day.isocalendar()
        return cls(f"{year}-W{week:02d}")

    @property
    def is_weekly(self) -> bool:
        return "W" in self.text

    def day(self) -> date:
        """The day itself, or the Monday of the week.

        Raises:
            ValueError: the text is neither a date nor an ISO week.
        """
        if match := re.fullmatch(r"(\d{4})-W(\d\d)", self.text):
            return date.fromisocalendar(int(match[1]), int(match[2]), 1)
        if not re.fullmatch(r"\d{4}-\d\d-\d\d", self.text):
            raise ValueError(f"{self.text!r} is neither YYYY-MM-DD nor YYYY-Www")
        return date.fromisoformat(self.text)

    def days(self) -> tuple[date, ...]:
        """Every day that the edition covers, first to last."""
        first = self.day()
        return tuple(first + timedelta(days=n) for n in range(7 if self.is_weekly else 1))

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A theme's papers, best first. Never empty."""

    theme: str
    papers: tuple[Paper, ...]
    subtitle: str = ""

    def __post_init__(self) -> None:
        if not self.papers:
            raise ValueError(f"section {self.theme!r} is empty")


@dataclass(frozen=True, slots=True, kw_only=True)
class DayCount:
    """What a day brought to a weekly edition: each paper counts on the first day that had it.

    `votes` is what these papers have together, as far as it is known.
    """

    date: date
    papers: int
    votes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """A digest as it was composed; it never changes afterwards.

    Every paper is in exactly one section. `date` is the day that the reader sees on it.
    `left_out` counts papers that `max_papers` cut, `repeated` those mailed before, `withdrawn`
    those that their authors took back and no reader hears of. `lead` names the papers that come
    first in a letter, best first; each stands in its section as well. `days` counts what the days
    of a week brought, also what was left out; a daily edition has none.
    """

    key: EditionKey
    date: date
    created_at: datetime
    sections: tuple[Section, ...]
    verdicts: tuple[SourceReport, ...] = ()
    template_set: str = "daily"
    rank: str = "trending"
    left_out: int = 0
    repeated: int = 0
    withdrawn: int = 0
    lead: tuple[PaperId, ...] = ()
    days: tuple[DayCount, ...] = ()

    def __post_init__(self) -> None:
        require_aware(self.created_at, "Edition.created_at")
        ids = [paper.id for paper in self.papers]
        if len(ids) != len(set(ids)):
            raise ValueError(f"edition {self.key} lists a paper twice")
        if len(self.lead) != len(set(self.lead)) or not set(self.lead) <= set(ids):
            raise ValueError(f"edition {self.key} leads with a paper twice, or with a stranger")

    @property
    def papers(self) -> tuple[Paper, ...]:
        return tuple(paper for section in self.sections for paper in section.papers)
