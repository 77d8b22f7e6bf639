"""Phrases that several titles carry make names, if they are whole and say something."""

from __future__ import annotations

import pytest

from digest.editorial.phrases import spelling, title_case, title_phrases
from digest.model import Paper, PaperId


def papers(*titles: str) -> list[Paper]:
    return [
        Paper(ids=(PaperId("url", f"example.org/{n}"),), title=title)
        for n, title in enumerate(titles)
    ]


def names(*titles: str) -> list[str]:
    return [name for name, _ in title_phrases(papers(*titles), day=100)]


def test_the_commonest_phrase_comes_first_with_its_share() -> None:
    found = title_phrases(
        papers("Robot Grasping at Night", "On Robot Grasping", "Robot Grasping", "Tea Leaves"), 100
    )
    assert found == [("Robot Grasping", 0.75)]


@pytest.mark.parametrize(
    ("titles", "whole"),
    [
        (("Multimodal Large Language Models Think", "Do Multimodal Large Language Models Act"),
         "Multimodal Large Language Models"),
        (("Agentic Reinforcement Learning at Sea", "More Agentic Reinforcement Learning"),
         "Agentic Reinforcement Learning"),
        (("Video World Models Dream", "Tiny Video World Models"), "Video World Models"),
    ],
)  # fmt: skip
def test_a_part_of_a_longer_phrase_is_no_name(titles: tuple[str, str], whole: str) -> None:
    assert names(*titles) == [whole]


@pytest.mark.parametrize(
    "phrase",
    [
        "Large Language Models",
        "Language Models",
        "Natural Language",
        "Comprehensive Benchmark",
        "Comprehensive Evaluation",
        "Technical Report",
        "Personally Intelligent",
        "Foundation Models",
        "Case Study",
        "2024 2025",
    ],
)
def test_what_says_nothing_in_this_field_is_no_name(phrase: str) -> None:
    assert names(f"{phrase}: of Tea", f"Ships and {phrase}") == []


def test_a_possessive_is_no_name() -> None:
    assert names("The VLM's Visual Mind", "A VLM's Visual Heart") == []


def test_what_half_of_the_day_carries_names_nothing() -> None:
    day = papers(*(f"Robot Grasping in Room {n}" for n in range(6)))
    assert title_phrases(day, day=12) == []
    assert title_phrases(day, day=13)[0][0] == "Robot Grasping"


@pytest.mark.parametrize(
    ("written", "headed"),
    [
        ("retrieval-augmented generation", "Retrieval-Augmented Generation"),
        ("image-to-video generation", "Image-to-Video Generation"),
        ("llm agents", "LLM Agents"),
        ("llms in the wild", "LLMs in the Wild"),
        ("NeRF editing", "NeRF Editing"),
        ("3d vision", "3D Vision"),
    ],
)
def test_names_are_in_title_case_with_the_fields_acronyms(written: str, headed: str) -> None:
    assert title_case(written) == headed


def test_a_title_in_capitals_does_not_shout_its_phrase() -> None:
    assert names("ROBOT GRASPING", "ROBOT GRASPING AGAIN") == ["Robot Grasping"]


def test_a_word_is_spelled_as_most_papers_do() -> None:
    day = papers("Gaussian splatting", "Fast Gaussian Splatting", "NeRF and 3DGS")
    assert spelling("gaussian splatting", day) == "gaussian splatting"
    assert spelling("3dg", day) == "3DGS"
