"""An edition holds a day's papers once, best first, and says what it left out."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.config import EditionConfig, RepeatConfig, ThemeRule, ThemesConfig
from digest.editorial.compose import compose_edition, compose_weekly
from digest.editorial.explain import explain_edition, explain_paper, find_paper
from digest.model import (
    DayCount,
    Edition,
    EditionKey,
    Mailed,
    Mark,
    Paper,
    PaperId,
    SourceReport,
    Verdict,
)
from tests.support.examples import examples
from tests.support.knowing import shipped_knowledge
from tests.support.labelled_days import labelled_day
from tests.support.strategies import DAY, NOW, papers

YESTERDAY = DAY - timedelta(days=1)
THEMES = ThemesConfig(discover=False, rules=(ThemeRule(name="Robots", keywords=("robot",)),))


def paper(number: int, title: str = "", **fields: object) -> Paper:
    ids = (PaperId("arxiv", f"2611.{number:05d}"),)
    return replace(Paper(ids=ids, title=title or f"On the matter {number}"), **fields)


def compose(
    *found: Paper,
    day: date = DAY,
    sent: dict[PaperId, Mailed] | None = None,
    themes: ThemesConfig = THEMES,
    **config: object,
) -> Edition:
    report = SourceReport(
        source="s", kind="file", verdict=Verdict.FRESH, papers=len(found), reason="read"
    )
    return compose_edition(
        found,
        key=EditionKey.daily(day),
        day=day,
        now=NOW,
        reports=[report],
        edition=EditionConfig(**config),
        themes=themes,
        knowledge=shipped_knowledge(),
        sent=sent or {},
        template_set="daily",
    )


def once(day: date, votes: int | None = None) -> Mailed:
    return Mailed(first=day, last=day, votes=votes)


def numbers(edition: Edition) -> list[int]:
    return [int(p.id.value[-5:]) for p in edition.papers]


@examples(40)
@given(st.lists(papers(), max_size=8), st.integers(1, 5), st.randoms(use_true_random=False))
def test_papers_are_chosen_or_counted_whatever_their_order(found, most, chance) -> None:
    edition = compose(*found, max_papers=most)
    mixed = list(found)
    chance.shuffle(mixed)
    assert replace(compose(*mixed, max_papers=most), verdicts=()) == replace(edition, verdicts=())
    assert len(edition.papers) <= most
    assert edition.left_out == 0 or len(edition.papers) == most
    known = {i for p in found for i in p.ids}
    assert all(set(p.ids) <= known and not p.withdrawn for p in edition.papers)


def test_a_section_is_in_score_order_and_other_comes_last() -> None:
    edition = compose(
        paper(1, votes=90), paper(2, "A robot", votes=1), paper(3, "Robots", votes=9), paper(4)
    )
    assert [(s.theme, [p.id.value[-1] for p in s.papers]) for s in edition.sections] == [
        ("Robots", ["3", "2"]),
        ("Other", ["1", "4"]),
    ]


def test_the_heavier_section_comes_first() -> None:
    rules = (ThemeRule(name="A", keywords=("apple",)), ThemeRule(name="B", keywords=("pear",)))
    edition = compose(
        paper(1, "An apple", votes=5),
        paper(2, "A pear", votes=200),
        paper(3, "Pears", votes=100),
        themes=ThemesConfig(rules=rules),
    )
    assert [s.theme for s in edition.sections] == ["B", "A"]


def test_what_the_cut_leaves_out_is_the_worst_and_is_counted() -> None:
    edition = compose(paper(1, votes=1), paper(2, votes=99), paper(3, votes=50), max_papers=2)
    assert (numbers(edition), edition.left_out) == ([2, 3], 1)


def test_a_paper_mailed_before_by_any_of_its_ids_is_left_out() -> None:
    doi = PaperId("doi", "10.1234/x")
    known = replace(paper(1), ids=(*paper(1).ids, doi))
    edition = compose(known, paper(2), sent={doi: once(YESTERDAY)})
    assert (numbers(edition), edition.repeated) == ([2], 1)


def test_a_repeated_paper_says_when_it_was_first_sent() -> None:
    first = DAY - timedelta(days=9)
    edition = compose(paper(1, announced=DAY), sent={paper(1).id: once(first)}, repeat=True)
    (one,) = edition.papers
    assert (one.marks, one.first_sent, edition.repeated) == ((Mark.TRENDING,), first, 1)


def test_an_editorial_mailed_before_does_not_silence_the_next() -> None:
    title = PaperId("title", "abc")
    fresh = replace(paper(1, "Editorial"), ids=(*paper(1).ids, title))
    assert numbers(compose(fresh, sent={title: once(YESTERDAY)})) == [1]


@pytest.mark.parametrize("repeat", [True, False])
def test_a_withdrawn_paper_is_no_news_but_counted(repeat: bool) -> None:
    edition = compose(paper(1, withdrawn=True), paper(3), repeat=repeat)
    assert (numbers(edition), edition.withdrawn) == ([3], 1)


@pytest.mark.parametrize("rank", ["trending", "newest"])
def test_a_paper_withdrawn_since_it_was_mailed_is_told_once_and_behind_all_others(rank) -> None:
    gone = paper(1, votes=200, announced=DAY, announce_type="replace", withdrawn=True)
    found = (gone, *(paper(n) for n in range(2, 6)))
    edition = compose(*found, sent={gone.id: once(YESTERDAY)}, max_papers=3, rank=rank)
    assert numbers(edition) == [2, 3, 1]
    told = edition.papers[-1]
    assert (told.marks, told.first_sent) == ((Mark.WITHDRAWN,), YESTERDAY)
    assert told.id not in edition.lead
    assert (edition.withdrawn, edition.left_out) == (0, 2)
    twice = Mailed(first=YESTERDAY, last=YESTERDAY, withdrawn=True)
    again = compose(*found, sent={gone.id: twice}, repeat=True, rank=rank)
    assert (numbers(again), again.withdrawn) == ([2, 3, 4, 5], 1)


def test_a_new_version_of_a_mailed_paper_is_no_news_unless_it_may_repeat() -> None:
    second = paper(1, announce_type="replace", version=2)
    sent = {second.id: once(YESTERDAY)}
    assert numbers(compose(second, sent=sent)) == []
    (back,) = compose(second, sent=sent, repeat=True).papers
    assert back.marks == (Mark.UPDATED, Mark.TRENDING)


def test_a_paper_returns_when_it_earned_it() -> None:
    """Three times its votes, a week later, among the best ten; one of these missing: not."""
    week_ago = DAY - timedelta(days=7)
    others = [paper(n, votes=40) for n in range(2, 12)]

    def returns(now: int, mailed: Mailed, **rule: object) -> bool:
        known = {paper(1).id: mailed}
        back = compose(paper(1, votes=now), *others, sent=known, repeat=RepeatConfig(**rule))
        return 1 in numbers(back)

    assert returns(60, once(week_ago, votes=20))
    assert not returns(59, once(week_ago, votes=20))
    assert not returns(60, once(week_ago + timedelta(days=1), votes=20))
    assert not returns(39, once(week_ago, votes=13))
    assert returns(39, once(week_ago, votes=13), best=11)
    assert not returns(60, Mailed(first=week_ago, last=YESTERDAY, votes=20))
    assert returns(40, once(YESTERDAY, votes=20), votes=2, after="1d", best=11)


def test_few_votes_and_unknown_ones_count_as_five() -> None:
    long_ago = DAY - timedelta(days=30)
    for votes in (None, 0, 4, 5):
        for now, there in ((14, []), (15, [1])):
            known = {paper(1).id: once(long_ago, votes)}
            found = compose(paper(1, votes=now), sent=known, repeat=RepeatConfig())
            assert numbers(found) == there


@pytest.mark.parametrize(
    ("fields", "marks"),
    [
        ({"announced": DAY}, (Mark.NEW,)),
        ({"published": DAY}, (Mark.NEW,)),
        ({"announced": DAY, "announce_type": "new"}, (Mark.NEW,)),
        ({"announced": YESTERDAY, "published": DAY}, ()),
        ({"announced": DAY, "announce_type": "cross"}, (Mark.CROSS,)),
        ({"announced": DAY, "announce_type": "replace-cross"}, (Mark.UPDATED,)),
        ({"announced": DAY, "version": 3}, (Mark.UPDATED,)),
        ({}, ()),
    ],
)
def test_marks_say_what_kind_of_news_it_is(fields: dict, marks: tuple[Mark, ...]) -> None:
    assert compose(paper(1, **fields)).papers[0].marks == marks


def test_an_empty_day_is_an_edition_without_sections() -> None:
    assert compose().sections == ()


def test_the_week_is_its_days_papers_once_with_their_best_signals() -> None:
    monday = compose(paper(1, votes=5), paper(2, votes=3), day=date(2026, 11, 23))
    tuesday = compose(paper(1, votes=60), paper(3, votes=4), day=date(2026, 11, 24))
    week = compose_weekly(
        [tuesday, monday],
        key=EditionKey("2026-W48"),
        day=date(2026, 11, 27),
        now=NOW,
        edition=EditionConfig(max_papers=2),
        themes=THEMES,
        knowledge=shipped_knowledge(),
        template_set="daily",
    )
    assert numbers(week) == [1, 3]
    best = week.papers[0]
    assert (best.votes, best.first_sent, week.left_out) == (60, date(2026, 11, 23), 1)
    assert week.lead == tuple(p.id for p in week.papers)


def test_a_week_counts_each_paper_once_on_the_day_that_had_it_first() -> None:
    monday = compose(paper(1, votes=5), paper(2, announced=DAY), day=DAY)
    tuesday = compose(paper(1, votes=60), paper(3, votes=4), day=DAY + timedelta(days=1))
    week = compose_weekly(
        [tuesday, monday],
        key=EditionKey("2026-W48"),
        day=date(2026, 11, 27),
        now=NOW,
        edition=EditionConfig(max_papers=1),
        themes=THEMES,
        knowledge=shipped_knowledge(),
        template_set="weekly",
    )
    assert week.days == (
        DayCount(date=DAY, papers=2, votes=60),
        DayCount(date=DAY + timedelta(days=1), papers=1, votes=4),
    )
    assert monday.papers[1].marks == (Mark.NEW,)
    assert all(Mark.NEW not in each.marks for each in week.papers)


def test_an_explanation_accounts_for_every_paper_of_a_real_day() -> None:
    edition = compose(*labelled_day("hf_2025-10-15_hand"), themes=ThemesConfig(), max_papers=40)
    told = "\n".join(explain_edition(edition))
    assert "40 papers" in told
    assert "16 left out" in told
    for number, one in enumerate(edition.papers):
        assert f"{one.id} {one.title}" in told
        place = explain_paper(edition, number)
        assert any("votes" in line and "kind" in line for line in place)
        assert any(one.placement.theme in line for line in place)
        assert any(line.strip().startswith("number ") for line in place)
        assert [line for line in place if "leads, " in line] == [
            f"  leads, number {n} of 3" for n, led in enumerate(edition.lead, 1) if led == one.id
        ]
        assert {find_paper(edition, {name}) for name in (str(one.id), one.source_id)} == {number}


def test_a_paper_is_found_by_its_id_with_or_without_the_scheme_and_by_no_other() -> None:
    edition = compose(paper(1))
    known = edition.papers[0].id
    assert find_paper(edition, {known.value, "another"}) == 0
    assert find_paper(edition, {"arxiv:9999.00000"}) is None
