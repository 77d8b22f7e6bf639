"""Days as files and feeds write them."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from typing import Any

_ISO = re.compile(r"(\d{4})([-/.])(\d{1,2})(?:\2(\d{1,2}))?(?!\d)/?")
_TIMED = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d")
_COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WORDS = re.compile(
    r"(?:(\d{1,2})\.?\s+)?([A-Za-z]{3})[a-z]*\.?,?\s+(?:(\d{1,2})(?:st|nd|rd|th)?,?\s+)?(\d{4})"
)


def parse_day(value: Any) -> date | None:
    """The day of a date, time stamp, year or epoch; None for anything else.

    A moment counts in UTC; a month or year alone means its first day.

    >>> parse_day("2026-6-30"), parse_day("Mar 12, 2026"), parse_day("soon")
    (datetime.date(2026, 6, 30), datetime.date(2026, 3, 12), None)
    """
    try:
        if isinstance(value, datetime):
            return value.astimezone(UTC).date() if value.tzinfo else value.date()
        if isinstance(value, date):
            return value
        if isinstance(value, int | float) and not isinstance(value, bool):
            return _from_number(value)
        return _from_text(value.strip()[:100]) if isinstance(value, str) else None
    except (ValueError, OverflowError, OSError, TypeError, IndexError):
        return None


def _from_number(value: float) -> date | None:
    if 1000 <= value <= 2999:
        return date(int(value), 1, 1)
    if 1e11 < abs(value) < 1e14:  # milliseconds
        value /= 1000
    return datetime.fromtimestamp(value, UTC).date() if 1e8 < abs(value) < 1e11 else None


def _from_text(text: str) -> date | None:
    if _TIMED.match(text):
        try:
            return parse_day(datetime.fromisoformat(text))
        except ValueError:
            text = text[:10]
    if found := _ISO.match(text):
        return date(int(found[1]), int(found[3]), int(found[4] or 1))
    if found := _COMPACT.fullmatch(text):
        return date(int(found[1]), int(found[2]), int(found[3]))
    if re.fullmatch(r"\d+(?:\.\d+)?", text, re.ASCII):
        return _from_number(float(text))
    if (found := _WORDS.match(text)) and found[2].lower() in _MONTHS:
        month = _MONTHS.index(found[2].lower()) + 1
        return date(int(found[4]), month, int(found[1] or found[3] or 1))
    if re.fullmatch(r"\d{4}\D.*", text):  # RIS: 2024///Spring
        return date(int(text[:4]), 1, 1)
    return parse_day(parsedate_to_datetime(text))
