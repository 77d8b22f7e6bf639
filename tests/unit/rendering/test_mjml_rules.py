"""MRML writes down whatever it is given; these are the mistakes that are told instead."""

from __future__ import annotations

import pytest

from digest.model import TemplateSet
from digest.rendering.mjml_rules import check_mjml
from digest.rendering.mjml_values import fault_of

PAGE = """<mjml lang="en">
<mj-head>
{head}
</mj-head>
<mj-body width="640px">
{body}
</mj-body>
</mjml>
"""
SECTION = "<mj-section>\n<mj-column>\n{}\n</mj-column>\n</mj-section>"


def told(body: str, head: str = "") -> list[str]:
    source = PAGE.format(head=head, body=body)
    files = {"letter.mjml.j2": source}
    templates = TemplateSet(name="mine", files=files, places={"letter.mjml.j2": "letter"})
    return [str(problem) for problem in check_mjml(source, templates)]


@pytest.mark.parametrize(
    "body",
    [
        SECTION.format('<mj-text color="#1f2328" font-size="16px" padding="0 32px">Hi</mj-text>'),
        SECTION.format('<mj-text mj-class="quiet">Hi</mj-text>'),
        SECTION.format('<mj-image src="https://a.example/x.png" alt="" width="120px" />'),
        SECTION.format(
            '<mj-button href="k0123456789abcdef01234567.unsubscribe_url.">Bye</mj-button>'
        ),
        SECTION.format('<mj-divider border-color="silver" border-width="1px" />'),
        SECTION.format("<mj-raw><tr><td colour='x'>any HTML</td></tr></mj-raw>"),
        "<mj-wrapper><mj-section><mj-group><mj-column /></mj-group></mj-section></mj-wrapper>",
        "<mj-raw><!-- a comment: <mj-nothing> --></mj-raw>",
    ],
)
def test_right_mjml_is_passed(body: str) -> None:
    head = '<mj-attributes><mj-all font-family="Arial" /><mj-class name="quiet" color="red" />'
    assert told(body, head + '<mj-text font-size="14px" /></mj-attributes>') == []


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("<mj-text>Hi</mj-text>", "letter:6: <mj-text>: stands in <mj-body>"),
        ("<mj-section>\n<mj-text>Hi</mj-text></mj-section>", "letter:7: <mj-text>: stands in"),
        ("<mj-column />", "belongs directly in <mj-section> or <mj-group>"),
        (SECTION.format("<mj-section />"), "<mj-section>: stands in <mj-column>"),
        (SECTION.format("<mj-title>x</mj-title>"), "belongs directly in <mj-head>"),
        (SECTION.format("<p>Hi</p>"), "letter:8: <p>: is HTML outside mj-raw or mj-text"),
        ("<mj-sektion>\n<b>x</b>\n</mj-sektion>", "did you mean <mj-section>?"),
        ('<mj-include path="foot.mjml" />', "write {% include %} instead"),
    ],
)
def test_a_tag_in_a_wrong_place_is_an_error_with_its_line(body: str, words: str) -> None:
    (line,) = told(body)
    assert words in line
    assert "warning" not in line


@pytest.mark.parametrize(
    ("attributes", "words"),
    [
        ('colour="red"', "<mj-text colour>: is no attribute of this tag, and is left out"),
        ('color="blurple"', "'blurple' is not what it takes"),
        ('color="#12"', "write a colour as #0b57c2"),
        ('color="purpel"', "did you mean purple?"),
        ('font-size="16"', "write a length in px: 16px"),
        ('padding="0 2em"', "one to four lengths"),
        ('padding-top="1px 2px"', "write a length in px or %"),
        ('align="middle"', "it is one of left, center, right, justify"),
        ('font-weight="heavy"', "normal, bold, or 100 to 900"),
        ('line-height="tall"', "write a length or a number"),
        ('mj-class="loud"', "there is no mj-class 'loud'"),
    ],
)
def test_a_wrong_attribute_is_a_warning_with_its_line(attributes: str, words: str) -> None:
    (line,) = told(SECTION.format(f"<mj-text {attributes}>Hi</mj-text>"))
    assert line.startswith("letter:8: warning: ")
    assert words in line


@pytest.mark.parametrize(
    ("head", "words"),
    [
        ('<mj-attributes><mj-all colr="red" /></mj-attributes>', "did you mean color?"),
        ('<mj-attributes><mj-txt color="red" /></mj-attributes>', "did you mean <mj-text>?"),
        (
            '<mj-attributes><mj-text width="1px" /></mj-attributes>',
            "<mj-text width>: is no attribute",
        ),
        ('<mj-attributes><mj-class color="red" /></mj-attributes>', "has no name"),
        ('<mj-attributes><mj-class name="a" color="rd" /></mj-attributes>', "did you mean red?"),
        ('<mj-style inline="inline">p{margin:0}</mj-style>', "all rules of mj-style are inlined"),
        ("<mj-section />", "<mj-section>: stands in <mj-head>"),
    ],
)
def test_the_head_is_read_as_well(head: str, words: str) -> None:
    (line,) = told("", head)
    assert words in line
    assert line.startswith("letter:3: ")


@pytest.mark.parametrize(
    ("tag", "attribute", "value", "right"),
    [
        ("mj-section", "border", "1px solid #e1e4e8", True),
        ("mj-section", "border", "none", True),
        ("mj-section", "border", "thick red", False),
        ("mj-section", "background-color", "rgba(0, 0, 0, .5)", True),
        ("mj-section", "direction", "rtl", True),
        ("mj-section", "direction", "auto", False),
        ("mj-section", "full-width", "full-width", True),
        ("mj-section", "full-width", "true", False),
        ("mj-body", "width", "640px", True),
        ("mj-body", "width", "100%", False),
        ("mj-column", "width", "50%", True),
        ("mj-image", "src", "logo.png", False),
        ("mj-image", "height", "auto", True),
        ("mj-image", "alt", "any words", True),
        ("mj-table", "cellpadding", "2px", False),
        ("mj-hero", "mode", "fluid-height", True),
        ("mj-social", "mode", "fluid-height", False),
    ],
)
def test_each_attribute_has_its_kind_of_value(
    tag: str, attribute: str, value: str, right: bool
) -> None:
    assert (fault_of(tag, attribute, value) == "") is right
