"""Fill a letter to one reader that is no edition: a question, or an answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from digest.config import NewsletterConfig
from digest.model import Catalogue, TemplateSet
from digest.rendering.environment import make_environment, render_template
from digest.rendering.inlining import inline_styles
from digest.rendering.language import speak
from digest.rendering.shell import compile_mjml


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Both parts of such a letter. `text` has the line ends of a file."""

    language: str
    subject: str
    html: str
    text: str


def render_note(
    templates: TemplateSet,
    name: str,
    facts: Mapping[str, Any],
    newsletter: NewsletterConfig,
    catalogues: Sequence[Catalogue] = (),
) -> Note:
    """The note `name` (such as `confirm`) of a set: `confirm.mjml.j2` and `confirm.txt.j2`.

    The text's first line is the subject. Templates have the facts, `newsletter`, and of `edition`
    what the style sheet asks for.

    Raises:
        TemplateError: a template is missing or fails, or a catalogue is wrong.
    """
    language = speak(newsletter.language, tuple(catalogues))
    environment = make_environment(templates, language)
    sides = ("right", "left") if language.direction == "rtl" else ("left", "right")
    look = {
        "language": language.tag,
        "direction": language.direction,
        "start": sides[0],
        "end": sides[1],
    }
    context = {**facts, "newsletter": newsletter, "edition": look}
    text = render_template(environment, templates, f"{name}.txt.j2", context)
    subject, _, text = text.strip().partition("\n")
    context["subject"] = subject
    mjml = render_template(environment, templates, f"{name}.mjml.j2", context)
    return Note(
        language=language.tag,
        subject=subject,
        html=inline_styles(compile_mjml(mjml, templates)),
        text=f"{text.strip()}\n",
    )
