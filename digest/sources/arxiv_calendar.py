"""On which days arXiv announces papers, and which submissions those are.

Announcements are made at 20:00 US Eastern from Sunday to Thursday; the feeds turn over at the
midnight that follows, so feeds have batches dated Monday to Friday
(https://info.arxiv.org/help/availability.html). `day` below is always such a feed day.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

EASTERN = ZoneInfo("America/New_York")
_CUTOFF = time(14)

_LISTED = {
    2026: ("01-01", "01-19", "06-19", "07-03", "09-07", "11-26", "12-25", "12-29", "12-31"),
}


def eastern_day(now: datetime) -> date:
    """The date in New York at a moment."""
    return now.astimezone(EASTERN).date()


@cache
def holidays(year: int) -> frozenset[date]:
    """arXiv's holidays: as listed where the list is known, else those it keeps every year."""
    if year in _LISTED:
        return frozenset(date.fromisoformat(f"{year}-{day}") for day in _LISTED[year])
    return frozenset(
        {
            _observed(date(year, 1, 1)),
            _nth_weekday(year, 1, 0, 3),  # Martin Luther King Day
            _observed(date(year, 6, 19)),  # Juneteenth
            _observed(date(year, 7, 4)),
            _nth_weekday(year, 9, 0, 1),  # Labor Day
            _nth_weekday(year, 11, 3, 4),  # Thanksgiving
            _observed(date(year, 12, 25)),
        }
    )


def _observed(day: date) -> date:
    """A holiday on a weekend is kept on the nearest weekday."""
    return day + timedelta(days={5: -1, 6: 1}.get(day.weekday(), 0))


def _nth_weekday(year: int, month: int, weekday: int, nth: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (nth - 1))


def why_no_batch(day: date) -> str | None:
    """Why `day` may rightly have no batch: `a Saturday`, `an arXiv holiday`; None on other days.

    A deferred mailing of a holiday's evening leaves the feed of the *next* morning empty, and
    arXiv's list does not say which of the two it means: both are excused.
    """
    if day.weekday() >= 5:
        return f"a {day:%A}"
    if day in holidays(day.year):
        return "an arXiv holiday"
    before = day - timedelta(days=1)
    if before.weekday() < 5 and before in holidays(before.year):
        return "the day after an arXiv holiday"
    return None


def is_announcement_day(day: date) -> bool:
    """Whether a batch dated `day` is expected by the calendar."""
    return day.weekday() < 5 and day not in holidays(day.year)


def submission_window(day: date) -> tuple[datetime, datetime]:
    """First and last minute (UTC) of the submissions that the batch of `day` holds.

    Tuesday's batch: Friday 14:00 to Monday 14:00 US Eastern. After days without an announcement
    the window begins where the batch before them ended. Papers held by moderators are not in it.

    Raises:
        ValueError: `day` has no batch.
    """
    if day.weekday() >= 5:
        raise ValueError(f"{day} is a weekend day, when arXiv announces nothing")
    before = day - timedelta(days=1)
    while not is_announcement_day(before):
        before -= timedelta(days=1)
    return _cutoff(before), _cutoff(day) - timedelta(minutes=1)


def _cutoff(day: date) -> datetime:
    """14:00 US Eastern on the last weekday before `day`."""
    last = day - timedelta(days=1)
    while last.weekday() >= 5:
        last -= timedelta(days=1)
    return datetime.combine(last, _CUTOFF, EASTERN).astimezone(UTC)
