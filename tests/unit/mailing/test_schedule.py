"""When a reader is due."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.mailing.schedule import moment_of, plan_due
from digest.model import EmailAddress, Frequency, Subscriber

MONDAY, SATURDAY, SUNDAY = date(2026, 11, 23), date(2026, 11, 28), date(2026, 11, 29)
ZONES = sorted(available_timezones() - {"localtime", "Factory"})


def due(
    day: date = MONDAY, *, weekly: bool = False, zone: str = "Europe/Paris", **row: object
) -> datetime | None:
    who = Subscriber(address=EmailAddress.parse("ada@example.org"), **row)  # type: ignore[arg-type]
    return plan_due(who, weekly=weekly, day=day, timezone=zone, weekly_on="friday")


@pytest.mark.parametrize(
    ("frequency", "day", "weekly", "gets"),
    [
        (Frequency.DAILY, MONDAY, False, True),
        (Frequency.DAILY, SUNDAY, False, True),
        (Frequency.DAILY, MONDAY, True, False),
        (Frequency.WEEKDAYS, MONDAY, False, True),
        (Frequency.WEEKDAYS, SATURDAY, False, False),
        (Frequency.WEEKDAYS, SUNDAY, False, False),
        (Frequency.WEEKDAYS, MONDAY, True, False),
        (Frequency.WEEKLY, MONDAY, False, False),
        (Frequency.WEEKLY, MONDAY, True, True),
        (Frequency.PAUSED, MONDAY, False, False),
        (Frequency.PAUSED, MONDAY, True, False),
    ],
)
def test_frequency_says_which_editions_are_hers(
    frequency: Frequency, day: date, weekly: bool, gets: bool
) -> None:
    assert (due(day, weekly=weekly, frequency=frequency) is not None) is gets


def test_without_send_at_she_is_due_when_the_newsletters_day_begins() -> None:
    assert due(timezone="Asia/Tokyo") == datetime(2026, 11, 22, 23, tzinfo=UTC)


def test_send_at_is_local_to_her_zone_or_else_the_newsletters() -> None:
    assert due(send_at=time(7)) == datetime(2026, 11, 23, 6, tzinfo=UTC)
    assert due(send_at=time(7), timezone="Asia/Tokyo") == datetime(2026, 11, 22, 22, tzinfo=UTC)
    assert due(send_at=time(7), timezone="America/Los_Angeles") == datetime(
        2026, 11, 23, 15, tzinfo=UTC
    )


@pytest.mark.parametrize("day", [MONDAY, date(2026, 11, 27), SUNDAY])
def test_a_weekly_letter_is_due_on_its_weekday_whichever_day_names_the_week(day: date) -> None:
    assert due(day, weekly=True, frequency=Frequency.WEEKLY) == datetime(
        2026, 11, 26, 23, tzinfo=UTC
    )


def test_a_time_that_clocks_skip_is_the_first_moment_after_the_gap() -> None:
    assert moment_of(date(2026, 3, 29), time(2, 30), "Europe/Paris") == datetime(
        2026, 3, 29, 1, tzinfo=UTC
    )
    assert moment_of(date(2018, 11, 4), time(0), "America/Sao_Paulo") == datetime(
        2018, 11, 4, 3, tzinfo=UTC
    )
    # Samoa had no 30 December 2011.
    assert moment_of(date(2011, 12, 30), time(9), "Pacific/Apia") == datetime(
        2011, 12, 30, 10, tzinfo=UTC
    )


def test_a_time_that_clocks_show_twice_is_the_first() -> None:
    assert moment_of(date(2026, 10, 25), time(2, 30), "Europe/Paris") == datetime(
        2026, 10, 25, 0, 30, tzinfo=UTC
    )


MINUTES = st.integers(0, 1439).map(lambda n: time(n // 60, n % 60))


@given(st.sampled_from(ZONES), st.dates(date(1980, 1, 1), date(2080, 1, 1)), MINUTES)
def test_in_any_zone_the_clock_reaches_the_time_at_that_moment_and_not_before(
    zone: str, day: date, at: time
) -> None:
    wanted, moment = datetime.combine(day, at), moment_of(day, at, zone)
    here = ZoneInfo(zone)
    shown = moment.astimezone(here).replace(tzinfo=None)
    before = (moment - timedelta(seconds=1)).astimezone(here).replace(tzinfo=None)
    assert before < wanted <= shown
    assert moment.utcoffset() == timedelta(0)


@pytest.mark.parametrize("year", [2024, 2026])
def test_each_day_has_one_due_time_in_rising_order_in_every_zone(year: int) -> None:
    """All zones, the days around their changes of offset, at the hours where clocks move."""
    for zone in ZONES:
        here, day = ZoneInfo(zone), date(year, 1, 1)
        offsets = [datetime(year, 1, 1, 12, tzinfo=here).utcoffset()]
        for _ in range(365):
            day += timedelta(days=1)
            offsets.append(datetime.combine(day, time(12), here).utcoffset())
            if offsets[-1] == offsets[-2]:
                continue
            around = [day + timedelta(days=n) for n in (-2, -1, 0, 1)]
            for at in (time(0), time(0, 30), time(1, 30), time(2), time(2, 30), time(3)):
                moments = [moment_of(d, at, zone) for d in around]
                gaps = [b - a for a, b in pairwise(moments)]
                assert all(timedelta(hours=22) <= gap <= timedelta(hours=26) for gap in gaps), zone
