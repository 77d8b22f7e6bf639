"""No theme and no group of people fills the head of a letter."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.config import EditionConfig, ThemeRule, ThemesConfig
from digest.editorial.compose import compose_edition
from digest.editorial.explain import explain_edition
from digest.editorial.lead import choose_lead, spread
from digest.model import Edition, EditionKey, Paper, PaperId, Placement, Score, Section
from tests.support.examples import examples
from tests.support.knowing import shipped_knowledge
from tests.support.strategies import DAY, NOW, papers_apart


def paper(number: int, score: float, theme: str = "A", **fields: object) -> Paper:
    by = "other" if theme == "Other" else "rule"
    return replace(
        Paper(
            ids=(PaperId("arxiv", f"2611.{number:05d}"),),
            title=f"Paper {number}",
            score=Score(total=score),
            placement=Placement(theme=theme, by=by),
        ),
        **fields,
    )


def sections(*papers: Paper) -> tuple[Section, ...]:
    themes = dict.fromkeys(p.placement.theme for p in papers)
    return tuple(
        Section(theme=theme, papers=tuple(p for p in papers if p.placement.theme == theme))
        for theme in themes
    )


def numbers(papers: Iterable[Paper]) -> list[int]:
    return [int(p.id.value[-5:]) for p in papers]


def lead(*papers: Paper, places: int = 3, rank: str = "trending") -> list[int]:
    return numbers(choose_lead(sections(*papers), places, rank=rank).papers)


def test_the_best_lead_when_nothing_binds_them() -> None:
    assert lead(paper(1, 3, "A"), paper(2, 5, "B"), paper(3, 4, "C"), paper(4, 2, "D")) == [2, 3, 1]


def test_a_theme_leads_once() -> None:
    one_theme = [paper(n, 9 - n) for n in (1, 2, 3)]
    assert lead(*one_theme, paper(4, 1, "B"), paper(5, 0.5, "C")) == [1, 4, 5]


@pytest.mark.parametrize(
    ("first", "second", "alike"),
    [
        ({"organization": "Institute X"}, {"organization": "institute  X"}, True),
        ({"authors": ("Ann A", "Bob B")}, {"authors": ("ann a", "Cy C")}, True),
        ({"authors": ("Ann A", "Bob B")}, {"authors": ("Cy C", "Bob B")}, True),
        ({"authors": ("A", "B", "C", "D")}, {"authors": ("E", "C", "B", "F")}, True),
        ({"authors": ("A", "B", "C")}, {"authors": ("D", "B", "E")}, False),
        ({"authors": ("Ann A", "Bob B")}, {"authors": ("Bob B", "Ann C")}, False),
        ({"submitter": "Someone"}, {"submitter": "Someone"}, False),
        ({"authors": ()}, {"authors": ()}, False),
    ],
)
def test_a_group_is_an_organization_an_end_of_the_authors_or_two_of_them(
    first: dict, second: dict, alike: bool
) -> None:
    found = lead(paper(1, 5, "A", **first), paper(2, 4, "B", **second), paper(3, 1, "C"), places=2)
    assert found == ([1, 3] if alike else [1, 2])


def test_only_the_better_half_stands_in_for_another() -> None:
    """Here twelve papers of one theme, and the thirteenth best, which is the worst, of another."""
    same = [paper(n, 20 - n) for n in range(12)]
    assert lead(*same, paper(12, 1, "B")) == [0, 1, 2]


def test_a_theme_leads_twice_before_a_group_does() -> None:
    ours = [paper(n, 9 - n, f"T{n}", organization="X") for n in range(3)]
    assert lead(*ours, paper(3, 5, "T0"), paper(4, 4, "T0")) == [0, 3, 4]


def test_a_day_of_one_group_and_one_theme_still_has_a_lead() -> None:
    assert lead(*(paper(n, 9 - n, organization="X") for n in range(4))) == [0, 1, 2]


def test_what_has_no_theme_waits_for_what_is_nearly_as_good() -> None:
    assert lead(paper(1, 5, "Other"), paper(2, 4, "A"), places=1) == [2]
    assert lead(paper(1, 5, "Other"), paper(2, 3.9, "A"), places=1) == [1]


def test_papers_without_theme_do_not_shut_each_other_out() -> None:
    assert lead(*(paper(n, 9 - n, "Other") for n in range(3)), places=2) == [0, 1]


def test_a_picture_decides_between_equals_only() -> None:
    pictured = {"thumbnail": "https://example.org/p.png"}
    assert lead(paper(1, 5), paper(2, 4.95, "B", **pictured), places=1) == [2]
    assert lead(paper(1, 5), paper(2, 4.8, "B", **pictured), places=1) == [1]
    assert lead(paper(1, 5), paper(2, 4.95, "Other", **pictured), places=1) == [1]


def test_with_the_newest_first_nearly_as_good_is_so_in_the_trend_within_a_day() -> None:
    pictured = {"thumbnail": "https://example.org/p.png"}
    assert lead(paper(1, 0.2), paper(2, 0.17, "B", **pictured), places=1, rank="newest") == [1]
    assert lead(paper(1, 0.2, "Other"), paper(2, -0.8), places=1, rank="newest") == [1]


def test_what_was_withdrawn_does_not_lead() -> None:
    assert lead(paper(1, 9, withdrawn=True), paper(2, 1)) == [2]


def test_a_section_has_at_most_two_of_a_group_in_a_row() -> None:
    ours = [paper(n, 9 - n / 10, organization="X") for n in range(5)]
    theirs = [paper(n, 8 - n / 100, organization=f"Y{n}") for n in (7, 8)]
    assert numbers(spread((*ours, *theirs))) == [0, 1, 7, 2, 3, 8, 4]


def test_a_section_is_left_as_it_is_where_the_others_are_far_behind() -> None:
    found = (*(paper(n, 9, organization="X") for n in range(3)), paper(7, 7.9))
    assert spread(found) == found


@examples(40)
@given(papers_apart(), st.integers(0, 10), st.randoms(use_true_random=False))
def test_an_edition_leads_with_its_own_papers_whatever_the_input_order(found, places, chance):
    mixed = list(found)
    chance.shuffle(mixed)
    one, two = (composed(each, lead=places) for each in (found, mixed))
    assert one == two
    news = [p for p in one.papers if not p.withdrawn]
    assert len(one.lead) == min(places, len(news))
    assert set(one.lead) <= {p.id for p in news}


def test_an_explanation_says_who_leads_and_why_a_better_one_does_not() -> None:
    rules = tuple(ThemeRule(name=name, keywords=(name,)) for name in ("apple", "pear", "plum"))
    found = [
        paper(1, 0, title="An apple", votes=90, organization="X"),
        paper(2, 0, title="Apples", votes=80),
        paper(3, 0, title="Pears", votes=70, organization="X"),
        paper(4, 0, title="Stones", votes=60),
        paper(5, 0, title="A plum", votes=50, authors=("Ann A",)),
        paper(6, 0, title="A pear", votes=40, authors=("Ann A",)),
        paper(7, 0, title="Pears again", votes=30),
        *(paper(n, 0, title="More apples", votes=1) for n in range(8, 15)),
    ]
    edition = composed(found, lead=3, themes=ThemesConfig(discover=False, rules=rules))
    lines = explain_edition(edition)
    assert [line.partition(" ")[2] for line in lines if line.startswith("leads")] == [
        "1: arxiv:2611.00001 An apple",
        "2: arxiv:2611.00005 A plum",
        "3: arxiv:2611.00007 Pears again",
    ]
    assert [line.partition(": ")[2] for line in lines if line.startswith("does not lead")] == [
        "arxiv:2611.00002 Apples: arxiv:2611.00001 has the same theme",
        "arxiv:2611.00003 Pears: arxiv:2611.00001 has the same organization",
        "arxiv:2611.00004 Stones: it is in no theme",
        "arxiv:2611.00006 A pear: arxiv:2611.00005 has the same first author",
    ]


def composed(found, *, themes: ThemesConfig | None = None, **config: object) -> Edition:
    return compose_edition(
        found,
        key=EditionKey.daily(DAY),
        day=DAY,
        now=NOW,
        reports=(),
        edition=EditionConfig(**config),
        themes=themes or ThemesConfig(discover=False),
        knowledge=shipped_knowledge(),
        sent={},
        template_set="daily",
    )
