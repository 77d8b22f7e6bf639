"""Fresh, quiet, stale, partial or down: decided from the facts of an answer."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, timedelta

import pytest

from digest.model import Verdict
from digest.sources.arxiv_calendar import (
    holidays,
    is_announcement_day,
    submission_window,
    why_no_batch,
)
from digest.sources.verdict import judge_arxiv, judge_arxiv_api, judge_feed, judge_huggingface

MONDAY, TUESDAY = date(2026, 11, 23), date(2026, 11, 24)
SATURDAY, THANKSGIVING = date(2026, 11, 28), date(2026, 11, 26)
DAY = timedelta(days=1)


def arxiv(day: date, batch: date | None, entries: int = 9, **facts):
    facts = {"taken": entries, "repeated": False} | facts
    return judge_arxiv(day=day, batch=batch, entries=entries, **facts)


@pytest.mark.parametrize(
    ("judged", "verdict", "words"),
    [
        (arxiv(MONDAY, MONDAY), Verdict.FRESH, "the batch of 2026-11-23, 9 papers"),
        (arxiv(TUESDAY, MONDAY), Verdict.STALE, "still shows the batch of 2026-11-23"),
        (arxiv(MONDAY, None, 0), Verdict.STALE, "the feed is empty, although"),
        (arxiv(SATURDAY, None, 0), Verdict.QUIET, "a Saturday"),
        (arxiv(SATURDAY, SATURDAY - DAY), Verdict.QUIET, "the last batch is that of 2026-11-27"),
        (arxiv(THANKSGIVING, None, 0), Verdict.QUIET, "an arXiv holiday"),
        (arxiv(MONDAY, MONDAY, repeated=True), Verdict.STALE, "previous edition"),
        (arxiv(MONDAY, None, repeated=True), Verdict.STALE, "previous edition"),
        (arxiv(MONDAY, TUESDAY), Verdict.STALE, "after 2026-11-23"),
        (arxiv(MONDAY, MONDAY, taken=0), Verdict.QUIET, "none of them new, cross"),
        (arxiv(MONDAY, MONDAY, broken="cut"), Verdict.PARTIAL, "cut; 9 entries could be read"),
        (arxiv(MONDAY, MONDAY, skipped=2), Verdict.PARTIAL, "2 entries could not be read"),
        (arxiv(MONDAY, None, 1, taken=0, skipped=1), Verdict.DOWN, "none of its 1 entry could"),
    ],
)
def test_arxivs_batch_is_judged_by_its_day_and_the_calendar(judged, verdict, words) -> None:
    assert judged.verdict is verdict
    assert words in judged.reason


def api(day: date, **facts):
    facts = {"entries": 5, "taken": 5, "total": 5, "limit": 500, "skipped": 0, "broken": ""} | facts
    return judge_arxiv_api(day=day, **facts)


@pytest.mark.parametrize(
    ("judged", "verdict"),
    [
        (api(MONDAY), Verdict.FRESH),
        (api(MONDAY, entries=100, taken=100, total=900, limit=100), Verdict.FRESH),
        (api(MONDAY, total=9), Verdict.PARTIAL),
        (api(MONDAY, entries=0, taken=0, total=0), Verdict.STALE),
        (api(MONDAY, entries=0, taken=0, total=7), Verdict.STALE),
        (api(SATURDAY, entries=0, taken=0, total=None), Verdict.QUIET),
    ],
)
def test_the_apis_answer_is_judged_against_its_own_total(judged, verdict) -> None:
    assert judged.verdict is verdict


def hf(day: date, on_day: int, others: int = 0, **facts):
    facts = {"listed": MONDAY - 3 * DAY, "taken": on_day, "repeated": False, "skipped": 0} | facts
    return judge_huggingface(day=day, on_day=on_day, others=others, **facts)


@pytest.mark.parametrize(
    ("judged", "verdict", "words"),
    [
        (hf(MONDAY, 30), Verdict.FRESH, "the list of 2026-11-23, 30 papers"),
        (hf(MONDAY, 0), Verdict.STALE, "nothing is listed for 2026-11-23 yet"),
        (hf(SATURDAY, 0), Verdict.QUIET, "a Saturday"),
        (hf(MONDAY, 0, 12), Verdict.STALE, "still shows the list of 2026-11-20"),
        (hf(MONDAY - 7 * DAY, 0, 12), Verdict.STALE, "shows the list of 2026-11-20, not that of"),
        (hf(SATURDAY, 0, 12), Verdict.QUIET, "the last list is that of 2026-11-20"),
        (hf(MONDAY, 30, skipped=1), Verdict.PARTIAL, "1 entry could not be read"),
        (hf(MONDAY, 0, skipped=4), Verdict.DOWN, "4 items"),
        (hf(MONDAY, 30, repeated=True), Verdict.STALE, "previous edition"),
    ],
)
def test_hugging_faces_list_is_judged_by_its_list_day(judged, verdict, words) -> None:
    assert judged.verdict is verdict
    assert words in judged.reason
    assert ("still shows" in judged.reason) == ("still shows" in words)


def feed(**facts):
    facts = {
        "entries": 5, "taken": 5, "repeated": False, "skipped": 0, "too_old": 0, "batch": MONDAY,
    } | facts  # fmt: skip
    return judge_feed(**facts)


@pytest.mark.parametrize(
    ("judged", "verdict"),
    [
        (feed(), Verdict.FRESH),
        (feed(entries=0, taken=0), Verdict.QUIET),
        (feed(repeated=True), Verdict.QUIET),
        (feed(taken=0, too_old=5, max_age_days=7), Verdict.QUIET),
        (feed(broken="its XML breaks off"), Verdict.PARTIAL),
        (feed(taken=0, skipped=5), Verdict.DOWN),
        (feed(skipped=1), Verdict.FRESH),
    ],
)
def test_a_feed_is_judged_by_what_is_new_in_it(judged, verdict) -> None:
    assert judged.verdict is verdict


@pytest.mark.parametrize(
    ("day", "first", "last"),
    [  # arXiv's table, in UTC; Eastern is UTC-5 in November
        (MONDAY, datetime(2026, 11, 19, 19), datetime(2026, 11, 20, 18, 59)),
        (TUESDAY, datetime(2026, 11, 20, 19), datetime(2026, 11, 23, 18, 59)),
        (date(2026, 11, 25), datetime(2026, 11, 23, 19), datetime(2026, 11, 24, 18, 59)),
        (date(2026, 7, 9), datetime(2026, 7, 7, 18), datetime(2026, 7, 8, 17, 59)),
    ],
)
def test_a_batch_holds_the_submissions_that_arxivs_table_says(day, first, last) -> None:
    assert submission_window(day) == (first.replace(tzinfo=UTC), last.replace(tzinfo=UTC))


@pytest.mark.parametrize("year", [2025, 2026, 2027, 2030])
def test_every_minute_belongs_to_exactly_one_batch(year: int) -> None:
    days = [date(year, 1, 5) + n * DAY for n in range(355)]
    windows = [submission_window(day) for day in days if is_announcement_day(day)]
    for (_, last), (first, _) in itertools.pairwise(windows):
        assert first - last == timedelta(minutes=1)


def test_a_weekend_has_no_window() -> None:
    with pytest.raises(ValueError, match="weekend"):
        submission_window(SATURDAY)


def test_holidays_are_listed_or_follow_the_rule() -> None:
    assert date(2026, 12, 29) in holidays(2026)
    assert date(2023, 11, 23) in holidays(2023)  # Thanksgiving, by the rule
    assert date(2023, 1, 16) in holidays(2023)
    assert why_no_batch(MONDAY) is None
    assert why_no_batch(THANKSGIVING + DAY) == "the day after an arXiv holiday"
