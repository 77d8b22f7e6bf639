"""The same paper from several places is one paper, and two papers never become one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.editorial.identity import merge_papers
from digest.model import Paper, PaperId
from tests.support.examples import examples
from tests.support.strategies import papers

TITLE = "Attention sinks in streaming models"


def record(*ids: str, title: str = TITLE, **fields: object) -> Paper:
    return replace(Paper(ids=tuple(map(PaperId.parse, ids)), title=title), **fields)


some_papers = st.lists(papers(), max_size=9)


@examples(80)
@given(some_papers)
def test_every_id_names_exactly_one_result(found: list[Paper]) -> None:
    named = [i for paper in merge_papers(found) for i in paper.ids]
    assert sorted(named) == sorted({i for paper in found for i in paper.ids})


@examples(50)
@given(some_papers, st.randoms(use_true_random=False))
def test_the_order_of_the_records_changes_nothing(found: list[Paper], chance) -> None:
    mixed = list(found)
    chance.shuffle(mixed)
    assert merge_papers(mixed) == merge_papers(found)


@examples(50)
@given(some_papers)
def test_merging_twice_is_merging_once(found: list[Paper]) -> None:
    once = merge_papers(found)
    assert merge_papers(once) == once


@examples(50)
@given(some_papers)
def test_no_signal_is_lost_or_made_up(found: list[Paper]) -> None:
    def most(of: list[Paper]) -> int | None:
        return max((p.votes for p in of if p.votes is not None), default=None)

    merged = list(merge_papers(found))
    assert most(merged) == most(found)
    assert {s for p in merged for s in p.sources} == {s for p in found for s in p.sources}


def test_a_linear_script_and_a_unicode_one_are_one_title() -> None:
    found = merge_papers(
        (
            record(
                "arxiv:2611.00001",
                "title:a",
                title="Tight bounds for L_max and x^(i+j)",
                authors=("A",),
            ),
            record("url:https://x.example/1", "title:b", title="Tight bounds for Lₘₐₓ and xⁱ⁺ʲ"),
        )
    )
    assert len(found) == 1


def test_ids_join_through_a_third_record() -> None:
    """arXiv and a journal never meet, but a list names both."""
    merged = merge_papers(
        [
            record("arxiv:2611.00001", title="One title"),
            record("doi:10.1234/x", title="Quite another title"),
            record("doi:10.1234/x", "arxiv:2611.00001"),
        ]
    )
    assert [[str(i) for i in p.ids] for p in merged] == [["arxiv:2611.00001", "doi:10.1234/x"]]


def test_arxivs_own_doi_is_the_arxiv_id() -> None:
    assert (
        len(merge_papers([record("arxiv:2611.00001"), record("doi:10.48550/arxiv.2611.00001")]))
        == 1
    )


@pytest.mark.parametrize(
    ("first", "second", "count"),
    [
        ("arxiv:2611.00001", "arxiv:2611.00002", 2),  # two papers with one title
        ("url:a.example.org/1", "url:a.example.org/2", 2),  # two pages of one site
        ("url:a.example.org/1", "url:b.example.org/1", 1),  # told in two places
        ("doi:10.1038/1", "doi:10.1145/2", 2),
        ("doi:10.1101/1", "doi:10.1145/2", 1),  # a preprint grown up
        ("arxiv:2611.00001", "doi:10.1145/2", 1),
    ],
)
def test_a_title_joins_only_what_does_not_contradict_itself(
    first: str, second: str, count: int
) -> None:
    merged = merge_papers([record(first, "title:abc"), record(second, "title:abc")])
    assert len(merged) == count


def test_a_third_record_cannot_choose_between_two_that_contradict() -> None:
    both = [record("arxiv:2611.00001", "title:abc"), record("arxiv:2611.00002", "title:abc")]
    merged = merge_papers([*both, record("openreview:zzzzzzzzzz", "title:abc")])
    assert len(merged) == 3


def test_commonplace_titles_join_nothing() -> None:
    merged = merge_papers(
        [
            record("doi:10.1234/1", "title:abc", title="Editorial"),
            record("url:example.org/2", "title:abc", title="Editorial"),
        ]
    )
    assert len(merged) == 2


# -- records without authors -----------------------------------------------------------------

BY_ANN = record("arxiv:2611.00001", "title:ann", authors=("Ann Author",))
BY_BO = record("arxiv:2611.00002", "title:bo", authors=("Bo Writer",))
NOBODYS = record("title:none", title="ATTENTION  sinks in streaming models.", votes=7)


@pytest.mark.parametrize("named", [BY_ANN, record("title:ann", authors=("Ann Author",))])
def test_a_record_without_authors_joins_the_paper_of_its_title(named: Paper) -> None:
    (paper,) = merge_papers([NOBODYS, named])
    assert (paper.authors, paper.votes) == (("Ann Author",), 7)
    assert set(paper.ids) == {*named.ids, *NOBODYS.ids}


@pytest.mark.parametrize(
    "others",
    [
        (BY_ANN, BY_BO),  # two papers with the title: which of them is meant?
        (record("arxiv:2611.00001", "title:ann", title="Editorial", authors=("Ann Author",)),),
        (replace(BY_ANN, title="Attention sinks in streaming models, revisited"),),
    ],
)
def test_a_title_alone_joins_nothing_where_it_may_mislead(others: tuple[Paper, ...]) -> None:
    nobodys = replace(NOBODYS, title=others[0].title) if len(others[0].title) < 20 else NOBODYS
    assert len(merge_papers([nobodys, *others])) == 1 + len(others)


def test_a_title_alone_joins_no_records_that_contradict_each_other() -> None:
    elsewhere = record("arxiv:2611.00009", "title:none")
    assert len(merge_papers([BY_ANN, elsewhere])) == 2
    pages = [record(f"url:a.example.org/{n}", "title:none") for n in (1, 2)]
    assert len(merge_papers([BY_ANN, *pages])) == 3


_ALIKE = st.builds(
    lambda ids, authors, title: record(*ids, title=title, authors=authors),
    st.lists(
        st.sampled_from(
            [
                *("arxiv:2611.00001", "arxiv:2611.00002", "url:a.example.org/1", "doi:10.1145/2"),
                *("title:none", "title:ann", "title:bo", "title:ab"),
            ]
        ),
        min_size=1,
        max_size=3,
        unique=True,
    ),
    st.sampled_from([(), (), ("Ann Author",), ("Bo Writer",)]),
    st.sampled_from([TITLE, TITLE.upper(), "Quite another title of ours", "Editorial"]),
)


@examples(300)
@given(st.lists(_ALIKE, max_size=6), st.randoms(use_true_random=False))
def test_joining_by_title_alone_keeps_the_laws(found: list[Paper], chance) -> None:
    """The order changes nothing, twice is once, every id names one paper."""
    once = merge_papers(found)
    mixed = list(found)
    chance.shuffle(mixed)
    assert merge_papers(mixed) == once
    assert merge_papers(once) == once
    assert sorted(i for p in once for i in p.ids) == sorted({i for p in found for i in p.ids})


def test_words_come_from_the_whole_original_and_votes_from_the_list() -> None:
    early, late = datetime(2026, 11, 23, 5, tzinfo=UTC), datetime(2026, 11, 23, 6, tzinfo=UTC)
    arxiv = record(
        "arxiv:2611.00001",
        abstract="We study sinks at length. " * 8,
        authors=("A. One", "B. Two"),
        announce_type="new",
        categories=("cs.CL",),
        sources=("arXiv",),
        announced=date(2026, 11, 23),
        fetched_at=late,
    )
    hf = record(
        "arxiv:2611.00001",
        title="ATTENTION SINKS IN STREAMING MODELS!",
        abstract="We study sinks at length, and say so in other words. " * 4,
        authors=("A. One",),
        votes=41,
        sources=("Hugging Face",),
        fetched_at=early,
        announced=date(2026, 11, 22),
        published=date(2026, 11, 20),
        thumbnail="https://example.org/t.png",
    )
    own = record("arxiv:2611.00001", abstract="We study...", votes=3, source_id="seed-7")
    (paper,) = merge_papers([own, hf, arxiv])
    assert (paper.title, paper.abstract, paper.authors) == (TITLE, arxiv.abstract, arxiv.authors)
    assert (paper.votes, paper.fetched_at, paper.thumbnail) == (41, early, hf.thumbnail)
    assert (paper.published, paper.announced) == (date(2026, 11, 20), date(2026, 11, 23))
    assert (paper.source_id, set(paper.sources)) == ("seed-7", {"arXiv", "Hugging Face"})


def test_a_cut_abstract_gives_way_to_a_whole_one() -> None:
    cut = record("arxiv:2611.00001", abstract="A long beginning " * 9 + "…", categories=("cs.CL",))
    nearly = record("arxiv:2611.00001", abstract="A long beginning " * 8 + "and an end.")
    assert merge_papers([cut, nearly])[0].abstract == nearly.abstract


def test_one_source_is_enough_to_call_a_paper_withdrawn() -> None:
    both = [record("arxiv:2611.00001"), record("arxiv:2611.00001", withdrawn=True)]
    assert merge_papers(both)[0].withdrawn
