"""Fill a page of the site with facts, in the newsletter's language and look."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from functools import lru_cache, partial
from typing import Any
from urllib.parse import urlsplit

from digest.config import NewsletterConfig
from digest.model import Catalogue, TemplateSet
from digest.rendering.environment import make_environment, render_template
from digest.rendering.language import Language, speak
from digest.rendering.view import direction_attribute

STYLE = "style.css.j2"


def render_page(
    templates: TemplateSet,
    name: str,
    facts: Mapping[str, Any],
    newsletter: NewsletterConfig,
    catalogues: Sequence[Catalogue] = (),
) -> str:
    """The page `name` (such as `message.html.j2`) of the set; text among `facts` is escaped.

    Beside the facts a template has `newsletter`, `language` and `direction` for the page's own
    tag, `root` (what stands before every path of ours: "" or "/papers"), `site` (the same with
    scheme and host), `style_url` and `dir`; and `sign_up`, true unless the facts say otherwise.

    Raises:
        TemplateError: the template is missing or fails, or a catalogue is wrong.
    """
    language = speak(newsletter.language, tuple(catalogues))
    environment = make_environment(templates, language)
    root = root_of(newsletter)
    context = {
        "newsletter": newsletter,
        "language": language.tag,
        "direction": language.direction,
        "root": root,
        "site": newsletter.site_url.rstrip("/"),
        "style_url": f"{root}/style.css?v={style_of(templates, language)[1]}",
        "dir": partial(direction_attribute, language.direction),
    }
    return render_template(environment, templates, name, {"sign_up": True, **facts, **context})


def root_of(newsletter: NewsletterConfig) -> str:
    """The path of `site_url`: "" where the pages have a host for themselves."""
    return urlsplit(newsletter.site_url).path.rstrip("/")


def style_of(templates: TemplateSet, language: Language) -> tuple[str, str]:
    """The style sheet, and a short hash of it for its address: a changed one has another.

    Raises:
        TemplateError: it is missing or fails.
    """
    return _style(templates.name, _items(templates.files), _items(templates.places), language)


def _items(mapping: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(mapping.items()))


@lru_cache(maxsize=4)
def _style(
    name: str,
    files: tuple[tuple[str, str], ...],
    places: tuple[tuple[str, str], ...],
    language: Language,
) -> tuple[str, str]:
    templates = TemplateSet(name=name, files=dict(files), places=dict(places))
    sides = ("right", "left") if language.direction == "rtl" else ("left", "right")
    context = {"direction": language.direction, "start": sides[0], "end": sides[1]}
    sheet = render_template(make_environment(templates, language), templates, STYLE, context)
    return sheet, hashlib.sha256(sheet.encode()).hexdigest()[:12]
