"""PO files are read as gettext reads them, and a mistake is told at its line."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from hypothesis import given
from hypothesis import strategies as st

from digest.errors import CatalogueError
from digest.rendering.po import parse_po
from tests.support.languages import SHIPPED, catalogue

LOCALE = Path(__file__).parents[3] / "digest" / "data" / "locale"
HEADER = 'msgid ""\nmsgstr ""\n"Plural-Forms: nplurals=2; plural=(n != 1);\\n"\n\n'
PLURAL = 'msgid "%(num)s day"\nmsgid_plural "%(num)s days"\n'


@pytest.mark.parametrize("tag", SHIPPED)
def test_shipped_catalogues_are_read_as_babel_reads_them(tag: str) -> None:
    raw = (LOCALE / f"{tag}.po").read_bytes()
    found = parse_po(catalogue(raw.decode(), tag))
    known = {}
    for message in read_po(BytesIO(raw)):
        if message.id:
            one = message.id[0] if isinstance(message.id, tuple) else message.id
            forms = message.string if isinstance(message.string, tuple) else (message.string,)
            known[message.context or "", one] = forms
    assert {key: message.forms for key, message in found.items()} == known


def test_strings_go_on_over_lines_and_have_escapes() -> None:
    text = 'msgctxt "menu"\nmsgid ""\n"two "\n"lines"\nmsgstr "\\"a\\"\\n"\n"\\\\b\\t"\n'
    assert parse_po(catalogue(text))["menu", "two lines"].forms == ('"a"\n\\b\t',)


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ('msgid "a"\nmsgstr "b\n', 2, "is not PO"),
        ('msgid "a"\nmsgstr b\n', 2, "is not PO"),
        ('msgid "a"\nmsgst "b"\n', 2, "is not PO"),
        ('msgid "a" and more\nmsgstr "b"\n', 1, "is not PO"),
        ('"words"\n', 1, "before the first msgid"),
        ('msgid "a"\n\nmsgid "b"\nmsgstr "c"\n', 1, "needs a msgid and a msgstr"),
        ('msgid "a"\nmsgstr "b"\nmsgstr "c"\n', 3, "a second msgstr"),
        ('msgid "a"\nmsgstr "b"\n\nmsgid "a"\nmsgstr "c"\n', 4, "stands in line 1 already"),
        ('msgid "a"\nmsgstr "b\\q"\n', 2, "\\q is not known"),
        ('msgid "by %(name)s"\nmsgstr "par %(nom)s"\n', 1, "%(nom)s is no field"),
        ('msgid "all"\nmsgstr "100 %"\n', 1, "a lone %"),
        ('msgid "by %(name)s"\nmsgstr "par %(name)"\n', 1, "a lone %"),
        (PLURAL + 'msgstr[0] "jour"\nmsgstr[1] "jours"\n', 1, "no Plural-Forms"),
        (HEADER + PLURAL + 'msgstr[0] "jours"\n', 5, "needs msgstr[0] to msgstr[1]"),
        (HEADER + PLURAL + 'msgstr[0] ""\nmsgstr[1] ""\nmsgstr[2] ""\n', 5, "needs msgstr[0]"),
        (HEADER.replace("n != 1", "n !"), 1, "no plural rule"),
        (HEADER.replace("n != 1", "n"), 1, "no plural rule"),
        (HEADER.replace("n != 1", "1 / n"), 1, "no plural rule"),
    ],
)
def test_a_mistake_is_told_with_file_and_line(text: str, line: int, words: str) -> None:
    with pytest.raises(CatalogueError) as caught:
        parse_po(catalogue(text))
    problem = caught.value.problems[0]
    assert (problem.file, problem.line) == ("locale/fr.po", line)
    assert words in problem.what


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ('msgid "a"\nmsgstr "%"\n\nmsgid "b"\nmsgstr "%(x)s"\n', [1, 4]),
        ('msgid "a"\nmsgstr b\n\nmsgid c\nmsgstr "%"\n', [2, 4]),
    ],
)
def test_all_mistakes_of_a_kind_are_told_at_once_and_none_that_follows(
    text: str, lines: list[int]
) -> None:
    with pytest.raises(CatalogueError) as caught:
        parse_po(catalogue(text))
    assert [problem.line for problem in caught.value.problems] == lines


def test_what_is_fuzzy_or_obsolete_is_left_out() -> None:
    text = '#, fuzzy\nmsgid ""\nmsgstr "Language: fr\\n"\n\n'
    text += 'msgid "a"\nmsgstr "1"\n\n#, fuzzy\nmsgid "b"\nmsgstr "2"\n\n'
    text += '#~ msgid "c"\n#~ msgstr "3"\n\nmsgid "d"\nmsgstr "4"\n'
    assert [key[1] for key in parse_po(catalogue(text))] == ["a", "d"]


_KEYWORDS = ("msgid", "msgid_plural", "msgstr", "msgstr[1]", "msgctxt", "#~ ", "#, fuzzy")
_WORDS = (' "', '"', "\n", "%(num)s", "%", "\\", "n", "Plural-Forms: nplurals=2; plural=n>1;")
_PIECES = st.sampled_from((*_KEYWORDS, *_WORDS))


@given(st.lists(_PIECES, max_size=40).map("".join))
def test_no_text_breaks_the_reader(text: str) -> None:
    try:
        messages = parse_po(catalogue(text))
    except CatalogueError as error:
        told = [problem.what for problem in error.problems]
    else:
        told = [message.form(n) for message in messages.values() for n in range(3)]
    assert all(told)
