"""What a template says in another language."""

from __future__ import annotations

import pytest

from digest.rendering.environment import make_environment
from digest.rendering.language import Language
from tests.support.languages import catalogue, language_of
from tests.support.templates import shipped_templates

HEADER = 'msgid ""\nmsgstr ""\n"Plural-Forms: nplurals=2; plural=(n > 1);\\n"\n\n'
WORDS = (
    HEADER
    + """\
msgid "Q and A"
msgstr "Q & R, <100 %%"

msgid "<b>%(num)s</b> day"
msgid_plural "<b>%(num)s</b> days"
msgstr[0] "<b>%(num)s</b> jour"
msgstr[1] "<b>%(num)s</b> jours"

msgctxt "verb"
msgid "read"
msgstr "lire"

msgid "by %(name)s"
msgstr "par %(name)s"

msgid "Two lines"
msgstr "Deux lignes"
"""
)


@pytest.mark.parametrize(
    ("source", "html", "text"),
    [
        ('{{ _("Q and A") }}', "Q &amp; R, &lt;100 %", "Q & R, <100 %"),
        ('{{ _("by %(name)s", name="<Ada>") }}', "par &lt;Ada&gt;", "par <Ada>"),
        (
            '{{ ngettext("<b>%(num)s</b> day", "<b>%(num)s</b> days", 1200) }}',
            "<b>1\u202f200</b> jours",
            "<b>1\u202f200</b> jours",
        ),
        ('{{ pgettext("verb", "read") }}, {{ _("read") }}', "lire, read", "lire, read"),
        ("{% trans %}\n  Two\n  lines\n{% endtrans %}", "Deux lignes", "Deux lignes"),
        ('{% trans name="Ada" %}by {{ name }}{% endtrans %}', "par Ada", "par Ada"),
        ("{{ 1200 | number }}", "1\u202f200", "1\u202f200"),
    ],
)
def test_words_are_escaped_in_html_alone_and_markup_is_the_template_s(
    source: str, html: str, text: str
) -> None:
    own = shipped_templates(own={"try.mjml.j2": source, "try.txt.j2": source})
    environment = make_environment(own, Language("fr", (catalogue(WORDS),)))
    assert environment.get_template("try.mjml.j2").render() == html
    assert environment.get_template("try.txt.j2").render() == text


def test_each_language_has_an_environment_of_its_own() -> None:
    templates = shipped_templates(own={"try.txt.j2": '{{ _("Read first") }}'})
    said = [
        make_environment(templates, language_of(tag)).get_template("try.txt.j2").render()
        for tag in ("fr", "en", "de", "fr")
    ]
    assert said == ["À lire d’abord", "Read first", "Zuerst lesen", "À lire d’abord"]
    french = language_of("fr")
    assert make_environment(templates, french) is make_environment(templates, language_of("fr"))
