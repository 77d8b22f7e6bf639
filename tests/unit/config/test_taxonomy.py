"""The themes known beforehand are a file that the config extends, renames or replaces."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from digest.config import (
    ThemeRule,
    ThemesConfig,
    load_config,
    load_taxonomy,
    renamed_themes,
)
from digest.errors import ConfigError


def names(themes: ThemesConfig, folder: Path = Path()) -> list[str]:
    return [entry.name for entry in load_taxonomy(themes, folder)[1]]


def test_forty_themes_or_more_come_with_the_program() -> None:
    found = names(ThemesConfig())
    assert len(found) >= 40
    assert len({name.casefold() for name in found}) == len(found)


def test_none_means_none() -> None:
    assert names(ThemesConfig(taxonomy="none")) == []


def test_a_file_replaces_them_all(tmp_path: Path) -> None:
    """Its path is against the config's folder, whatever the working directory."""
    text = "- {name: Bees, keywords: [bee, honey], weight: 0.5}\n"
    (tmp_path / "mine.yaml").write_text(text + "- {name: Ants, categories: [q-bio.*]}\n")
    bees, ants = load_taxonomy(ThemesConfig(taxonomy="mine.yaml"), tmp_path)[1]
    assert (bees.name, bees.keywords, bees.weight) == ("Bees", ("bee", "honey"), 0.5)
    assert ants.categories == ("q-bio.*",)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- {name: Bees}\n", "mine.yaml:1:3: [0]: needs keywords or categories"),
        ("- {name: Bees, keyword: [bee]}\n", "[0].keyword: unknown key (did you mean keywords?)"),
        ("- name: Bees\n  keywords: [bee]\n- name: bees\n  keywords: [b]\n", "mine.yaml:3"),
        ("[]\n", "mine.yaml"),
        ("bees\n", "mine.yaml"),
        ("- {name: Bees, keywords: [bee], weight: 0}\n", "[0].weight"),
        ("- {name: Bees, keywords: [bee], pin: true}\n", "mine.yaml:1:33: [0].pin: unknown key"),
        ("- {name: Bees, keywords: ['!!!']}\n", "[0].keywords[0]: holds no word"),
    ],
)
def test_a_wrong_file_is_told_at_its_line(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "mine.yaml").write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_taxonomy(ThemesConfig(taxonomy="mine.yaml"), tmp_path)
    assert said in str(caught.value)


def test_a_file_that_is_not_there_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"gone\.yaml.*themes\.taxonomy"):
        load_taxonomy(ThemesConfig(taxonomy="gone.yaml"), tmp_path)


def test_a_theme_is_renamed() -> None:
    themes = ThemesConfig(rename={"agents & tool use": "Agents"})
    assert "Agents" in names(themes)
    assert "Agents & Tool Use" not in names(themes)
    assert renamed_themes(themes) == {"agents & tool use": "Agents"}


def test_merged_themes_are_one_at_the_place_of_the_first() -> None:
    themes = ThemesConfig(merge={"Seeing": ("Segmentation", "Video Understanding")})
    found = {entry.name: entry for entry in load_taxonomy(themes, Path())[1]}
    assert not {"Segmentation", "Video Understanding"} & found.keys()
    assert {"panoptic", "action recognition"} <= set(found["Seeing"].keywords)


def test_a_merged_theme_may_be_renamed() -> None:
    themes = ThemesConfig(merge={"Seeing": ("Segmentation",)}, rename={"Seeing": "Vision"})
    assert "Vision" in names(themes)


def test_a_name_that_is_nearly_one_of_them_is_a_mistake() -> None:
    with pytest.raises(ConfigError, match=r"themes\.merge.*did you mean 'Segmentation'"):
        names(ThemesConfig(merge={"Seeing": ("Segmentatoin",)}))


def test_a_stranger_may_come_out_of_the_papers() -> None:
    """Phrases of titles become names too, and may be renamed."""
    assert names(ThemesConfig(rename={"Kitchen Robots": "Robots"}))


def test_a_mistaken_name_is_told_at_its_line(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(
        "newsletter: {from: papers@example.org}\n"
        "sources: [{kind: file, path: day.json}]\n"
        "themes:\n  merge:\n    Seeing: [Point Clouds, Segmentatoin]\n"
    )
    config = load_config(tmp_path / "config.yaml")
    with pytest.raises(ConfigError) as caught:
        load_taxonomy(config.themes, config.folder, config.origin)
    where = "config.yaml:5:28: themes.merge: no theme is called 'Segmentatoin'"
    assert where in str(caught.value)


def rules(themes: ThemesConfig) -> dict[str, tuple[str, ...]]:
    settled, _ = load_taxonomy(themes, Path())
    return {rule.name: rule.keywords for rule in settled.rules}


def test_a_rule_is_renamed_like_any_theme() -> None:
    rule = ThemeRule(name="Our Lab", keywords=("telescope",))
    assert rules(ThemesConfig(rules=(rule,), rename={"our lab": "The Lab"})) == {
        "The Lab": ("telescope",)
    }


def test_a_theme_that_is_merged_into_a_rule_adds_its_words() -> None:
    rule = ThemeRule(name="Masks", keywords=("mask",))
    themes = ThemesConfig(rules=(rule,), merge={"Masks": ("Segmentation",)})
    assert {"mask", "panoptic"} <= set(rules(themes)["Masks"])
    assert not {"Masks", "Segmentation"} & set(names(themes))


def test_a_rule_replaces_the_theme_of_its_name() -> None:
    rule = ThemeRule(name="SEGMENTATION", keywords=("mask",))
    themes = ThemesConfig(rules=(rule,))
    assert rules(themes) == {"SEGMENTATION": ("mask",)}
    assert "Segmentation" not in names(themes)


def test_names_may_be_changed_in_a_chain_but_not_in_a_circle() -> None:
    chain = ThemesConfig(merge={"A": ("Segmentation",), "B": ("A", "Point Clouds")})
    assert renamed_themes(chain) == {"segmentation": "B", "a": "B", "point clouds": "B"}
    circle = ThemesConfig(rename={"Segmentation": "Masks", "Masks": "Segmentation"})
    assert set(renamed_themes(circle)) == {"segmentation", "masks"}


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ({"merge": {"V": ["Segmentation"], "W": ["segmentation"]}}, "two new names"),
        ({"merge": {"V": ["Segmentation"]}, "rename": {"Segmentation": "W"}}, "two new names"),
        ({"merge": {"V": []}}, "at least 1"),
        ({"rename": {"Segmentation": "other"}}, "name for the rest"),
        ({"merge": {"And more": ["Segmentation"]}, "other": "And More"}, "name for the rest"),
    ],
)
def test_contradictions_are_refused(setting: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        ThemesConfig.model_validate(setting)
