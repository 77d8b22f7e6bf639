"""Plain-text rules: dates, counted phrases."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from digest.model import Edition, EditionKey, Mark

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July",
    "August", "September", "October", "November", "December",
)  # fmt: skip
_RIGHT_TO_LEFT = frozenset({"ar", "ckb", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"})


def count_words(number: int, one: str, many: str) -> str:
    """`no papers`, `1 paper`, `1,200 papers`."""
    if number == 0:
        return f"no {many}"
    return f"1 {one}" if number == 1 else f"{number:,} {many}"


def phrases_of(edition: Edition) -> Mapping[str, tuple[str, ...]]:
    """Each counted segment field's words for 0, 1, 2 ... of its things."""
    papers, themes = len(edition.papers), len(edition.sections)
    largest = max((len(section.papers) for section in edition.sections), default=0)
    return {
        "papers": tuple(count_words(n, "paper", "papers") for n in range(papers + 1)),
        "themes": tuple(count_words(n, "theme", "themes") for n in range(themes + 1)),
        "section_papers": tuple(count_words(n, "paper", "papers") for n in range(largest + 1)),
        "more": tuple(count_words(n, "more paper", "more papers") for n in range(papers + 1)),
    }


def long_day(key: EditionKey, day: date) -> str:
    """`Monday, 23 November 2026`, or the week: `Week 48: 23-29 November 2026` (en dash)."""
    if not key.is_weekly:
        return f"{_DAYS[day.weekday()]}, {day.day} {_MONTHS[day.month - 1]} {day.year}"
    first = key.day()
    last = first + timedelta(days=6)
    start = str(first.day)
    if first.month != last.month:
        start += f" {_MONTHS[first.month - 1]}"
    if first.year != last.year:
        start += f" {first.year}"
    week = int(key.text.partition("W")[2])
    return f"Week {week}: {start}–{last.day} {_MONTHS[last.month - 1]} {last.year}"


def short_day(key: EditionKey, day: date) -> str:
    """`23 Nov`, or `week 48`."""
    if key.is_weekly:
        return f"week {int(key.text.partition('W')[2])}"
    return f"{day.day} {_MONTHS[day.month - 1][:3]}"


def weekday_words(day: date) -> str:
    """`Mon 23`: a day of a week that is known."""
    return f"{_DAYS[day.weekday()][:3]} {day.day}"


def mark_words(mark: Mark, first_sent: date | None) -> str:
    """`new`, or with the day: `now trending, first sent 21 November 2026`."""
    if first_sent is None or mark not in (Mark.TRENDING, Mark.WITHDRAWN):
        return mark.value
    day = f"{first_sent.day} {_MONTHS[first_sent.month - 1]} {first_sent.year}"
    return f"{mark.value}, first sent {day}"


def direction_of(language: str) -> str:
    """`rtl` for a language that is written from right to left, else `ltr`."""
    return "rtl" if language.split("-")[0].lower() in _RIGHT_TO_LEFT else "ltr"
