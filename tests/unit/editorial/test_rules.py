"""What a theme's phrases and categories find, and whose claim is the stronger."""

from __future__ import annotations

from dataclasses import replace

import pytest

from digest.editorial.rules import Topic, Topics, place_by_rule
from digest.editorial.words import PaperWords
from digest.model import Paper, PaperId, Placement


def place(paper: Paper, *topics: Topic) -> Placement | None:
    ready = Topics(topics)
    return place_by_rule(ready.match(paper, PaperWords.of(paper, ready.longest)))


def paper(title: str, **fields: object) -> Paper:
    return replace(Paper(ids=(PaperId("arxiv", "2611.00001"),), title=title), **fields)


@pytest.mark.parametrize(
    ("phrase", "text", "found"),
    [
        ("red-teaming", "Red teaming at scale", True),
        ("red teaming", "RED-TEAMING at scale", True),
        ("multimodal", "A multi-modal view", True),
        ("multi-modal", "A multimodal view", True),
        ("jailbreak", "Many jailbreaks", True),
        ("case studies", "One case study", True),
        ("video", "Long videos", True),
        ("AI safety", "On AI-safety.", True),
        ("agent", "Reagents in chemistry", False),
        ("RL", "Early world models", False),
        ("align", "Alignment", False),
        ("bias", "Biased", False),
        ("C++", "Porting C++ code", True),
        ("C++", "Porting C code", False),
        ("large models", "Large (and small) models", False),
        ("对齐", "大模型对齐研究", True),
        ("théorie", "La Théorie des jeux", True),
        ("...", "Dots ... everywhere", False),
    ],
)
def test_phrases_match_whole_words_in_any_case_number_and_hyphenation(
    phrase: str, text: str, found: bool
) -> None:
    topic = Topic(name="T", keywords=(phrase,))
    assert (place(paper(text), topic) is not None) == found
    assert (place(paper("Nothing", abstract=text), topic) is not None) == found


def test_a_phrase_never_spans_two_fields() -> None:
    assert (
        place(paper("On red", abstract="Teaming."), Topic(name="T", keywords=("red teaming",)))
        is None
    )


def test_the_title_weighs_more_than_the_abstract() -> None:
    vision = Topic(name="Vision", keywords=("image",))
    safety = Topic(name="Safety", keywords=("jailbreak",))
    found = place(paper("Jailbreaks", abstract="An image, an image."), vision, safety)
    assert found == Placement(theme="Safety", by="rule", words=("jailbreak",), second="Vision")


def test_equal_claims_go_to_the_rule_that_stands_first() -> None:
    one, two = Topic(name="B", keywords=("image",)), Topic(name="A", keywords=("image",))
    assert place(paper("An image"), one, two).theme == "B"
    assert place(paper("An image"), two, one).theme == "A"


@pytest.mark.parametrize(
    ("pattern", "found"), [("stat.*", True), ("STAT.ml", True), ("stat", False), ("cs.*", False)]
)
def test_categories_match_with_a_wildcard(pattern: str, found: bool) -> None:
    one = paper("A title", categories=("math.ST", "stat.ML"))
    topic = Topic(name="Statistics", categories=(pattern,))
    placement = place(one, topic)
    assert (placement is not None and placement.words == ("stat.ML",)) == found


def test_a_source_s_keywords_count_as_text() -> None:
    assert place(
        paper("A title", keywords=("Speech synthesis",)), Topic(name="T", keywords=("speech",))
    )
