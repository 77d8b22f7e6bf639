"""What interests bring into a letter, and what they decide."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.mailing.choice import INTERESTING, Chooser
from digest.mailing.grounds import find_grounds
from digest.mailing.relevance import Nearness, mix, percentiles
from digest.model import Edition, EmailAddress, Subscriber
from tests.support.renditions import make_edition, make_paper

COUNT = 24


@dataclass
class Known:
    """Knows how near each paper is to what one interest names."""

    near: Mapping[str, Sequence[float]]
    liked: frozenset[int] = frozenset()

    def of(self, subscriber: Subscriber) -> Nearness | None:
        scores = self.near.get(f"{subscriber.file} {' '.join(subscriber.interests)}".strip())
        return Nearness(scores=scores, liked=self.liked) if scores else None

    def closest(self, subscriber: Subscriber, papers: Sequence[int]) -> tuple[str, ...]:
        return tuple(f"nearest to {n}" for n in papers)


def edition() -> Edition:
    """Papers 0 to 23 in four sections; the score falls with the number."""
    papers = [make_paper(n, score=float(COUNT - n)) for n in range(COUNT)]
    names = ("Safety", "Vision", "Robotics", "Speech")
    return make_edition([(name, papers[6 * n : 6 * n + 6]) for n, name in enumerate(names)])


EDITION = edition()
#: The nearest paper is the one with the worst score.
LAST_FIRST = [n / COUNT for n in range(COUNT)]


def reader(**wishes: object) -> Subscriber:
    known = {"address": EmailAddress.parse("ada@example.org"), "interests": ("x",)} | wishes
    return Subscriber(**known)  # type: ignore[arg-type]


def chosen(weight: float = 1.0, liked: Sequence[int] = (), **wishes: object) -> set[int]:
    known = Known({"x": LAST_FIRST}, frozenset(liked))
    chooser = Chooser(EDITION, relevance=known, weight=weight)
    return set(chooser.decide(reader(**wishes)).chosen)


def test_percentiles_run_from_one_to_zero_and_equals_share_the_middle() -> None:
    assert percentiles([5.0, 1.0, 3.0]) == [1.0, 0.0, 0.5]
    assert percentiles([2.0, 2.0, 2.0]) == [0.5, 0.5, 0.5]
    assert percentiles([9.0, 4.0, 4.0, 1.0]) == [1.0, 0.5, 0.5, 0.0]
    assert percentiles([7.0]) == [1.0]
    assert percentiles([]) == []


def test_the_score_is_relevance_and_trend_by_their_weight() -> None:
    assert mix([1.0, 0.0], [0.0, 1.0], 0.9) == [0.9, 0.1]


def test_interests_alone_bring_the_ten_nearest() -> None:
    assert chosen() == set(range(COUNT - INTERESTING, COUNT))


def test_interests_alone_bring_as_many_as_the_reader_takes() -> None:
    assert chosen(max_papers=3) == {21, 22, 23}
    assert len(chosen(max_papers=20)) == 20


def test_without_weight_the_trend_alone_decides() -> None:
    assert chosen(weight=0.0, max_papers=3) == {0, 1, 2}


def test_beside_themes_and_keywords_interests_fill_half_of_the_letter() -> None:
    assert chosen(themes=("Safety",)) == {0, 1, 2, 3, 4, 5} | {19, 20, 21, 22, 23}
    assert chosen(keywords=("paper number 2",), max_papers=4) == {2, 22, 23}
    assert chosen(themes=("Safety",), max_papers=4) == {22, 23} | {4, 5}, "cut by relevance"
    assert chosen(themes=("nothing",), max_papers=1) == {23}


def test_a_liked_paper_is_not_brought_again_but_a_theme_may_hold_it() -> None:
    assert chosen(max_papers=2, liked=[23, 21]) == {22, 20}
    assert 23 in chosen(themes=("Speech",), liked=[23])


def test_what_is_excluded_makes_room_for_the_next() -> None:
    assert chosen(exclude=("Speech",), max_papers=2) == {16, 17}


def test_interests_of_which_nothing_is_known_leave_it_to_the_trend() -> None:
    unknown = Chooser(EDITION, relevance=Known({}), weight=0.9)
    assert unknown.decide(reader()).chosen == frozenset(range(INTERESTING))
    assert Chooser(EDITION).decide(reader(max_papers=2)).chosen == frozenset({0, 1})


def test_unknown_interests_add_nothing_to_what_is_followed_by_name() -> None:
    chooser = Chooser(EDITION, relevance=Known({}))
    named = chooser.decide(reader(themes=("Safety",)))
    assert (named.chosen, named.near) == (frozenset(range(6)), ())
    alone = find_grounds(chooser, reader(), 0)
    assert (alone.chosen, alone.brought, alone.trends) == (True, False, True)


def test_the_same_words_in_another_list_are_other_interests() -> None:
    near = {"a.yaml x": LAST_FIRST, "b.yaml x": LAST_FIRST[::-1]}
    chooser = Chooser(EDITION, relevance=Known(near))
    first = chooser.choose(reader(file="a.yaml", max_papers=1))
    second = chooser.choose(reader(file="b.yaml", max_papers=1))
    assert (first.papers, second.papers) == (((), (), (), (5,)), ((0,), (), (), ()))


def test_readers_without_interests_do_not_ask_for_relevance() -> None:
    class Refusing(Known):
        def of(self, subscriber: Subscriber) -> Nearness | None:
            raise AssertionError("asked")

    chooser = Chooser(EDITION, relevance=Refusing({}))
    assert chooser.choose(reader(interests=())).count == COUNT
    assert chooser.choose(reader(interests=(), themes=("Vision",), max_papers=2)).count == 2


def test_the_grounds_say_what_met_the_paper_and_what_cut_it() -> None:
    known = Chooser(EDITION, relevance=Known({"x": LAST_FIRST}, frozenset({23})))
    who = reader(themes=("V*",), keywords=("matter 7",), exclude=("Robotics",), max_papers=4)
    seven, twelve, last = (find_grounds(known, who, n) for n in (7, 12, 23))
    assert (seven.chosen, seven.cut, seven.themes) == (False, True, ("V*",))
    assert (seven.keywords, seven.place, seven.wished, seven.room) == (("matter 7",), 7, 8, 4)
    assert (twelve.chosen, twelve.cut, twelve.exclude) == (False, False, ("Robotics",))
    assert (last.liked, last.brought, last.relevance_place) == (True, False, 1)
    brought = find_grounds(known, who, 22)
    assert (brought.chosen, brought.brought, brought.brings) == (True, True, 2)
    assert brought.closest == "nearest to 22"
    assert find_grounds(known, reader(interests=()), 4).everything


WORDS = st.sampled_from(["*", "Vision", "robotics", "paper number 1", "matter 7", "S*", "zzz"])


@given(
    scores=st.lists(st.floats(-1, 1), min_size=COUNT, max_size=COUNT),
    liked=st.frozensets(st.integers(0, COUNT - 1), max_size=5),
    themes=st.lists(WORDS, max_size=2).map(tuple),
    keywords=st.lists(WORDS, max_size=2).map(tuple),
    exclude=st.lists(WORDS, max_size=3).map(tuple),
    most=st.none() | st.integers(1, 30),
    weight=st.floats(0, 1),
    interests=st.sampled_from([(), ("x",), ("unknown",)]),
)
def test_no_reader_ever_gets_an_excluded_paper_or_too_many(
    scores, liked, themes, keywords, exclude, most, weight, interests
) -> None:
    chooser = Chooser(EDITION, relevance=Known({"x": scores}, liked), weight=weight)
    who = reader(
        themes=themes, keywords=keywords, exclude=exclude, max_papers=most, interests=interests
    )
    made = chooser.decide(who)
    index = chooser.index
    for word in exclude:
        assert not made.chosen & (index.matching(word) | index.in_theme(word))
    assert len(made.chosen) <= (most or COUNT)
    assert not made.chosen & made.cut
    if made.cut:
        assert min(made.scores[n] for n in made.chosen) >= max(made.scores[n] for n in made.cut)


@pytest.mark.parametrize("weight", [0.0, 0.5, 1.0])
def test_equal_trends_leave_it_to_relevance(weight: float) -> None:
    flat = make_edition([("All", [make_paper(n, score=1.0) for n in range(COUNT)])])
    made = Chooser(flat, relevance=Known({"x": LAST_FIRST}), weight=weight).decide(
        reader(max_papers=1)
    )
    assert made.chosen == ({23} if weight else {0})
