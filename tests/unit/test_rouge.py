"""The bench measures summaries by ROUGE as Lin (2004) defines it, and extracts are worth it."""

from __future__ import annotations

from statistics import mean

import pytest

from digest.editorial.summaries import extract
from digest.prose import first_sentences
from tests.bench.rouge import rouge_l, rouge_n
from tests.bench.summaries import MEASURES, pairs, scores

REFERENCE = "police killed the gunman"


@pytest.mark.parametrize(
    ("text", "one", "two", "longest"),
    [
        ("Police killed the gunman!", 1.0, 1.0, 1.0),
        ("police kill the gunman", 3 / 4, 1 / 3, 3 / 4),
        ("the gunman kill police", 3 / 4, 1 / 3, 1 / 2),
        ("the the the police", 2 / 4, 0.0, 1 / 4),
        ("", 0.0, 0.0, 0.0),
    ],
)
def test_rouge_counts_common_words_pairs_and_order(text, one, two, longest) -> None:
    assert rouge_n(text, REFERENCE, 1) == pytest.approx(one)
    assert rouge_n(text, REFERENCE, 2) == pytest.approx(two)
    assert rouge_l(text, REFERENCE) == pytest.approx(longest)


@pytest.mark.parametrize("name", MEASURES)
def test_extracts_are_nearer_to_a_models_summaries_than_first_sentences(name: str) -> None:
    assert len(pairs()) == 30
    ours = scores(lambda pair: extract(pair.title, pair.abstract), MEASURES[name])
    theirs = scores(lambda pair: first_sentences(pair.abstract), MEASURES[name])
    assert mean(ours) > 1.15 * mean(theirs)
