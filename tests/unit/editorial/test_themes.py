"""Sections part a day's papers, with names that its papers support."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.config import ThemeRule, ThemesConfig
from digest.editorial.themes import group_papers
from digest.editorial.ward import cluster
from digest.model import Paper, PaperId, Section
from tests.support.knowing import shipped_knowledge
from tests.support.labelled_days import labelled_day, labels
from tests.support.strategies import papers_apart


def grouped(papers: Sequence[Paper], config: ThemesConfig | None = None) -> tuple[Section, ...]:
    return group_papers(papers, config or ThemesConfig(), shipped_knowledge())


DAYS = ("seed32_hand", "hf_2025-10-15_hand", "neurips2023_orals")


@pytest.fixture(scope="module", params=DAYS)
def day(request: pytest.FixtureRequest) -> tuple[str, tuple[Paper, ...], tuple[Section, ...]]:
    papers = labelled_day(request.param)
    return request.param, papers, grouped(papers)


@settings(max_examples=40, deadline=None)
@given(papers_apart(), st.booleans())
def test_every_paper_is_in_one_section_and_none_is_empty(found, discover: bool) -> None:
    rule = ThemeRule(name="Robots", keywords=("robot",), categories=("cs.RO",))
    sections = grouped(found, ThemesConfig(discover=discover, rules=(rule,)))
    placed = [p for section in sections for p in section.papers]
    assert sorted(p.id for p in placed) == sorted(p.id for p in found)
    assert all(p.placement.theme == s.theme for s in sections for p in s.papers)
    assert len({s.theme.casefold() for s in sections}) == len(sections)
    assert all(section.papers for section in sections)


def test_a_real_day_becomes_readable_themes(day) -> None:
    """6 to 16 themes, none with one paper, none over 30 % of the day, Other at most 10 %."""
    _, papers, sections = day
    sizes = {s.theme: len(s.papers) for s in sections}
    assert sizes.pop("Other", 0) <= len(papers) / 10
    assert 6 <= len(sizes) <= 16
    assert min(sizes.values()) >= 2
    assert max(sizes.values()) <= 0.3 * len(papers)


def test_a_theme_of_the_day_agrees_with_people_far_above_chance(day) -> None:
    """Of the pairs that share a theme, at least three times as many share a person's label as
    of all pairs."""
    name, papers, sections = day
    gold = labels(name)

    def agreement(pairs) -> float:
        found = [gold[a.source_id] == gold[b.source_id] for a, b in pairs]
        return sum(found) / len(found)

    together = [pair for s in sections for pair in combinations(s.papers, 2)]
    assert agreement(together) >= 3 * agreement(list(combinations(papers, 2)))


def test_a_day_on_one_topic_is_split_into_sub_themes() -> None:
    sections = grouped(labelled_day("seed32_hand"))
    assert len(sections) >= 6
    assert "Safety" not in {s.theme for s in sections}


def test_a_paper_that_no_rule_takes_says_what_put_it_there(day) -> None:
    for section in day[2]:
        for paper in section.papers:
            assert paper.placement.by in ("taxonomy", "discovered", "other")
            assert paper.placement.second != section.theme


def test_the_order_of_the_papers_changes_no_theme(day) -> None:
    _, papers, sections = day
    turned = grouped(papers[::-1])
    assert [(s.theme, s.subtitle, set(s.papers)) for s in turned] == [
        (s.theme, s.subtitle, set(s.papers)) for s in sections
    ]


def test_another_hash_seed_changes_no_byte() -> None:
    script = (
        "import json;from tests.support.labelled_days import labelled_day;"
        "from tests.unit.editorial.test_themes import grouped;"
        "s=grouped(labelled_day('seed32_hand'));"
        "print(json.dumps([(x.theme,x.subtitle,[repr(p) for p in x.papers]) for x in s]))"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONHASHSEED": seed},
            cwd=Path(__file__).parents[3],
            check=True,
            capture_output=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1
    assert len(json.loads(outputs.pop())) > 5


def test_rules_of_the_config_take_their_papers_first() -> None:
    papers = labelled_day("hf_2025-10-15_hand")
    rule = ThemeRule(name="Moving pictures", keywords=("video",))
    sections = {s.theme: s for s in grouped(papers, ThemesConfig(rules=(rule,)))}
    taken = sections["Moving pictures"].papers
    assert {p.placement.by for p in taken} == {"rule"}
    assert {p.id for p in papers if "video" in p.title.casefold()} <= {p.id for p in taken}


def test_a_rule_replaces_the_built_in_theme_of_its_name() -> None:
    """No second section of that name appears, in whatever case it is written."""
    name = shipped_knowledge().topics[0].name.upper()
    rule = ThemeRule(name=name, keywords=("no such phrase anywhere",))
    sections = grouped(labelled_day("seed32_hand"), ThemesConfig(rules=(rule,)))
    assert name.casefold() not in {s.theme.casefold() for s in sections}


def test_without_discovery_the_rest_stands_under_its_own_name() -> None:
    config = ThemesConfig(discover=False, other="And more")
    (section,) = grouped(labelled_day("seed32_hand"), config)
    assert (section.theme, len(section.papers)) == ("And more", 32)


@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_the_smallest_days_work(count: int) -> None:
    papers = labelled_day("seed32_hand")[:count]
    sections = grouped(papers)
    assert sum(len(s.papers) for s in sections) == count
    assert all(len(s.papers) > 1 or s.theme == "Other" for s in sections)


def test_two_papers_on_one_thing_get_its_name() -> None:
    papers = [
        Paper(ids=(PaperId("url", f"example.org/{n}"),), title=title)
        for n, title in enumerate(
            ["Sourdough starter ecology", "The sourdough starters of Malta", "Why cats purr"]
        )
    ]
    found = {s.theme: len(s.papers) for s in grouped(papers)}
    assert found in ({"Sourdough Starter": 3}, {"Sourdough Starter": 2, "Other": 1})


def test_two_thousand_papers_get_a_handful_of_themes() -> None:
    seed = [p for name in DAYS for p in labelled_day(name)]
    papers = [
        replace(seed[n % len(seed)], ids=(PaperId("url", f"example.org/{n}"),)) for n in range(2000)
    ]
    sections = grouped(papers)
    assert sum(len(s.papers) for s in sections) == 2000
    assert 6 <= len(sections) <= 17


def test_no_two_built_in_themes_share_a_name() -> None:
    names = Counter(topic.name.casefold() for topic in shipped_knowledge().topics)
    assert len(names) == len(shipped_knowledge().topics) >= 40


def test_ward_parts_clear_clusters() -> None:
    spots = [0.0, 0.1, 5.0, 5.1, 5.2, 9.0]
    distances = [[(a - b) ** 2 for b in spots] for a in spots]
    assert cluster(distances, 3) == ((0, 1), (2, 3, 4), (5,))
    assert cluster(distances, 1) == ((0, 1, 2, 3, 4, 5),)
    assert cluster(distances, 9) == tuple((n,) for n in range(6))
    assert cluster([], 3) == ()


def test_a_subtitle_holds_only_words_of_the_titles(day) -> None:
    """Words that no author put into a title say little at the head of a theme."""
    for section in day[2]:
        titles = " ".join(paper.title.lower().replace("-", " ") for paper in section.papers)
        for phrase in filter(None, section.subtitle.split(", ")):
            assert all(word[:4].lower() in titles for word in phrase.replace("-", " ").split())
