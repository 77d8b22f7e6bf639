"""What `digest templates check` finds: each fault at its file and line, once, with what to do."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from digest.errors import Problem
from digest.rendering.check import check_templates
from digest.rendering.check_page import loose_tags
from tests.support.templates import shipped_templates
from tests.unit.rendering.test_render import NEWSLETTER

OWN = "/home/ada/letters/templates/daily/"
SHIPPED = shipped_templates().files


def found(own: Mapping[str, str]) -> list[Problem]:
    problems = check_templates(shipped_templates(own=own), NEWSLETTER)
    assert len(set(problems)) == len(problems)
    assert all("\n" not in str(problem) for problem in problems)
    return list(problems)


def changed(name: str, old: str, new: str) -> list[Problem]:
    """What is found in the shipped set with a person's own `name`."""
    assert old in SHIPPED[name], f"the shipped {name} holds no {old}"
    return found({name: SHIPPED[name].replace(old, new)})


def block(name: str, content: str, file: str = "letter.mjml.j2") -> list[Problem]:
    """What is found where a person's own letter fills one block."""
    text = f'{{% extends "daily/{file}" %}}\n{{% block {name} %}}{content}{{% endblock %}}'
    return found({file: text})


@pytest.mark.parametrize("name", ["daily", "weekly"])
@pytest.mark.parametrize("language", ["en", "ar", "zh"])
def test_the_shipped_sets_have_no_problem_in_either_direction(name: str, language: str) -> None:
    newsletter = NEWSLETTER.model_copy(update={"language": language})
    templates = shipped_templates(name)
    behind = {key: text for key, text in SHIPPED.items() if key not in templates.files}
    whole = type(templates)(name=name, files=templates.files | behind, places=templates.places)
    assert check_templates(whole, newsletter) == ()


@pytest.mark.parametrize(
    ("old", "field"),
    [
        ("{{ paper.title | scripts }}", "a title"),
        ("{{ paper.summary | scripts }}", "an abstract"),
        ("{{ names(paper) }}", "an author"),
        ("· {{ paper.organization }}", "an organization"),
    ],
)
def test_paper_text_let_through_as_markup_is_an_error_at_its_line(old: str, field: str) -> None:
    new = old.replace(" | scripts", "").replace(" }}", " | safe }}")
    if field == "an author":
        new = "{{ paper.first_authors | join | safe }}"
    told = [p for p in changed("paper.mjml.j2", old, new) if field in p.what]
    assert len(told) == 1
    assert not told[0].warning
    assert told[0].file == f"{OWN}paper.mjml.j2"
    assert told[0].line
    assert "|safe" in told[0].mend


def test_an_address_in_bare_quotes_cannot_break_out_unseen() -> None:
    (told,) = changed("paper.mjml.j2", 'href="{{ paper.url }}"', "href={{ paper.url | safe }}")
    assert not told.warning
    assert told.file.startswith(OWN)


@pytest.mark.parametrize(
    ("name", "old", "new", "words"),
    [
        (
            "letter.mjml.j2",
            "{{ field.unsubscribe_url }}",
            "{{ field.unsubscribe_url | upper }}",
            "a merge field in the block 'foot' is changed on its way",
        ),
        (
            "letter.mjml.j2",
            '<h1 class="day">{{ edition.day }}',
            '<h1 class="day">{{ field.section_papers }}',
            "field.section_papers has no value in the block 'head'",
        ),
        (
            "letter.mjml.j2",
            '<h2 class="first">{{ _("By theme")',
            '<h2 class="first">\ue001 {{ _("By theme")',
            "the block 'contents' holds the character U+E001",
        ),
        (
            "paper.mjml.j2",
            'alt="" width="120"',
            'width="120"',
            "has no alt",
        ),
        (
            "paper.mjml.j2",
            '<h3 class="t"',
            '<h3 id="paper" class="t"',
            "the id 'paper' stands more than once",
        ),
        (
            "paper.mjml.j2",
            "{{ paper.title | scripts }}",
            "{{ paper.first_author }}",
            "the block 'full' does not print every title",
        ),
        (
            "paper.mjml.j2",
            'href="{{ paper.url }}"',
            'href="https://elsewhere.example"',
            "does not print every link",
        ),
        (
            "letter.mjml.j2",
            '<a class="l" href="#{{ section.anchor }}">{{ section.theme }}</a>',
            "<b>theme</b>",
            "the block 'entry' does not print every theme",
        ),
        (
            "paper.txt.j2",
            "{{ paper.title | wrap",
            "{{ paper.title | e | wrap",
            "text is escaped as if it were HTML",
        ),
        (
            "letter.txt.j2",
            "{{ section.theme | underline",
            '{{ "Theme" | underline',
            "the block 'heading' does not print every theme",
        ),
    ],
)
def test_a_block_that_would_mislead_readers_is_an_error(
    name: str, old: str, new: str, words: str
) -> None:
    told = [problem for problem in changed(name, old, new) if words in problem.what]
    assert told
    assert not any(problem.warning for problem in told)
    assert all(problem.line for problem in told)
    assert told[0].file == OWN + name


def test_a_field_stands_only_where_it_has_a_value() -> None:
    (told,) = block("more", "<tr><td>{{ field.why }}</td></tr>")
    assert "field.why has no value in the block 'more'" in told.what
    assert (told.file, told.line) == (f"{OWN}letter.mjml.j2", 2)
    (told,) = found({"subject.txt.j2": "{{ field.share }}"})
    assert told.file == f"{OWN}subject.txt.j2"


def test_a_title_that_is_cut_is_a_warning() -> None:
    told = changed(
        "paper.mjml.j2",
        "{{ paper.title | scripts }}</a>",
        "{{ paper.title | truncate(60) }}</a>",
    )
    assert told
    assert all(problem.warning for problem in told)
    assert "does not print every title" in told[0].what


def test_a_large_paper_and_a_large_foot_are_warnings_with_their_bytes() -> None:
    filler = "x" * 5000
    told = block("full scoped", f"<tr><td>{filler}</td></tr>{{{{ forms.full(paper) }}}}")
    assert told[0].what.startswith("a paper in full takes 7,")
    told = block("foot", f"<tr><td>{filler * 5}</td></tr>{{{{ super() }}}}")
    assert "head and foot take" in told[-1].what
    assert all(problem.warning for problem in told)


def test_a_set_that_fails_for_a_week_or_for_one_paper_is_found() -> None:
    (told,) = block("masthead", "{{ super() }}{% if week %}{{ week.numbr }}{% endif %}")
    assert "numbr" in told.what
    (told,) = block("contents", "{{ sections[1].theme }}")
    assert told.line == 2


def test_an_empty_subject_is_an_error() -> None:
    (told,) = found({"subject.txt.j2": "  "})
    assert told.what == "the subject is empty"


def test_balance_is_judged_by_every_tag() -> None:
    assert loose_tags("<tr><td>x<br></td></tr>") == ("", "")
    assert loose_tags("<tr><td>x</tr>") != ("", "")
    assert loose_tags("</table><table>") == ("</table>", "<table>")


def warned(own: Mapping[str, str]) -> tuple[str, int, str]:
    """The file, line and words of the one warning there is."""
    (told,) = found(own)
    assert told.warning
    return told.file.removeprefix(OWN), told.line, f"{told.what} ({told.mend})"


EXTENDS = '{% extends "daily/letter.mjml.j2" %}\n'


def test_a_block_that_nothing_above_has_is_told_with_the_nearest() -> None:
    text = EXTENDS + "\n{% block fool scoped %}<tr><td>Hi</td></tr>{% endblock %}"
    file, line, words = warned({"letter.mjml.j2": text})
    assert (file, line) == ("letter.mjml.j2", 3)
    assert "a block 'fool': it is not printed (did you mean foot?)" in words
    nested = EXTENDS + "{% block why %}{{ super() }}{% block mine %}{% endblock %}{% endblock %}"
    assert found({"letter.mjml.j2": nested}) == []


def test_a_file_that_nothing_uses_is_told_with_the_nearest() -> None:
    file, _, words = warned({"lettr.mjml.j2": EXTENDS})
    assert (file, words) == (
        "lettr.mjml.j2",
        "is used by no template of the set (did you mean letter.mjml.j2?)",
    )
    uses = EXTENDS + '{% block style %}{{ super() }}{% include "more.css.j2" %}{% endblock %}'
    assert found({"letter.mjml.j2": uses, "more.css.j2": ".first{margin:0}"}) == []
    named = uses.replace('"more.css.j2"', '["more.css.j2", "less.css.j2"]')
    assert found({"letter.mjml.j2": named, "more.css.j2": ".first{margin:0}"}) == []


@pytest.mark.parametrize(
    ("subject", "words"),
    [
        ("{{ field.lead_title }}\n{{ edition.short_day }}", "prints several lines"),
        ("{{ newsletter.name }}: new papers", "the subject is the same every day"),
    ],
)
def test_a_subject_of_several_lines_or_always_the_same_is_told(subject: str, words: str) -> None:
    file, _, told = warned({"subject.txt.j2": subject})
    assert file == "subject.txt.j2"
    assert words in told


def test_a_subject_with_its_logic_on_lines_of_its_own_is_one_line() -> None:
    subject = "{# Ours. #}\n{% if week %}\n{{ edition.short_day }}\n{% else %}\nToday\n{% endif %}"
    assert found({"subject.txt.j2": subject}) == []


@pytest.mark.parametrize(
    ("line", "words"),
    [(".more{color:#123456", "a { is not closed"), ("}", "a } closes nothing")],
)
def test_a_stylesheet_that_leaves_a_bracket_open_is_told(line: str, words: str) -> None:
    style = SHIPPED["style.css.j2"].rstrip("\n")
    told = [p for p in found({"style.css.j2": f"{style}\n{line}\n"}) if words in p.what]
    assert [(p.file, p.line, p.warning) for p in told] == [
        (f"{OWN}style.css.j2", style.count("\n") + 2, True)
    ]


@pytest.mark.parametrize("name", ["daily", "weekly", "plain"])
def test_a_copy_of_a_shipped_set_has_no_problem(name: str) -> None:
    files = SHIPPED | shipped_templates(name).files
    assert found({key: text for key, text in files.items() if "/" not in key}) == []


def test_an_open_bracket_in_a_block_of_styles_is_told_at_its_line() -> None:
    block = "{% block style %}\n{{ super() }}\n.t{color:#123456\n{# { #}/* { */{% endblock %}"
    told = [p for p in found({"letter.mjml.j2": EXTENDS + block}) if "is not closed" in p.what]
    assert [(p.file, p.line) for p in told] == [(f"{OWN}letter.mjml.j2", 4)]
