"""The MJML that MRML understands, since MRML passes over what it does not know.

Tags, their nesting and their attributes after https://documentation.mjml.io, less what mjml-python
1.4 ignores or drops (`mj-html-attributes`, `role` on `mj-table`, `inline` on `mj-style`).
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from xml.parsers import expat

from digest.errors import Problem
from digest.model import TemplateSet
from digest.rendering.environment import place_of
from digest.rendering.mjml_values import fault_of
from digest.rendering.places import Fault, find_line

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
    "mj-include": "path type css-inline",
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
_ALL = frozenset().union(*_KNOWN.values())
_CONTENT = (
    "mj-text mj-button mj-image mj-divider mj-spacer mj-table mj-social mj-navbar mj-accordion "
    "mj-carousel mj-raw"
)
_CHILDREN: Mapping[str, str] = {
    "mjml": "mj-head mj-body mj-raw",
    "mj-head": "mj-title mj-preview mj-style mj-raw mj-font mj-breakpoint mj-attributes",
    "mj-body": "mj-section mj-wrapper mj-hero mj-raw",
    "mj-wrapper": "mj-section mj-hero mj-raw",
    "mj-section": "mj-column mj-group mj-raw",
    "mj-group": "mj-column mj-raw",
    "mj-column": _CONTENT,
    "mj-hero": _CONTENT,
    "mj-navbar": "mj-navbar-link mj-raw",
    "mj-social": "mj-social-element mj-raw",
    "mj-accordion": "mj-accordion-element mj-raw",
    "mj-accordion-element": "mj-accordion-title mj-accordion-text mj-raw",
    "mj-carousel": "mj-carousel-image",
}
#: What stands directly in what. A tag that is not named here holds text, or nothing.
_INSIDE = {tag: frozenset(words.split()) for tag, words in _CHILDREN.items()}
# Inside these, MRML copies HTML as it stands.
_OPAQUE = (
    "mj-raw",
    "mj-text",
    "mj-style",
    "mj-table",
    "mj-title",
    "mj-preview",
    "mj-button",
    "mj-navbar-link",
    "mj-social-element",
    "mj-accordion-title",
    "mj-accordion-text",
)
_COPIED = re.compile(rf"(<({'|'.join(_OPAQUE)})\b[^<>]*(?<!/)>)(.*?)(</\2>)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class _Element:
    """A start tag of the rendered MJML, where it stands there, and the tags around it."""

    tag: str
    attributes: Mapping[str, str]
    around: tuple[str, ...]
    at: Fault

    @property
    def parent(self) -> str:
        return self.around[-1] if self.around else ""


def check_mjml(source: str, templates: TemplateSet) -> Iterator[Problem]:
    """What MRML would pass over in the compiled template's MJML.

    Errors: tags that are unknown or in a wrong place. Warnings: attributes that are unknown, or
    hold what their kind does not allow.
    """
    elements = _elements(source)
    classes = {e.attributes.get("name", "") for e in elements if e.tag == "mj-class"}
    for element in elements:
        if unknown := _unknown_tag(element) or _misplaced(element):
            yield _told(element, "", *unknown, source, templates)
            continue
        for attribute, value in element.attributes.items():
            if fault := _attribute_fault(element, attribute, value, classes):
                yield _told(element, attribute, *fault, source, templates)


def _elements(source: str) -> tuple[_Element, ...]:
    """The start tags outside of copied HTML, as far as the source is well-formed.

    Lines stay where they are. Below a tag that is unknown nothing can be said.
    """
    shell = _COPIED.sub(lambda copied: copied[1] + "\n" * copied[3].count("\n") + copied[4], source)
    found: list[_Element] = []
    around: list[str] = []
    parser = expat.ParserCreate()
    parser.UseForeignDTD(True)

    def start(tag: str, attributes: dict[str, str]) -> None:
        if all(outer in _KNOWN for outer in around):
            at = Fault(parser.CurrentLineNumber, parser.CurrentColumnNumber, "")
            found.append(_Element(tag, attributes, tuple(around), at))
        around.append(tag)

    parser.StartElementHandler = start
    parser.EndElementHandler = lambda tag: around.pop()
    with suppress(expat.ExpatError):  # told where the page is compiled
        parser.Parse(shell.encode("utf-8", "replace"), True)
    return tuple(found)


_Words = tuple[str, str, bool]


def _unknown_tag(element: _Element) -> _Words | None:
    """What is wrong, how to mend it, and whether it is a warning."""
    tag = element.tag
    if tag == "mj-include":
        return "reads no file here", "write {% include %} instead", False
    if element.parent == "mj-attributes" and tag in ("mj-all", "mj-class"):
        nameless = tag == "mj-class" and not element.attributes.get("name")
        return ("has no name", 'write <mj-class name="quiet" ...>', False) if nameless else None
    return None if tag in _KNOWN else _no_tag(tag)


def _no_tag(tag: str) -> _Words:
    near = difflib.get_close_matches(tag, _KNOWN, n=1)
    what = "is no MJML tag" if tag.startswith("mj") else "is HTML outside mj-raw or mj-text"
    mend = f"did you mean <{near[0]}>?" if near else "HTML belongs in mj-raw or mj-text"
    return what, mend, False


def _misplaced(element: _Element) -> _Words | None:
    tag, parent = element.tag, element.parent
    if not parent or parent == "mj-attributes" or tag in _INSIDE.get(parent, ()):
        return None
    homes = [outer for outer, inner in _INSIDE.items() if tag in inner]
    mend = f"it belongs directly in {' or '.join(f'<{home}>' for home in homes[:4])}"
    return f"stands in <{parent}>, where it does not work", mend if homes else "", False


def _attribute_fault(
    element: _Element, attribute: str, value: str, classes: set[str]
) -> _Words | None:
    tag = element.tag
    if attribute == "mj-class":
        lost = [name for name in value.split() if name not in classes]
        what = f"there is no mj-class {lost[0] if lost else ''!r}"
        return (what, "give it in mj-attributes: <mj-class name=...>", True) if lost else None
    if (tag, attribute) == ("mj-style", "inline"):
        return "is passed over", "take it away: all rules of mj-style are inlined", True
    known = {"name"} | _ALL if tag == "mj-class" else _ALL if tag == "mj-all" else _KNOWN[tag]
    if attribute not in known | _EVERYWHERE:
        near = difflib.get_close_matches(attribute, known, n=1)
        mend = f"did you mean {near[0]}?" if near else ""
        return "is no attribute of this tag, and is left out", mend, True
    fault = fault_of(tag, attribute, value)
    return (f"{value!r} is not what it takes", fault, True) if fault else None


def _told(
    element: _Element,
    attribute: str,
    what: str,
    mend: str,
    warning: bool,
    source: str,
    templates: TemplateSet,
) -> Problem:
    file, line = _place(element, attribute, source, templates)
    key = f"<{element.tag} {attribute}>" if attribute else f"<{element.tag}>"
    return Problem(
        file=place_of(templates, file), line=line, key=key, what=what, mend=mend, warning=warning
    )


def _place(
    element: _Element, attribute: str, source: str, templates: TemplateSet
) -> tuple[str, int]:
    """The one template line that holds the tag (and attribute), or the likeliest of several."""
    tag = re.compile(rf"<{re.escape(element.tag)}\b(?![-\w])")
    held = re.compile(rf"\b{re.escape(attribute)}\s*=") if attribute else tag
    fitting: dict[tuple[str, int], tuple[str, int]] = {}
    for name in sorted(templates.files, key=lambda n: ("/" in n, n)):
        for number, line in enumerate(templates.files[name].split("\n"), 1):
            if tag.search(line) and held.search(line):
                fitting.setdefault((place_of(templates, name), number), (name, number))
    if len(fitting) == 1:
        return next(iter(fitting.values()))
    found = find_line(source, element.at, templates)
    return found or next(iter(fitting.values()), ("letter.mjml.j2", 0))
