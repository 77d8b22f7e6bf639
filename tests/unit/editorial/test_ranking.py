"""Ranking is a permutation whose reasons add up."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.editorial.ranking import rank_papers
from digest.model import Paper, PaperId
from tests.support.examples import examples
from tests.support.strategies import DAY, papers_apart

ranks = st.sampled_from(["trending", "newest"])


def paper(number: int = 1, **fields: object) -> Paper:
    return replace(Paper(ids=(PaperId("arxiv", f"2611.{number:05d}"),), title="A title"), **fields)


def order(*found: Paper, by: str = "trending") -> list[int]:
    return [int(p.id.value[-5:]) for p in rank_papers(found, day=DAY, by=by)]


@examples(30)
@given(papers_apart(), ranks, st.randoms(use_true_random=False))
def test_ranking_is_a_permutation_that_the_input_order_does_not_change(found, by, chance) -> None:
    ranked = rank_papers(found, day=DAY, by=by)
    assert sorted(p.id for p in ranked) == sorted(p.id for p in found)
    mixed = list(found)
    chance.shuffle(mixed)
    assert rank_papers(mixed, day=DAY, by=by) == ranked


@examples(30)
@given(papers_apart(), ranks)
def test_totals_are_the_sums_of_their_parts_and_fall(found, by) -> None:
    scores = [p.score for p in rank_papers(found, day=DAY, by=by)]
    assert all(s.total == pytest.approx(sum(v for _, v in s.parts)) for s in scores)
    totals = [s.total for s in scores]
    assert totals == sorted(totals, reverse=True)


@examples(30)
@given(papers_apart(1), st.integers(0, 4000), st.integers(1, 999))
def test_more_votes_never_hurt(found, votes, more) -> None:
    for one in found:
        low, high = (
            rank_papers([replace(one, votes=n)], day=DAY)[0].score.total
            for n in (votes, votes + more)
        )
        assert high >= low


def test_unknown_votes_are_neither_zero_nor_many() -> None:
    """arXiv counts no votes: its papers stand between the unloved and the loved."""
    loved = [paper(n, votes=50 + n) for n in range(2, 6)]
    found = order(paper(1), paper(9, votes=0), *loved)
    assert found[-2:] == [1, 9]


def test_votes_gathered_in_an_hour_outweigh_the_same_of_a_week() -> None:
    noon = datetime(2026, 11, 23, 12, tzinfo=UTC)
    quick = paper(2, votes=20, announced=DAY, fetched_at=noon)
    slow = paper(1, votes=20, announced=date(2026, 11, 16), fetched_at=noon)
    assert order(slow, quick) == [2, 1]
    parts = [dict(p.score.parts)["votes"] for p in rank_papers([slow, quick], day=DAY)]
    assert parts[0] > parts[1]


def test_a_day_without_votes_has_a_sensible_order() -> None:
    """New before cross-list before replacement; two sources before one; an abstract before none."""
    today = {"announced": DAY, "abstract": "Something was found.", "sources": ("arXiv",)}
    new = paper(4, announce_type="new", **today)
    found = order(
        paper(1, announce_type="replace", version=2, **today),
        paper(2, announce_type="cross", **today),
        paper(3, announce_type="new", **today | {"abstract": ""}),
        new,
        paper(5, announce_type="new", **today | {"sources": ("arXiv", "Nature")}),
    )
    assert found[:2] == [5, 4]
    assert found[-1] == 1
    assert "votes" not in dict(rank_papers([new], day=DAY)[0].score.parts)


def test_newest_goes_by_day_and_then_by_trend() -> None:
    old = paper(1, published=date(2026, 11, 20), votes=900)
    found = order(old, paper(2, published=DAY), paper(3, published=DAY, votes=5), by="newest")
    assert found == [3, 2, 1]


def test_a_date_far_ahead_makes_no_paper_newer() -> None:
    assert order(paper(1, published=date(2099, 1, 1)), paper(2, published=DAY)) == [2, 1]
    assert order(paper(1, published=date(2099, 1, 1)), paper(2, published=DAY), by="newest") == [
        2,
        1,
    ]


def test_equal_papers_stand_by_id() -> None:
    assert order(paper(3), paper(1), paper(2)) == [1, 2, 3]
