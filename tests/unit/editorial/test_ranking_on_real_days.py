"""The order at first sight tells which papers have most votes in the end, on 241 real days."""

from __future__ import annotations

from functools import cache

from tests.bench.ranking import (
    Day,
    Quality,
    counted_again,
    days,
    newest,
    precision,
    quality,
    spearman,
    trending,
    trending_without_list_day,
    two_ages,
    votes_only,
)


@cache
def real_days() -> tuple[Day, ...]:
    return tuple(days())


def at_least_as_good(ours: Quality, theirs: Quality) -> bool:
    return ours.precision >= theirs.precision and ours.correlation >= theirs.correlation - 1e-9


def test_trending_is_never_worse_than_the_votes_alone() -> None:
    """Neither on all days, nor on those whose votes went on, with or without the list's day."""
    again = [day for day in real_days() if counted_again(day)]
    assert (len(real_days()), len(again)) == (241, 50)
    for part in (real_days(), real_days()[::2], real_days()[1::2], again):
        peer = quality(part, votes_only)
        assert at_least_as_good(quality(part, trending), peer)
        assert at_least_as_good(quality(part, trending_without_list_day), peer)


def test_votes_of_three_days_do_not_outshine_those_of_one() -> None:
    """Where lists of two ages stand on one page, time waited finds more of the best."""
    pages = list(two_ages())
    for half in (pages[::2], pages[1::2]):
        ours, peer = quality(half, trending), quality(half, votes_only)
        assert ours.precision > peer.precision
        assert ours.correlation > peer.correlation


def test_trending_finds_far_more_than_the_newest() -> None:
    ours, theirs = quality(real_days(), trending), quality(real_days(), newest)
    assert ours.precision > 0.98 > 0.6 > theirs.precision
    assert ours.correlation > 0.98 > 0.5 > theirs.correlation


def test_the_measures_are_what_they_say() -> None:
    """Ties with the last of the best are right; equal values share their rank."""
    final = {"a": 9, "b": 5, "c": 5, "d": 1}
    assert precision({"a": 3, "b": 0, "c": 2, "d": 1}, final, first=2) == 1
    assert precision({"a": 3, "b": 0, "c": 1, "d": 2}, final, first=2) == 0.5
    assert spearman({"a": 2, "b": 1, "c": 1, "d": 0}, final) == 1
    assert spearman(dict.fromkeys(final, 1), final) is None
