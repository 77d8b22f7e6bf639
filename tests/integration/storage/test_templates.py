"""A person's own template comes first, ours stands behind it."""

from __future__ import annotations

from pathlib import Path

import pytest

from digest.errors import TemplateError
from digest.storage import templates
from digest.storage.templates import list_template_sets, load_template_set, stands_on


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two shipped sets, `daily` whole and `plain` with one file of its own."""
    folder = tmp_path / "shipped"
    monkeypatch.setattr(templates, "shipped_folder", lambda: folder)
    _write(folder / "daily" / "letter.mjml.j2", "daily letter")
    _write(folder / "daily" / "foot.mjml.j2", "daily foot")
    _write(folder / "daily" / "letter.txt.j2", "daily text")
    _write(folder / "plain" / "letter.mjml.j2", "plain letter")
    return folder


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def test_own_then_shipped_of_that_name_then_daily(tmp_path: Path, shipped: Path) -> None:
    _write(tmp_path / "templates" / "plain" / "foot.mjml.j2", "my foot")
    found = load_template_set("plain", tmp_path)
    assert found.name == "plain"
    assert found.files == {
        "letter.mjml.j2": "plain letter",
        "foot.mjml.j2": "my foot",
        "letter.txt.j2": "daily text",
        "daily/letter.mjml.j2": "daily letter",
        "daily/foot.mjml.j2": "daily foot",
        "daily/letter.txt.j2": "daily text",
        "plain/letter.mjml.j2": "plain letter",
    }
    assert found.places["foot.mjml.j2"] == "templates/plain/foot.mjml.j2"
    assert set(found.places) == set(found.files)


def test_a_qualified_name_is_always_the_shipped_file(tmp_path: Path, shipped: Path) -> None:
    _write(tmp_path / "templates" / "daily" / "letter.mjml.j2", "mine")
    _write(tmp_path / "templates" / "daily" / "daily" / "letter.mjml.j2", "a trick")
    _write(tmp_path / "templates" / "mine" / "parts" / "row.mjml.j2", "row")
    found = load_template_set("daily", tmp_path)
    assert found.files["letter.mjml.j2"] == "mine"
    assert found.files["daily/letter.mjml.j2"] == "daily letter"
    mine = load_template_set("mine", tmp_path)
    assert mine.files["parts/row.mjml.j2"] == "row"
    assert mine.files["letter.mjml.j2"] == "daily letter"
    assert "mine/parts/row.mjml.j2" not in mine.files


def test_a_set_stands_on_the_shipped_one_that_it_extends(tmp_path: Path, shipped: Path) -> None:
    _write(shipped / "plain" / "style.css.j2", "plain style")
    _write(shipped / "plain" / "foot.mjml.j2", "plain foot")
    own = tmp_path / "templates" / "mine"
    _write(own / "letter.mjml.j2", '{%- extends "plain/letter.mjml.j2" %}')
    _write(own / "foot.mjml.j2", "my foot")
    found = load_template_set("mine", tmp_path).files
    assert found["style.css.j2"] == "plain style"
    assert found["foot.mjml.j2"] == "my foot"
    assert found["letter.txt.j2"] == "daily text"
    assert stands_on("mine", tmp_path) == ("plain", "daily")
    _write(own / "letter.mjml.j2", '{# {% extends "plain/letter.mjml.j2" %} #}')
    assert "style.css.j2" not in load_template_set("mine", tmp_path).files
    assert stands_on("mine", tmp_path) == stands_on("daily", tmp_path) == ("daily",)


def test_only_template_files_are_read(tmp_path: Path, shipped: Path) -> None:
    own = tmp_path / "templates" / "mine"
    _write(own / "letter.mjml.j2", "mine")
    for name in (".letter.mjml.j2.swp", ".hidden.j2", "letter.mjml.j2~", "README.md"):
        _write(own / name, "not a template")
    (own / "logo.png").write_bytes(b"\x89PNG\xff\xfe")
    found = load_template_set("mine", tmp_path)
    assert {n for n in found.files if "/" not in n} == {
        "letter.mjml.j2",
        "foot.mjml.j2",
        "letter.txt.j2",
    }


@pytest.mark.parametrize(
    "name",
    ["../shipped/daily", "../../etc", "/etc", "..", ".", "", "daily/", "a\0b", "~root", "weekley"],
)
def test_names_that_are_no_set_are_refused_with_those_there_are(
    tmp_path: Path, shipped: Path, name: str
) -> None:
    _write(tmp_path / "templates" / "mine" / "letter.mjml.j2", "mine")
    _write(tmp_path / "etc" / "letter.mjml.j2", "outside")
    with pytest.raises(TemplateError) as caught:
        load_template_set(name, tmp_path / "templates" / "..")
    assert len(caught.value.lines()) == 1
    assert "there are: daily, mine, plain" in str(caught.value)


def test_files_that_are_not_text_are_all_told_with_their_lines(
    tmp_path: Path, shipped: Path
) -> None:
    own = tmp_path / "templates" / "mine"
    _write(own / "letter.mjml.j2", "fine")
    (own / "foot.mjml.j2").write_bytes(b"one\ntwo \xe9\n")
    (own / "big.txt.j2").write_bytes(b"x" * 1_000_001)
    (own / "gone.txt.j2").symlink_to(own / "nowhere")
    with pytest.raises(TemplateError) as caught:
        load_template_set("mine", tmp_path)
    lines = caught.value.lines()
    assert len(lines) == 3
    assert "templates/mine/foot.mjml.j2:2: is not UTF-8 text (save it as UTF-8)" in lines
    assert any("big.txt.j2: is larger" in line for line in lines)
    assert any("gone.txt.j2: cannot be read" in line for line in lines)


def test_windows_line_ends_and_a_bom_change_nothing(tmp_path: Path, shipped: Path) -> None:
    own = tmp_path / "templates" / "mine"
    own.mkdir(parents=True)
    (own / "letter.mjml.j2").write_bytes(b"\xef\xbb\xbfone\r\ntwo\r\n")
    assert load_template_set("mine", tmp_path).files["letter.mjml.j2"] == "one\ntwo\n"


def test_sets_are_listed_once_without_empty_folders(tmp_path: Path, shipped: Path) -> None:
    _write(tmp_path / "templates" / "daily" / "letter.mjml.j2", "mine")
    _write(tmp_path / "templates" / "mine" / "letter.mjml.j2", "mine")
    (tmp_path / "templates" / "empty").mkdir()
    found = list_template_sets(tmp_path)
    assert [(known.name, known.origin) for known in found] == [
        ("daily", "own over shipped"),
        ("mine", "own"),
        ("plain", "shipped"),
    ]
    assert found[0].own == ("letter.mjml.j2",)
    assert found[0].shipped == ("foot.mjml.j2", "letter.mjml.j2", "letter.txt.j2")
    assert [known.name for known in list_template_sets(tmp_path / "nowhere")] == ["daily", "plain"]


def test_a_wrong_name_is_told_with_who_asked_and_the_nearest(tmp_path: Path, shipped: Path) -> None:
    with pytest.raises(TemplateError) as caught:
        load_template_set("dialy", tmp_path, asked="config.yaml: templates.weekly")
    assert str(caught.value) == (
        "config.yaml: templates.weekly: 'dialy': is not a template set"
        " (did you mean daily? there are: daily, plain)"
    )


def test_ours_are_beside_the_package_or_inside_it() -> None:
    assert templates.shipped_folder().name in ("_templates", "templates")
    assert templates.shipped_folder().is_dir()
