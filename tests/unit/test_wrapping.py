"""Text is wrapped as a writer would do it, whatever its script."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.prose.clusters import is_inside
from digest.prose.wrapping import COLUMNS, columns_of, growth, underline, wrap, wrap_lines

WORDS = st.lists(st.text(min_size=1, max_size=30).filter(lambda t: not t.isspace()), min_size=1)
MIXED = st.text(
    st.sampled_from("ab 漢字。、「」（）e\u0301か\u3099-é😀\u00a0\n🏳️\u200d🌈") | st.characters()
)


@given(WORDS)
def test_wrapping_keeps_every_word_and_the_width(words: list[str]) -> None:
    text = " ".join(words)
    wrapped = wrap(text, "* ", "  ")
    assert "".join(wrapped.split()).lstrip("*") == "".join(text.split()).lstrip("*")
    for line in wrapped.split("\n"):
        assert columns_of(line) <= COLUMNS or len(line.split()) <= 2
        assert line == line.rstrip()


def test_a_link_is_never_broken_and_wide_text_breaks_between_letters() -> None:
    link = "https://example.org/" + "a" * 100
    assert link in wrap(f"see {link} now").split("\n")
    lines = wrap("漢字" * 60).split("\n")
    assert [columns_of(line) for line in lines] == [72, 72, 72, 24]
    assert underline("漢字", "=") == "漢字\n===="


@pytest.mark.parametrize("shift", range(4))
def test_no_line_of_chinese_or_japanese_begins_or_ends_with_a_sign_that_may_not(shift: int) -> None:
    text = "あ" * shift + "「大規模」（言語）モデル、研究です。" * 20
    lines = wrap(text).split("\n")
    assert len(lines) > 5
    assert not [line for line in lines if line[0] in "」）、。" or line[-1] in "「（"]


def test_a_letter_keeps_its_marks_at_a_line_end() -> None:
    text = ("葛\U000e0100" * 20 + "か\u3099" * 50) * 2
    for line in wrap(text).split("\n"):
        assert line[0] in "葛か"


def test_a_blank_that_is_not_to_break_does_not() -> None:
    lines = wrap("1,234\u00a0★ " * 30).split("\n")
    assert len(lines) > 2
    assert all(line.startswith("1,234\u00a0★") for line in lines)


@given(MIXED, st.integers(1, 20))
def test_only_lines_that_are_too_long_are_wrapped(text: str, repeated: int) -> None:
    page = "\n".join([text, "  - " + text * repeated, "short"])
    wrapped = wrap_lines(page)
    assert "".join(wrapped.split()) == "".join(page.split())
    if all(columns_of(line) <= COLUMNS for line in page.split("\n")):
        assert wrapped == page
    assert wrap_lines(wrapped) == wrapped
    assert _octets(wrapped) <= _octets(page) + growth(_octets(page))


def _octets(text: str) -> int:
    return len(text.encode("utf-8", "replace")) + text.count("\n")


@pytest.mark.parametrize("beginning", ["", "  ", "- ", "  - "])
def test_what_a_line_begins_with_its_parts_begin_below(beginning: str) -> None:
    first, *others = wrap_lines(beginning + "word " * 40).split("\n")
    assert first.startswith(f"{beginning}word")
    assert len(others) > 1
    assert all(line.startswith(" " * len(beginning) + "word") for line in others)


@pytest.mark.parametrize(
    "letter",
    [
        "e\u0301",  # a base and its accent
        "👩\u200d🔬",  # a joined emoji
        "👍🏽",  # one with a skin tone
        "🇫🇷",  # a flag
        "नि",  # a consonant and its vowel sign
        "क्ष",  # two consonants and what joins them
        "ᄒ\u1161\u11ab",  # a syllable of three parts
        "❤\ufe0f",
    ],
)  # fmt: skip
def test_a_letter_as_readers_see_it_has_no_place_for_a_cut(letter: str) -> None:
    text = letter * 3
    cuts = [n for n in range(1, len(text)) if not is_inside(text, n)]
    assert cuts == [len(letter), 2 * len(letter)]
    assert not is_inside(text, 0)
    assert not is_inside(text, len(text))
