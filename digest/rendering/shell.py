"""From MJML to one HTML document."""

from __future__ import annotations

import re

from digest.errors import Problem, TemplateError
from digest.model import TemplateSet
from digest.rendering.environment import place_of
from digest.rendering.mjml_rules import check_mjml
from digest.rendering.places import find_line, xml_fault

MAIN = "letter.mjml.j2"
_INDENT = re.compile(r"\n\s+")


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
