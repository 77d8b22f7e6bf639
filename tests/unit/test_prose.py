"""Text is parted into sentences and cut as a reader would do it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.prose import first_sentences, join_sentences, sentences, shorten, width_of


@given(st.text(max_size=400), st.integers(min_value=10, max_value=100))
def test_a_shortened_text_is_never_longer_than_asked(text: str, length: int) -> None:
    assert len(shorten(text, length)) <= max(length, 1)


def test_a_text_is_cut_at_a_word() -> None:
    assert shorten("one two three four", 14) == "one two three…"
    assert shorten("one two three four", 12) == "one two…"
    assert shorten("x" * 50, 10) == "x" * 9 + "…"


def test_an_accent_or_a_joined_emoji_is_not_cut_off() -> None:
    assert shorten("abcdefghe\u0301fgh", 10) == "abcdefgh…"
    assert shorten("abcdefg👩\u200d🔬 and more", 10) == "abcdefg…"


@pytest.mark.parametrize(
    "text",
    [
        "We follow Doe et al. (2025) and J. R. Doe in this.",
        "Many tasks, e.g. Sudoku, i.e., puzzles, are hard vs. Chess and cf. Go.",
        "See Fig. 3, Eq. 4 and Sec. 5 of Vol. 2.",
        "It scores 3.5 points, v1.2 scores 4.",
        "Find it at https://example.org/a.html?b=1.2 today.",
        "Yahoo! is a name, and so is Node.js.",
        "The manuscript ms. fr. 2813 has 160 pages.",
        "We work with resp. Ten and approx. Twenty.",
        "One sentence without a full stop",
    ],
)
def test_a_full_stop_inside_a_sentence_does_not_end_it(text: str) -> None:
    assert sentences(text) == (text,)
    assert sentences(f"It begins. {text}") == ("It begins.", text)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Is it? It is! Good.", ("Is it?", "It is!", "Good.")),
        ('He said "Stop." Then (at last.) We went.', ('He said "Stop."', "Then (at last.)", None)),
        ("It has 3 parts. 4 more follow.", ("It has 3 parts.", "4 more follow.")),
        ("As follows: 1. Speed. 2. Cost.", ("As follows: 1. Speed.", "2. Cost.")),
        ("要旨です。次の文です！終わり", ("要旨です。", "次の文です！", "終わり")),
        ("Wait... Then go.", ("Wait...", "Then go.")),
        ("", ()),
        (" \n ", ()),
    ],
)
def test_sentences_end_where_they_end(text: str, parts: tuple[str | None, ...]) -> None:
    assert sentences(text) == tuple("We went." if part is None else part for part in parts)


@given(st.text(alphabet="ab A.!?。e g1)\"'"))
def test_sentences_hold_the_whole_text(text: str) -> None:
    assert "".join("".join(sentences(text)).split()) == "".join(text.split())


def test_a_script_without_blanks_is_joined_without() -> None:
    assert join_sentences(["One.", "Two."]) == "One. Two."
    assert join_sentences(["要旨。", "次。"]) == "要旨。次。"


def test_whole_sentences_are_preferred() -> None:
    first = "We study e.g. cats, following Doe et al. in all that we do here. "
    text = first + "Second sentence is of use to nobody at all, in truth. " + "W " * 300
    whole = first + "Second sentence is of use to nobody at all, in truth."
    assert first_sentences(text, 130) == whole
    assert first_sentences("Short. " + "word " * 100, 100).endswith("word…")
    assert first_sentences("") == ""


def test_a_wide_script_gets_half_the_characters() -> None:
    assert len(first_sentences("概要。" * 200)) == 150
    mixed = "概要" * 60 + " and then words follow. " * 40
    assert width_of(first_sentences(mixed)) <= 300


@given(st.text(), st.integers(20, 80))
def test_what_fits_is_left_and_what_is_cut_fits(text: str, length: int) -> None:
    cut = first_sentences(text, length)
    assert width_of(cut) <= length
    assert first_sentences(cut, length) == cut
