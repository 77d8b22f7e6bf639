"""What was sought is marked in texts, and nothing else becomes markup."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import escape

from digest.model.query import parse_query
from digest.rendering.highlight import PART, Highlighter
from digest.rendering.scripts import raise_scripts


@pytest.mark.parametrize(
    ("query", "text", "marked"),
    [
        ("naive", "A Naïve plan, naively", "A <mark>Naïve</mark> plan, naively"),
        ("plan*", "plans plane", "<mark>plans</mark> <mark>plane</mark>"),
        ('"reward model"', "Reward-model reward", "<mark>Reward-model</mark> reward"),
        ("b", "a<b & c", "a&lt;<mark>b</mark> &amp; c"),
        ("模型", "大規模模型です", "大規模<mark>模型</mark>です"),
        ("strasse", "Die Straße", "Die <mark>Straße</mark>"),
        ("", "nothing", "nothing"),
        ("max", "L_max", "L_<mark>max</mark>"),
    ],
)
def test_words_are_marked_whatever_their_case_and_accents(
    query: str, text: str, marked: str
) -> None:
    assert Highlighter(parse_query(query)).mark(text) == marked


@given(st.text(max_size=60), st.text(max_size=20))
def test_without_its_marks_a_text_is_the_escaped_one(text: str, query: str) -> None:
    text = text.replace("^", "").replace("_", "")  # scripts are another matter
    html = Highlighter(parse_query(query)).mark(text)
    assert html.replace("<mark>", "").replace("</mark>", "") == escape(text) == raise_scripts(text)


def test_the_part_that_has_the_word_is_shown() -> None:
    abstract = "Word " * 100 + "the needle is here " + "word " * 100
    sought = Highlighter(parse_query("needle"))
    assert sought.part("A needle.", abstract) == "A needle."
    part = sought.part("A summary.", abstract)
    assert "needle" in part
    assert part.startswith("… ")
    assert len(part) <= PART + 4
    assert sought.part("A summary.", "no such word") == "A summary."
