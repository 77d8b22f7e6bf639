"""From MJML to one HTML document with its styles inlined."""

from __future__ import annotations

import logging
import re
import sys
from functools import lru_cache
from types import ModuleType

from digest.errors import Problem, TemplateError
from digest.model import TemplateSet
from digest.rendering.environment import place_of
from digest.rendering.mjml_rules import check_mjml
from digest.rendering.places import find_line, xml_fault

MAIN = "letter.mjml.j2"
_STYLESHEET = re.compile(r'(<style type="text/css">)(.*?)(</style>)', re.DOTALL)
_RULE = re.compile(r"\s*([^{}]+)\{[^{}]*\}")
_INDENT = re.compile(r"\n\s+")
_DOCTYPE = re.compile(r"<!doctype html>", re.IGNORECASE)
# MRML's own style blocks serve as they are; inlined they would cost 80 bytes a cell.
_OWN_STYLES = ('<style type="text/css">\n#outlook a', '<style type="text/css">@media only screen')
# premailer writes "margin:0; padding:0"; the spaces are 30 bytes a paper.
_STYLE = re.compile(r' style="[^"]*"')
# What MRML says twice, at each seam again.
_TWICE = (
    (re.compile(r"<!\[endif\]-->\s*<!--\[if mso \| IE\]>"), ""),
    (re.compile(r"background:(#\w+);(?=background-color:\1)"), ""),
)
# Attributes that repeat a style. MRML writes those that Word needs.
_ATTRIBUTES = ["align", "valign", "bgcolor", "width", "height"]


def compile_mjml(source: str, templates: TemplateSet) -> str:
    """The HTML that MRML makes of `source`.

    Raises:
        TemplateError: it is not MJML, or holds a tag that MRML would pass through in silence.
    """
    from mjml import mjml2html

    source = _INDENT.sub("\n", source)
    problems = [p for p in check_mjml(source, templates) if not p.warning]
    if problems:
        raise TemplateError(problems)
    try:
        return str(mjml2html(source, fonts={}))
    except ValueError as error:
        raise TemplateError([_problem(str(error), source, templates)]) from None


def inline_styles(html: str) -> str:
    """`html` with its stylesheet on its elements; media queries and dark rules stay as written.

    premailer's defaults would fetch web fonts, drop the doctype and strip the `!important`
    without which dark rules lose to inline styles.
    """
    for style in _OWN_STYLES:
        ignored = style.replace("<style", '<style data-premailer="ignore"')
        html = html.replace(style, ignored, 1)
    inliner = _premailer()(
        _DOCTYPE.sub("<!DOCTYPE html>", html, count=1),
        allow_network=False,
        keep_style_tags=True,
        strip_important=False,
        disable_validation=True,
        disable_basic_attributes=_ATTRIBUTES,
        cssutils_logging_level=logging.CRITICAL,
    )
    inliner._parse_css_string = _parse_css
    inlined = _STYLESHEET.sub(_drop_inlined, str(inliner.transform(pretty_print=False)))
    inlined = _STYLE.sub(lambda style: style[0].replace("; ", ";").replace(": ", ":"), inlined)
    for pattern, once in _TWICE:
        inlined = pattern.sub(once, inlined)
    body = _DOCTYPE.sub("", inlined, count=1).lstrip()
    return f"<!DOCTYPE html>\n{body}"


def _drop_inlined(sheet: re.Match[str]) -> str:
    """A style sheet without the rules that stand on the elements now.

    What can only work in a sheet stays: states, attributes that a client sets, at-rules.
    """
    if "@" in sheet[2]:
        return sheet[0]
    kept = "".join(rule[0] for rule in _RULE.finditer(sheet[2]) if set(rule[1]) & set(":["))
    return f"{sheet[1]}{kept}{sheet[3]}" if kept else ""


def _premailer() -> type:
    """Its class, without what it needs only to fetch style sheets, which it is not let to do.

    The package requests with its own takes half of premailer's time to import.
    """
    name = "requests"
    stands_in = name not in sys.modules and "premailer" not in sys.modules
    if stands_in:
        sys.modules[name] = ModuleType(name)
    try:
        from premailer import Premailer
    finally:
        if stands_in:
            del sys.modules[name]
    found: type = Premailer
    return found


@lru_cache(maxsize=16)
def _parse_css(css: str, validate: bool = True) -> object:
    """A style sheet; its `@import` fetches nothing, which `allow_network` does not see to."""
    from cssutils import CSSParser

    return CSSParser(fetcher=lambda url: None).parseString(css, validate=validate)


def _problem(message: str, source: str, templates: TemplateSet) -> Problem:
    """MRML's complaint, which has no place, at the template line where the XML breaks."""
    fault = xml_fault(source)
    file, line = MAIN, 0
    if fault:
        message = fault.words
        file, line = find_line(source, fault, templates) or (MAIN, 0)
    return Problem(
        file=place_of(templates, file),
        line=line,
        what=f"is not MJML at or after this line: {message}" if line else f"is not MJML: {message}",
        mend="every tag must be closed, also <br />, and attributes quoted",
    )
