"""The shipped catalogues say everything that templates and code say, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from digest.rendering.po import fields_of
from tests.support.languages import SHIPPED
from tests.tools.catalogues import LOCALE, extract, faults, shipped, update

WORDS = extract()


def test_the_shipped_languages_are_these() -> None:
    assert tuple(path.stem for path in shipped()) == SHIPPED
    assert len(WORDS) > 50


@pytest.mark.parametrize("tag", SHIPPED)
def test_a_shipped_catalogue_is_whole(tag: str) -> None:
    """Mended by `make words`, and by translating what it adds."""
    assert list(faults(LOCALE / f"{tag}.po", WORDS)) == []


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('msgstr "Lire en ligne"', 'msgstr ""', "'Read online' is not translated"),
        ('msgid "Read online"', 'msgid "Read it"', "'Read it' is said nowhere any more"),
        ('msgid "Read online"', '#, fuzzy\nmsgid "Read online"', "'Read online' is fuzzy"),
        (
            'msgid "Read online"',
            '#~ msgid "x"\n#~ msgstr "y"\n\nmsgid "Read online"',
            "'x' is said",
        ),
        ("par %(curator)s", "par AK", "lost its field curator"),
        ("par %(curator)s", "par %(curateur)s", "%(curateur)s is no field"),
        ('"par %(curator)s"', '"par %(curator)s "', "a blank at an end"),
        ('msgstr[1] "%(num)s thèmes"', 'msgstr[1] "des thèmes"', "lost its field num"),
        ('msgstr[1] "%(num)s thèmes"\n', "", "needs msgstr[0] to msgstr[1]"),
    ],
)
def test_what_a_catalogue_lacks_is_found(tmp_path: Path, old: str, new: str, words: str) -> None:
    text = (LOCALE / "fr.po").read_text("utf-8")
    assert text.count(old) == 1
    path = tmp_path / "fr.po"
    path.write_text(text.replace(old, new), "utf-8")
    assert any(words in fault for fault in faults(path, WORDS))


def test_an_update_changes_nothing_where_nothing_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path in shipped():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    monkeypatch.setattr("tests.tools.catalogues.LOCALE", tmp_path)
    update(WORDS)
    for path in sorted(LOCALE.glob("*.po")):
        assert (tmp_path / path.name).read_text("utf-8") == path.read_text("utf-8")


def test_an_update_adds_new_words_takes_old_ones_out_and_fills_in_from_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (LOCALE / "fr.po").read_text("utf-8")
    lacking = text.replace('msgid "Read online"\nmsgstr "Lire en ligne"', 'msgid "x"\nmsgstr "y"')
    (tmp_path / "fr.po").write_text(lacking, "utf-8")
    monkeypatch.setattr("tests.tools.catalogues.LOCALE", tmp_path)
    update(WORDS)
    assert 'msgid "Read online"\nmsgstr ""' in (tmp_path / "fr.po").read_text("utf-8")
    update(WORDS, LOCALE)
    assert (tmp_path / "fr.po").read_text("utf-8") == text


def test_all_templates_words_are_found() -> None:
    """One from HTML, from text, from each way to say a count, and from code."""
    ids = {message.id if isinstance(message.id, str) else message.id[0] for message in WORDS}
    assert {"Read online", "Above:", "%(votes)s vote", "Abstract", "%(num)s theme"} <= ids
    assert all(fields_of(str(name)) is not None for name in ids)
