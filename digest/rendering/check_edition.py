"""What stops an edition before the first letter: what would reach every reader and mislead her."""

from __future__ import annotations

import re
from collections.abc import Iterator

from digest.config import NewsletterConfig
from digest.errors import Problem, TemplateError
from digest.model import Edition, Rendition, TemplateSet
from digest.rendering.check_blocks import Trial
from digest.rendering.environment import place_of
from digest.rendering.places import Fault, find_line
from digest.rendering.render import HTML, fill_templates
from digest.rendering.sample import MARKUP, awkward_edition, awkward_week


def require_sound(
    edition: Edition, rendition: Rendition, templates: TemplateSet, newsletter: NewsletterConfig
) -> None:
    """Let `rendition` of `edition` pass if no reader is misled by its look.

    These are the gravest of the errors of `check_templates`, found in what will be mailed. Most
    days no paper holds markup, so whether it is let through is tried on the sample's.

    Raises:
        TemplateError: each fault once, at its file and line.
    """
    sample = awkward_week() if edition.key.is_weekly else awkward_edition()
    (mjml,) = fill_templates(sample, templates, newsletter, (HTML,))
    faults = [*find_leaks(mjml, templates), *Trial(edition, rendition, templates).grave()]
    errors = dict.fromkeys(problem for problem in faults if not problem.warning)
    if errors:
        raise TemplateError(tuple(errors))


def find_leaks(mjml: str, templates: TemplateSet) -> Iterator[Problem]:
    """Text of a paper that is a tag in the page."""
    for field, markup in MARKUP.items():
        tag, words = markup.split(">")
        if leak := re.search(rf"<{tag}\b[^<>]*>{re.escape(words)}", mjml):
            line = mjml.count("\n", 0, leak.start()) + 1
            column = leak.start() - mjml.rfind("\n", 0, leak.start()) - 1
            file, number = find_line(mjml, Fault(line, column, ""), templates) or (HTML, 0)
            yield Problem(
                file=place_of(templates, file),
                line=number,
                what=f"the markup in {field} is not escaped",
                mend="take |safe away from paper text, and quote attributes",
            )
