"""What somebody seeks, read from any text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.model.query import LONGEST, MOST_TERMS, Term, parse_query


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("Agents memory", [("agents",), ("memory",)]),
        ('"reward model" x', [("reward", "model"), ("x",)]),
        ("“reward model”", [("reward", "model")]),
        ('"never closed', [("never", "closed")]),
        ("state-of-the-art", [("state", "of", "the", "art")]),
        ("Naïve Straße ﬁne", [("naive",), ("strasse",), ("fine",)]),
        ("agents agents", [("agents",)]),
        ("AND OR NOT NEAR(", [("and",), ("or",), ("not",), ("near",)]),
        ('*** "" ^ : - ( )', []),
    ],
)
def test_words_and_phrases_are_terms(text: str, terms: list[tuple[str, ...]]) -> None:
    assert [term.words for term in parse_query(text)] == terms
    assert not any(term.prefix for term in parse_query(text))


def test_a_star_seeks_beginnings_and_one_letter_is_none() -> None:
    assert parse_query('align* "reward mod"* a*') == (
        Term(("align",), prefix=True),
        Term(("reward", "mod"), prefix=True),
        Term(("a",)),
    )


@given(st.text(max_size=400))
def test_any_text_is_a_query_of_bounded_size(text: str) -> None:
    terms = parse_query(text)
    assert len(terms) <= MOST_TERMS
    assert all(word.isalnum() for term in terms for word in term.words)
    assert sum(len(word) for term in terms for word in term.words) <= 20 * LONGEST
