"""A mistake in a template is told in one line, in words of templates, at its file and line."""

from __future__ import annotations

import pytest

from digest.errors import TemplateError
from digest.rendering.render import render_edition
from digest.rendering.sample import awkward_edition
from tests.support.templates import shipped_templates
from tests.unit.rendering.test_render import NEWSLETTER

OWN = "/home/ada/letters/templates/daily/"
EXTENDS = '{% extends "daily/letter.mjml.j2" %}\n'


def told(text: str, file: str = "letter.mjml.j2") -> str:
    """The one line about a person's own file."""
    with pytest.raises(TemplateError) as caught:
        render_edition(awkward_edition(), shipped_templates(own={file: text}), NEWSLETTER)
    (line,) = caught.value.lines()
    return line.removeprefix(OWN)


@pytest.mark.parametrize(
    ("block", "printed", "words"),
    [
        ("full scoped", "{{ paper.titel }}", "a paper has no `titel` (did you mean title?)"),
        ("entry scoped", "{{ section.them }}", "a section has no `them` (did you mean theme?)"),
        ("foot", "{{ edition.shortday }}", "an edition has no `shortday` (did you mean short_d"),
        ("foot", "{{ newsletter.nam }}", "the newsletter has no `nam` (did you mean name?)"),
        ("foot", "{{ field.papres }}", "this has no `papres` (did you mean papers?)"),
        ("foot", "{{ forms.bylne() }}", "paper.mjml.j2 has no `bylne` (did you mean byline?)"),
        ("full scoped", "{{ paper.zzz }}", "a paper has no `zzz`"),
    ],
)
def test_a_name_that_is_not_there_is_told_with_the_nearest(
    block: str, printed: str, words: str
) -> None:
    line = told(f"{EXTENDS}{{% block {block} %}}\n{printed}\n{{% endblock %}}")
    assert line.startswith(f"letter.mjml.j2:3: {words}")


def test_a_name_that_nothing_has_is_told_with_where_to_look() -> None:
    line = told("{{ papr }}", "subject.txt.j2")
    assert line == (
        "subject.txt.j2:1: 'papr' is undefined (see the shipped templates for the names that exist)"
    )


def test_a_template_that_extends_itself_is_told_what_to_write() -> None:
    assert told('\n{% extends "letter.mjml.j2" %}') == (
        "letter.mjml.j2:2: a template cannot extend itself (write daily/letter.mjml.j2)"
    )


def test_a_macro_that_calls_itself_is_told() -> None:
    line = told("{% macro more() %}\n{{ more() }}\n{% endmacro %}\n{{ more() }}", "subject.txt.j2")
    assert line == "subject.txt.j2:2: templates or macros use each other without end"


@pytest.mark.parametrize("words", ["100% free", "100%", "50% yes, 100 %"])
@pytest.mark.parametrize("file", ["subject.txt.j2", "letter.mjml.j2"])
def test_a_percent_sign_in_words_is_told_how_to_write(words: str, file: str) -> None:
    assert told(f'\n{{{{ _("{words}") }}}}', file) == f"{file}:2: a % in words is written %%"


def test_a_field_without_a_value_is_told() -> None:
    line = told('{{ _("%(papers)s, %(day)s", papers=field.papers) }}', "subject.txt.j2")
    assert line == "subject.txt.j2:1: the words want %(day)s: give it"
