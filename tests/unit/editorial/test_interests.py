"""How near papers are to what readers like."""

from __future__ import annotations

from statistics import mean

import numpy as np
import pytest

from digest.editorial.interests import MOST_PROFILES, DayPlaces, Places, Surveyor
from digest.model import Paper
from tests.bench.interests import METHODS, at_random, hiding, ours
from tests.support.knowing import shipped_knowledge
from tests.support.labelled_days import labelled_day
from tests.support.renditions import make_paper

ROBOTS = make_paper(1, title="Grasping with a robot hand: dexterous manipulation from touch")
PROTEINS = make_paper(2, title="Protein folding: a language model for amino acid sequences")


@pytest.fixture(scope="module")
def surveyor() -> Surveyor:
    return Surveyor(shipped_knowledge())


@pytest.fixture(scope="module")
def real(surveyor: Surveyor) -> tuple[tuple[Paper, ...], Places]:
    papers = labelled_day("acl2020_day")
    return papers, surveyor.place(papers)


def some(places: Places, *numbers: int) -> Places:
    rows = list(numbers)
    return Places(vectors=places.vectors[rows], claims=places.claims[rows])


def test_five_liked_papers_find_the_others_of_their_theme_better_than_tfidf() -> None:
    days = ("acl2020_day", "iccv2025_day")
    found = mean(hiding(ours, day) for day in days)
    assert found > 0.8
    assert found > 1.2 * mean(hiding(METHODS["TF-IDF, no stop words, sublinear"], d) for d in days)
    assert mean(hiding(at_random, day) for day in days) < 0.2


def test_a_reader_s_answer_is_the_same_alone_and_among_others(real) -> None:
    _, places = real
    day = DayPlaces(places)
    profiles = [day.profiles(some(places, *range(n, n + 1 + n % 17))) for n in range(60)]
    together = day.closeness(profiles)
    for number, each in enumerate(profiles):
        assert np.abs(day.closeness([each])[0] - together[number]).max() < 2e-5


def test_the_more_is_liked_the_more_profiles_up_to_the_most(real) -> None:
    _, places = real
    day = DayPlaces(places)
    counts = [len(day.profiles(some(places, *range(n)))) for n in (1, 5, 9, 10, 15, 20, 100)]
    assert counts == [1, 1, 1, 2, 3, MOST_PROFILES, MOST_PROFILES]


def test_a_small_interest_beside_a_large_one_is_still_seen(surveyor: Surveyor) -> None:
    day = DayPlaces(surveyor.place([ROBOTS, PROTEINS, *labelled_day("seed32_hand")]))
    liked = surveyor.place([ROBOTS] * 12 + [PROTEINS] * 3)
    scores = day.closeness([day.profiles(liked)])[0]
    assert set(np.argsort(-scores)[:2]) == {0, 1}
    assert min(scores[0], scores[1]) > 0.9


def test_a_title_alone_is_enough_to_be_near(surveyor: Surveyor, real) -> None:
    papers, places = real
    titles = [Paper(ids=p.ids, title=p.title) for p in papers]
    day = DayPlaces(places)
    liked = surveyor.place(titles)
    first = [int(np.argmax(day.closeness([day.profiles(some(liked, n))])[0])) for n in range(110)]
    assert sum(n == found for n, found in enumerate(first)) > 90


def test_words_that_nobody_knows_are_near_to_nothing(surveyor: Surveyor, real) -> None:
    day = DayPlaces(real[1])
    strange = surveyor.place([make_paper(3, title="Zzyzx qwxyz")])
    blank = Places(vectors=strange.vectors * 0, claims=strange.claims * 0)
    assert not day.closeness([day.profiles(blank)]).any()


def test_the_nearest_liked_paper_is_the_paper_itself(real) -> None:
    _, places = real
    liked = some(places, 7, 3, 50)
    assert DayPlaces(places).nearest(liked, [50, 7, 3]) == (2, 0, 1)


def test_a_day_of_one_paper_has_an_answer(surveyor: Surveyor) -> None:
    day = DayPlaces(surveyor.place([ROBOTS]))
    assert day.closeness([day.profiles(surveyor.place([ROBOTS]))])[0][0] > 0.9
