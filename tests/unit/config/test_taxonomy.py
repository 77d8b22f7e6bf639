"""The themes known beforehand are a file that the config extends, renames or replaces."""

from __future__ import annotations

from pathlib import Path

import pytest

from digest.config import ThemesConfig, load_taxonomy, renamed_themes
from digest.errors import ConfigError


def names(themes: ThemesConfig, folder: Path = Path()) -> list[str]:
    return [rule.name for rule in load_taxonomy(themes, folder)]


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
    bees, ants = load_taxonomy(ThemesConfig(taxonomy="mine.yaml"), tmp_path)
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
    found = {rule.name: rule for rule in load_taxonomy(themes, Path())}
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
