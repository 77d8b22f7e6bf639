"""Plain-text rules: dates and counts."""

from __future__ import annotations

from datetime import date

import pytest

from digest.model import EditionKey, Mark
from digest.rendering.language import speak
from digest.rendering.words import long_day, mark_words, short_day

ENGLISH = speak("en")


@pytest.mark.parametrize(
    ("key", "day", "long", "short"),
    [
        ("2026-11-23", date(2026, 11, 23), "Monday, 23 November 2026", "23 Nov"),
        ("2027-01-01", date(2027, 1, 1), "Friday, 1 January 2027", "1 Jan"),
        ("2026-W48", date(2026, 11, 27), "Week 48: 23–29 November 2026", "week 48"),
        (
            "2026-W40",
            date(2026, 10, 2),
            "Week 40: 28 September\u2009–\u20094 October 2026",
            "week 40",
        ),
        (
            "2026-W53",
            date(2027, 1, 1),
            "Week 53: 28 December 2026\u2009–\u20093 January 2027",
            "week 53",
        ),
    ],
)
def test_dates_are_written_out(key: str, day: date, long: str, short: str) -> None:
    assert long_day(EditionKey(key), day, ENGLISH) == long
    assert short_day(EditionKey(key), day, ENGLISH) == short


def test_a_mark_says_when_the_paper_was_first_sent_where_that_is_the_news() -> None:
    day = date(2026, 11, 21)
    assert mark_words(Mark.TRENDING, day, ENGLISH) == "now trending, first sent 21 November 2026"
    assert mark_words(Mark.WITHDRAWN, day, ENGLISH) == "withdrawn, first sent 21 November 2026"
    assert mark_words(Mark.TRENDING, None, ENGLISH) == "now trending"
    assert mark_words(Mark.NEW, day, ENGLISH) == "new"
    assert mark_words(Mark.WITHDRAWN, day, ENGLISH).kind == "withdrawn"
