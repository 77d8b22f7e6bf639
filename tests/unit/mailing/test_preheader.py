"""The line beside the subject says what the subject does not."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from digest.mailing.preheader import LONGEST, SHORTEST, compose_preheader
from digest.prose import width_of

TEASER = (
    "We show that a thing which nobody expected of it does it after all, and at half of the cost."
)
FACTS = ("Robotics", "Daily Papers, Monday, 23 November 2026", "4 papers, 2 themes")
WORDS = st.text(max_size=90) | st.text(st.sampled_from("大規模言語 aé\u0301😀"), max_size=90)


@given(st.lists(WORDS, min_size=1, max_size=6), st.just("") | WORDS)
def test_it_is_one_line_of_40_to_130_characters_in_any_script(titles, teaser) -> None:
    line = compose_preheader(titles, teaser, FACTS)
    assert len(line) >= SHORTEST
    assert width_of(line) <= LONGEST
    assert line == " ".join(line.split())


def test_it_tells_the_other_papers_since_the_subject_tells_the_first() -> None:
    titles = ["The lead paper", "A second paper of the day", "And a third that is there"]
    line = compose_preheader(titles, TEASER, FACTS)
    assert line == "A second paper of the day · And a third that is there"


def test_where_there_are_few_others_it_says_what_the_first_is_about() -> None:
    assert compose_preheader(["The lead paper"], TEASER, FACTS) == TEASER
    line = compose_preheader(["The lead paper", "A second one"], TEASER, FACTS)
    assert line == f"{TEASER} · A second one"
    long = compose_preheader(["The lead paper", "A second one"], TEASER * 2, FACTS)
    assert long.endswith("… · A second one")


def test_a_paper_without_a_word_about_it_is_told_by_its_theme_and_day() -> None:
    line = compose_preheader(["The lead paper"], "", FACTS)
    assert line == "Robotics · Daily Papers, Monday, 23 November 2026"


def test_short_titles_are_gathered_until_there_is_something_to_read() -> None:
    line = compose_preheader(["X", "Y", "大規模", "Z"], "Short.", FACTS)
    assert line.startswith("Short. · Y · 大規模 · Z · Robotics")
    assert len(line) >= SHORTEST


@given(st.lists(st.text("abc", min_size=20, max_size=48), min_size=4, max_size=9, unique=True))
def test_titles_stand_whole(titles) -> None:
    line = compose_preheader(titles, TEASER, FACTS)
    shown = line.split(" · ")
    assert shown == titles[1 : 1 + len(shown)]
