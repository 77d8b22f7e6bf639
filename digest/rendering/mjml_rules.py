"""The MJML that MRML understands, since MRML passes over what it does not know.

Tags and attributes after https://documentation.mjml.io, less what mjml-python 1.4 ignores or
drops (`mj-html-attributes`, `role` on `mj-table`, `inline` on `mj-style`).
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator, Mapping

from digest.errors import Problem
from digest.model import TemplateSet
from digest.rendering.environment import place_of

_PADDING = "padding padding-top padding-right padding-bottom padding-left "
_BORDER = "border border-top border-right border-bottom border-left border-radius "
_BACKGROUND = "background-url background-repeat background-size background-position "
_FONT = "color font-family font-size font-style font-weight letter-spacing line-height "
_TEXT = "text-align text-decoration text-transform "

_ATTRIBUTES: Mapping[str, str] = {
    "mjml": "lang dir owa",
    "mj-head": "",
    "mj-body": "width background-color lang dir",
    "mj-title": "",
    "mj-preview": "",
    "mj-style": "",
    "mj-raw": "position",
    "mj-font": "name href",
    "mj-breakpoint": "width",
    "mj-attributes": "",
    "mj-section": _PADDING + _BORDER + _BACKGROUND + "background-color background-position-x "
    "background-position-y direction full-width text-align",
    "mj-wrapper": _PADDING + _BORDER + _BACKGROUND + "background-color direction full-width "
    "text-align",
    "mj-group": "background-color direction vertical-align width",
    "mj-column": _PADDING + _BORDER + "background-color direction inner-background-color "
    "inner-border inner-border-top inner-border-right inner-border-bottom inner-border-left "
    "inner-border-radius vertical-align width",
    "mj-text": _PADDING + _FONT + _TEXT + "align container-background-color height",
    "mj-button": _PADDING + _BORDER + _FONT + _TEXT + "align background-color "
    "container-background-color height href inner-padding name rel target title vertical-align "
    "width",
    "mj-image": _PADDING + _BORDER + "align alt container-background-color fluid-on-mobile "
    "height href max-height name rel sizes src srcset target title usemap width",
    "mj-divider": _PADDING + "align border-color border-style border-width "
    "container-background-color width",
    "mj-spacer": _PADDING + "container-background-color height",
    "mj-table": _PADDING + _FONT + "align border cellpadding cellspacing "
    "container-background-color table-layout width",
    "mj-hero": _PADDING + _BACKGROUND + "background-color background-height background-width "
    "border-radius height inner-background-color inner-padding mode vertical-align width",
    "mj-navbar": "align base-url hamburger ico-align ico-close ico-color ico-font-family "
    "ico-font-size ico-line-height ico-open ico-padding ico-text-decoration",
    "mj-navbar-link": _PADDING + _FONT + _TEXT + "href name rel target",
    "mj-social": _PADDING + _FONT + "align border-radius container-background-color icon-height "
    "icon-padding icon-size inner-padding mode table-layout text-decoration text-padding",
    "mj-social-element": _PADDING + _FONT + "align alt background-color border-radius href "
    "icon-height icon-padding icon-size name rel src target text-decoration text-padding title "
    "vertical-align",
    "mj-accordion": _PADDING + "border container-background-color font-family icon-align "
    "icon-height icon-position icon-unwrapped-alt icon-unwrapped-url icon-width icon-wrapped-alt "
    "icon-wrapped-url",
    "mj-accordion-element": "background-color border font-family icon-align icon-height "
    "icon-position icon-unwrapped-alt icon-unwrapped-url icon-width icon-wrapped-alt "
    "icon-wrapped-url",
    "mj-accordion-title": _PADDING + "background-color color font-family font-size",
    "mj-accordion-text": _PADDING + _FONT + "background-color",
    "mj-carousel": "align border-radius container-background-color icon-width left-icon "
    "right-icon tb-border tb-border-radius tb-hover-border-color tb-selected-border-color "
    "tb-width thumbnails",
    "mj-carousel-image": "alt border-radius href rel src target thumbnails-src title",
}
_KNOWN = {tag: frozenset(words.split()) for tag, words in _ATTRIBUTES.items()}
_EVERYWHERE = frozenset({"css-class", "mj-class", "container-background-color"})
# Inside these, MRML copies HTML as it stands.
_OPAQUE = ("mj-raw", "mj-text", "mj-style", "mj-table", "mj-title", "mj-preview", "mj-button")
_COPIED = re.compile(rf"(<({'|'.join(_OPAQUE)})\b[^<>]*(?<!/)>)(.*?)(</\2>)", re.DOTALL)
_TAG = re.compile(r"<([a-zA-Z][\w-]*)((?:\s+[\w:-]+\s*=\s*(?:\"[^\"]*\"|'[^']*'))*)\s*/?>")
_ATTRIBUTE = re.compile(r"([\w:-]+)\s*=\s*(?:\"[^\"]*\"|'[^']*')")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)


def check_mjml(source: str, templates: TemplateSet) -> Iterator[Problem]:
    """Unknown tags (errors) and attributes (warnings) of the compiled template's MJML."""
    shell = _COMMENT.sub("", _COPIED.sub(r"\1\4", source))
    yield from dict.fromkeys(_unknown(shell, templates))


def _unknown(shell: str, templates: TemplateSet) -> Iterator[Problem]:
    for tag in _TAG.finditer(shell):
        name, given = tag[1], [found[1] for found in _ATTRIBUTE.finditer(tag[2])]
        if name in ("mj-all", "mj-class"):
            continue
        if name not in _KNOWN:
            yield _unknown_tag(name, templates)
            continue
        for attribute in given:
            if attribute not in _KNOWN[name] | _EVERYWHERE:
                yield _unknown_attribute(name, attribute, templates)


def _unknown_tag(name: str, templates: TemplateSet) -> Problem:
    near = difflib.get_close_matches(name, _KNOWN, n=1)
    file, line = _find(lambda text: f"<{name}" in text, templates) or ("letter.mjml.j2", 0)
    return Problem(
        file=place_of(templates, file),
        line=line,
        key=f"<{name}>",
        what="is no MJML tag" if name.startswith("mj") else "is HTML outside mj-raw or mj-text",
        mend=f"did you mean <{near[0]}>?" if near else "HTML belongs in mj-raw or mj-text",
    )


def _unknown_attribute(tag: str, attribute: str, templates: TemplateSet) -> Problem:
    near = difflib.get_close_matches(attribute, _KNOWN[tag], n=1)
    pattern = re.compile(rf"\b{re.escape(attribute)}\s*=")
    place = _find(lambda text: f"<{tag}" in text and bool(pattern.search(text)), templates)
    file, line = place or _find(lambda text: f"<{tag}" in text, templates) or ("letter.mjml.j2", 0)
    return Problem(
        file=place_of(templates, file),
        line=line,
        key=f"<{tag} {attribute}>",
        what="is no attribute of this tag, and is left out",
        mend=f"did you mean {near[0]}?" if near else "",
        warning=True,
    )


def _find(fits: Callable[[str], bool], templates: TemplateSet) -> tuple[str, int] | None:
    """The first template line that fits, a person's own files before qualified names."""
    for name in sorted(templates.files, key=lambda n: ("/" in n, n)):
        for number, line in enumerate(templates.files[name].split("\n"), 1):
            if fits(line):
                return name, number
    return None
