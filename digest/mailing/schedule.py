"""When a reader is due for an edition."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from digest.model import Frequency, Subscriber

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SATURDAY = 5


def plan_due(
    subscriber: Subscriber, *, weekly: bool, day: date, timezone: str, weekly_on: str
) -> datetime | None:
    """The moment (UTC) from which the reader's letter of `day` may leave; None: she gets none.

    `timezone` is the newsletter's. For a weekly edition `day` is any day of its ISO week, and
    the letter is due on that week's `weekly_on` ("friday"). A reader with `send_at` is due at
    that time in her own zone, any other as soon as the day begins where the newsletter lives.
    A moment that lies before the edition exists means "at once".

    Raises:
        zoneinfo.ZoneInfoNotFoundError: no such zone; lists and config are checked before.
        ValueError: `weekly_on` is no weekday's name.
    """
    if not _reads(subscriber.frequency, weekly=weekly, day=day):
        return None
    if weekly:
        day = weekly_day(day, weekly_on)
    if subscriber.paused_until is not None and day < subscriber.paused_until:
        return None
    if subscriber.send_at is None:
        return moment_of(day, time(0), timezone)
    return moment_of(day, subscriber.send_at, subscriber.timezone or timezone)


def weekly_day(day: date, weekly_on: str) -> date:
    """The day named `weekly_on` ("friday") in the ISO week of `day`."""
    return day + timedelta(days=_WEEKDAYS.index(weekly_on) - day.weekday())


def _reads(frequency: Frequency, *, weekly: bool, day: date) -> bool:
    if weekly:
        return frequency is Frequency.WEEKLY
    if frequency is Frequency.WEEKDAYS:
        return day.weekday() < _SATURDAY
    return frequency is Frequency.DAILY


@lru_cache(maxsize=8192)
def moment_of(day: date, at: time, zone_name: str) -> datetime:
    """A local time as UTC, for every day of every zone exactly one.

    A time that clocks show twice is the first of the two; one that they skip is the first
    moment after the gap (PEP 495 calls these fold and gap).
    """
    zone = ZoneInfo(zone_name)
    local = datetime.combine(day, at.replace(tzinfo=None))
    moment = local.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) == local:
        return moment
    before = local.replace(tzinfo=zone, fold=1).astimezone(UTC)
    return _first_after(local, before, moment, zone)


def _first_after(local: datetime, low: datetime, high: datetime, zone: ZoneInfo) -> datetime:
    """The first whole second in (low, high] at which clocks show more than `local`."""
    while high - low > timedelta(seconds=1):
        middle = low + timedelta(seconds=(high - low) // timedelta(seconds=2))
        if middle.astimezone(zone).replace(tzinfo=None) > local:
            high = middle
        else:
            low = middle
    return high
