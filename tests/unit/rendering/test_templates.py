"""A person's own templates: extending ours, and being told what is wrong at its line."""

from __future__ import annotations

import pytest

from digest.errors import TemplateError
from digest.model import LeadBlocks
from digest.rendering.check import check_templates
from digest.rendering.render import render_edition
from digest.rendering.sample import awkward_edition
from tests.support.joining import join_letter
from tests.support.templates import shipped_templates
from tests.unit.rendering.test_render import NEWSLETTER

OWN = "/home/ada/letters/templates/daily"
EXTENDS = '{% extends "daily/letter.mjml.j2" %}\n'


def test_the_shipped_set_has_no_problem() -> None:
    assert check_templates(shipped_templates(), NEWSLETTER) == ()


def test_an_own_template_extends_the_shipped_one_by_name() -> None:
    block = "{% block foot %}<tr><td>Written by Ada</td></tr>{{ super() }}{% endblock %}"
    own = shipped_templates(own={"letter.mjml.j2": EXTENDS + block})
    assert check_templates(own, NEWSLETTER) == ()
    page = join_letter(render_edition(awkward_edition(), own, NEWSLETTER))
    assert "Written by Ada" in page
    assert "Preferences" in page


def test_an_own_partial_serves_the_shipped_letter() -> None:
    text = shipped_templates().files["style.css.j2"].replace("#0b57c2", "#7a1fa2")
    own = shipped_templates(own={"style.css.j2": text})
    assert "#7a1fa2" in join_letter(render_edition(awkward_edition(), own, NEWSLETTER))


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (EXTENDS + "{% block foot %}\n{{ newsleter.name }}{% endblock %}", 3, "newsleter"),
        (EXTENDS + "{% block foot %}{{ edition.dya }}{% endblock %}", 2, "dya"),
        (EXTENDS + "{% block foot %}{{ field.unsubscribe }}{% endblock %}", 2, "unsubscribe"),
        (EXTENDS + "\n\n{% block foot %}{{ 1 / 0 }}{% endblock %}", 4, "division by zero"),
        (EXTENDS + "{% block foot %}", 2, "endblock"),
        (EXTENDS + "{{ 1 +* }}", 2, "unexpected '*'"),
        (EXTENDS + "{% block foot %}{{ 1 | colour }}{% endblock %}", 2, "colour"),
        ('{% extends "dayly/letter.mjml.j2" %}', 1, "dayly/letter.mjml.j2"),
        (EXTENDS + "{% block masthead %}<tr><td><p>hi</td></tr>{% endblock %}", 2, "not MJML"),
    ],
)
def test_a_mistake_is_told_with_file_and_line(text: str, line: int, words: str) -> None:
    own = shipped_templates(own={"letter.mjml.j2": text})
    with pytest.raises(TemplateError) as caught:
        render_edition(awkward_edition(), own, NEWSLETTER)
    (problem,) = caught.value.problems
    assert problem.file == f"{OWN}/letter.mjml.j2"
    assert problem.line == line
    assert words in problem.what
    assert check_templates(own, NEWSLETTER) == (problem,)


def test_an_unknown_mjml_tag_is_an_error_and_an_attribute_a_warning() -> None:
    letter = shipped_templates().files["letter.mjml.j2"]
    own = {"letter.mjml.j2": letter.replace("mj-column>", "mj-colum>")}
    with pytest.raises(TemplateError, match=r"letter\.mjml\.j2:\d+: <mj-colum>: is no MJML tag"):
        render_edition(awkward_edition(), shipped_templates(own=own), NEWSLETTER)
    own = {"letter.mjml.j2": letter.replace("padding-left=", "pading-left=")}
    (problem,) = check_templates(shipped_templates(own=own), NEWSLETTER)
    assert problem.warning
    assert problem.line
    assert "did you mean padding-left?" in str(problem)
    own = {"letter.mjml.j2": letter.replace("<mj-head>", "<mj-html-attributes /><mj-head>")}
    with pytest.raises(TemplateError, match="mj-html-attributes"):
        render_edition(awkward_edition(), shipped_templates(own=own), NEWSLETTER)


def test_a_lost_block_mark_is_named() -> None:
    letter = shipped_templates().files["letter.mjml.j2"]
    own = shipped_templates(own={"letter.mjml.j2": letter.replace("{{ begin.seam }}", "")})
    with pytest.raises(TemplateError, match="the block 'seam' is missing"):
        render_edition(awkward_edition(), own, NEWSLETTER)
    twice = letter.replace("{{ begin.more }}", "{{ begin.more }}{{ begin.more }}")
    own = shipped_templates(own={"letter.mjml.j2": twice})
    with pytest.raises(TemplateError, match="'more' begins more than once"):
        render_edition(awkward_edition(), own, NEWSLETTER)
    half = letter.replace("{{ paper.begin.line }}\n{% block lead_line", "{% block lead_line")
    own = shipped_templates(own={"letter.mjml.j2": half})
    with pytest.raises(TemplateError, match="the block 'lead:line' is missing"):
        render_edition(awkward_edition(), own, NEWSLETTER)


def older(name: str) -> str:
    """A shipped letter template as it was before there was a lead."""
    text = shipped_templates().files[name]
    start, end = text.index("{{ begin.lead }}"), text.index("{% for section in sections %}")
    return text[:start] + text[end:]


@pytest.mark.parametrize("names", [("letter.mjml.j2", "letter.txt.j2"), ("letter.txt.j2",)])
def test_a_set_that_prints_no_lead_goes_without_and_is_told_how_to_have_one(
    names: tuple[str, ...],
) -> None:
    own = shipped_templates(own={name: older(name) for name in names})
    rendition = render_edition(awkward_edition(), own, NEWSLETTER)
    assert rendition.lead == LeadBlocks()
    assert "Read first" not in join_letter(rendition) + join_letter(rendition, "text")
    found = check_templates(own, NEWSLETTER)
    assert [problem.file for problem in found] == [f"{OWN}/{name}" for name in names]
    assert all(problem.warning and "prints no lead" in problem.what for problem in found)


def test_own_forms_of_a_paper_that_know_nothing_of_the_lead_serve_in_it() -> None:
    paper = shipped_templates().files["paper.mjml.j2"]
    own = shipped_templates(own={"paper.mjml.j2": paper.replace("paper.leads", "false")})
    assert check_templates(own, NEWSLETTER) == ()
    page = join_letter(render_edition(awkward_edition(), own, NEWSLETTER), lead="full")
    assert "Everything at once" in page.partition("Read first")[2].partition("By theme")[0]


def test_an_own_contents_line_stands_in_the_shipped_letter() -> None:
    line = '<tr><td class="toct">{{ section.theme }}</td><td class="tocn">!</td></tr>'
    text = EXTENDS + "{% block entry scoped %}" + line + "{% endblock %}"
    own = shipped_templates(own={"letter.mjml.j2": text})
    assert check_templates(own, NEWSLETTER) == ()


def test_check_finds_what_would_break_a_joined_letter() -> None:
    letter = shipped_templates().files["letter.mjml.j2"]
    moved = letter.replace("{{ paper.begin.brief }}\n{% block brief", "{% block brief").replace(
        "{% block full scoped %}{{ forms.full(paper) }}{% endblock %}",
        "{% block full scoped %}<tr><td>{{ paper.begin.brief }}</td></tr>{% endblock %}",
    )
    found = check_templates(shipped_templates(own={"letter.mjml.j2": moved}), NEWSLETTER)
    assert any("the block 'full' is not balanced" in problem.what for problem in found)


def test_check_wants_an_unsubscribe_link_in_both_parts() -> None:
    own = {
        "letter.mjml.j2": EXTENDS + "{% block foot %}<tr><td>Bye</td></tr>{% endblock %}",
        "letter.txt.j2": '{% extends "daily/letter.txt.j2" %}{% block foot %}Bye{% endblock %}',
    }
    found = check_templates(shipped_templates(own=own), NEWSLETTER)
    errors = [problem for problem in found if not problem.warning]
    assert [problem.file for problem in errors] == [f"{OWN}/letter.mjml.j2", f"{OWN}/letter.txt.j2"]
    assert all("no unsubscribe link" in problem.what for problem in errors)
    assert [p.what for p in found if p.warning] == ["there is no link to preferences"] * 2


def test_a_missing_template_is_named_with_the_set() -> None:
    full = shipped_templates()
    files = {name: text for name, text in full.files.items() if name != "letter.txt.j2"}
    with pytest.raises(TemplateError, match=r"no template 'letter\.txt\.j2' in the set 'daily'"):
        render_edition(
            awkward_edition(), type(full)(name="daily", files=files, places={}), NEWSLETTER
        )
