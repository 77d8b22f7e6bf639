"""Short titles: what a subject shows of a paper."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.prose import width_of
from digest.rendering.titles import SHORT_TITLE_WIDTH, short_title
from tests.support.real_days import known_papers

MARK = "\u200e"
PAIRS = ("()", "[]", "“”", "「」")


@pytest.mark.parametrize(
    ("title", "short"),
    [
        ("Attention Is All You Need", "Attention Is All You Need"),
        # What stands before a colon serves where it says enough, not where it is a mere name.
        (
            "Advancing Wood Identification in the Philippines: Utilizing the Xylorix Platform",
            "Advancing Wood Identification in the Philippines",
        ),
        (
            "DREAM: Dense Retrieval Embeddings via Autoregressive Modeling",
            "DREAM: Dense Retrieval Embeddings…",
        ),
        (
            "Has GPT-5 Achieved Spatial Intelligence? An Empirical Study of Many Models",
            "Has GPT-5 Achieved Spatial Intelligence?",
        ),
        # Before a phrase, never behind the word that leads it.
        (
            "Scaling Reasoning can Improve Factuality in Large Language Models",
            "Scaling Reasoning can Improve Factuality…",
        ),
        (
            "Omni-WorldBench: Towards a Comprehensive Interaction-Centric Evaluation of Worlds",
            "Omni-WorldBench: Towards a Comprehensive…",
        ),
        (
            "Apprentissage par renforcement de modèles de langue pour le calcul scientifique",
            "Apprentissage par renforcement de modèles…",
        ),
        # Quotations and brackets are closed, or not begun.
        (
            'LongVT: Incentivizing "Thinking with Long Videos" via Native Tool Calling',
            'LongVT: Incentivizing "Thinking…"',
        ),
        (
            "Large Reasoning Models Reason Well Enough (Until They Have to Stop and Think)",
            "Large Reasoning Models Reason Well Enough…",
        ),
        ("大規模言語モデル" * 6, "大規模言語モデル" * 2 + "大規模言語モデ…"),
        ("Pneumono" + "ultramicroscopic" * 9, "Pneumono" + "ultramicroscopic" * 2 + "ultrami…"),
    ],
)
def test_a_short_title_is_a_whole_phrase(title: str, short: str) -> None:
    assert short_title(title) == short


def test_what_follows_a_title_from_right_to_left_is_not_turned() -> None:
    """Without the mark "· 30 papers" would be shown on the wrong side of an Arabic title."""
    title = "تعلم الآلة للغات قليلة الموارد"
    assert short_title(title) == title + MARK
    assert MARK not in short_title("تعلم Arabic in Latin letters at the end")


@given(st.text(max_size=300) | st.text(st.sampled_from('ab ("“「漢。:,é\u0301ا)'), max_size=200))
def test_no_title_is_too_wide_or_empty(title: str) -> None:
    short = short_title(title)
    # A closing sign or two behind the ellipsis may be more than the room.
    closing = len(short) - len(short.rstrip(')"”」'))
    assert width_of(short.rstrip(MARK)) <= SHORT_TITLE_WIDTH + closing
    assert bool(short.strip(MARK)) == bool(title.strip())
    assert short == " ".join(short.split())


def test_real_titles_are_cut_where_they_read_well() -> None:
    """Of 13,000 real titles none is cut behind "of" or "the", and none is left open."""
    titles = {known.title for known in known_papers().values()}
    cut = {title: short_title(title) for title in titles}
    behind = ("of", "the", "a", "an", "and", "in", "for", "with", "via", "to", "from", "on", "by")
    assert len(cut) > 9_000
    for title, short in cut.items():
        assert width_of(short) <= SHORT_TITLE_WIDTH
        if short != title:
            last = short.rstrip("…").split(" ")[-1].lower()
            assert not short.endswith("…") or last not in behind, title
            assert short.count('"') % 2 == 0, title
            for opening, closing in PAIRS:
                if title.count(opening) == title.count(closing):
                    assert short.count(opening) == short.count(closing), title
    told = [short for title, short in cut.items() if short != title]
    assert sum(map(width_of, told)) / len(told) > 30
