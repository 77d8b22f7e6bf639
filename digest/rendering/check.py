"""Try a template set on awkward papers, so that its faults show before a letter is sent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from digest.config import NewsletterConfig
from digest.errors import Problem, TemplateError
from digest.model import Edition, TemplateSet
from digest.rendering.check_blocks import Trial
from digest.rendering.check_edition import find_leaks
from digest.rendering.check_files import check_files
from digest.rendering.environment import place_of
from digest.rendering.locales import OTHER_WAY, direction_of
from digest.rendering.marks import Marks
from digest.rendering.mjml_rules import check_mjml
from digest.rendering.render import HTML, PARTS, SUBJECT, TEXT, fill_templates, render_filled
from digest.rendering.sample import awkward_edition, awkward_editions


def check_templates(templates: TemplateSet, newsletter: NewsletterConfig) -> tuple[Problem, ...]:
    """Every problem that rendering, MJML's own rules and joining blocks would meet.

    Empty for a sound set. Warnings (`Problem.warning`) do not stop a run. The first edition with
    an error ends the trial: the others would tell it again.
    """
    found: dict[Problem, None] = {}
    for edition, letter in _trials(newsletter):
        try:
            found |= dict.fromkeys(_tried(edition, templates, letter))
        except TemplateError as error:
            found |= dict.fromkeys(error.problems)
        if any(not problem.warning for problem in found):
            return tuple(found)
    return (*found, *check_files(templates))


def _trials(newsletter: NewsletterConfig) -> Iterator[tuple[Edition, NewsletterConfig]]:
    """The awkward editions in the newsletter's language, and one in the other direction."""
    for edition in awkward_editions():
        yield edition, newsletter
    other = OTHER_WAY[direction_of(newsletter.language)]
    yield awkward_edition(), newsletter.model_copy(update={"language": other})


def _tried(
    edition: Edition, templates: TemplateSet, newsletter: NewsletterConfig
) -> Sequence[Problem]:
    filled = fill_templates(edition, templates, newsletter, PARTS)
    mjml, text, subject = filled
    found = [*find_leaks(mjml, templates), *check_mjml(mjml, templates)]
    if any(not problem.warning for problem in found):
        return found
    rendition = render_filled(edition, templates, newsletter, filled)
    lead = Marks.of(edition).begin("lead")
    without = [name for name, page in ((HTML, mjml), (TEXT, text)) if lead not in page]
    trial = Trial(edition, rendition, templates)
    found += [*_no_lead(without, templates), *_subject_lines(subject, templates)]
    return [*found, *trial.problems()]


def _no_lead(without: Sequence[str], templates: TemplateSet) -> Iterator[Problem]:
    for name in without:
        yield Problem(
            file=place_of(templates, name),
            what="prints no lead, so all papers stand in their themes alone",
            mend="copy what stands from begin.lead to begin.contents in the shipped template",
            warning=True,
        )


def _subject_lines(subject: str, templates: TemplateSet) -> Iterator[Problem]:
    if "\n" in subject.strip():
        yield Problem(
            file=place_of(templates, SUBJECT),
            what="prints several lines, which are joined to one subject",
            mend="print one line: {%- and -%} take line ends away",
            warning=True,
        )
