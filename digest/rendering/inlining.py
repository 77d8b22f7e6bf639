"""A page's style sheet on its elements, by premailer.

Most blocks of an edition are alike but for their words. Of those that are, premailer gets one to
see; the others take their styles from it. That is two thirds of the time that inlining takes.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Iterator
from functools import lru_cache
from itertools import takewhile
from types import ModuleType
from typing import Any

from lxml import etree

_DOCTYPE = re.compile(r"<!doctype html>", re.IGNORECASE)
# MRML's own style blocks serve as they are; inlined they would cost 80 bytes a cell.
_OWN_STYLES = ('<style type="text/css">\n#outlook a', '<style type="text/css">@media only screen')
_STYLESHEET = re.compile(r'(<style type="text/css">)(.*?)(</style>)', re.DOTALL)
_RULE = re.compile(r"\s*([^{}]+)\{[^{}]*\}")
# Selectors by which an element's place or attributes decide, not what it and those around it are.
_PLACED = re.compile(r"[+~:#\[][^{}]*\{")
# premailer writes "margin:0; padding:0"; the spaces are 30 bytes a paper.
_STYLE = re.compile(r' style="[^"]*"')
_CHARSET = re.compile(r'<meta http-equiv="Content-Type"[^>]*>')
# What MRML says twice, at each seam again.
_TWICE = (
    (re.compile(r"<!\[endif\]-->\s*<!--\[if mso \| IE\]>"), ""),
    (re.compile(r"background:(#\w+);(?=background-color:\1)"), ""),
)
# Attributes that repeat a style. MRML writes those that Word needs.
_ATTRIBUTES = ["align", "valign", "bgcolor", "width", "height"]

# lxml's stubs know no comments among an element's children.
_Node = Any
_Rows = list[_Node]


def inline_styles(html: str, mark: str = "") -> str:
    """`html` with its stylesheet on its elements; media queries and dark rules stay as written.

    premailer's defaults would fetch web fonts, drop the doctype and strip the `!important`
    without which dark rules lose to inline styles. Comments that begin with `mark` begin blocks.
    """
    for style in _OWN_STYLES:
        ignored = style.replace("<style", '<style data-premailer="ignore"')
        html = html.replace(style, ignored, 1)
    page = etree.fromstring(_DOCTYPE.sub("<!DOCTYPE html>", html, count=1), etree.HTMLParser())
    alike = list(_alike(page, mark)) if mark and not _is_placed(page) else []
    parents = {rows[0].getparent() for _, rows in alike}
    whole = [(parent, list(parent)) for parent in parents]
    for _, rows in alike:
        for row in rows:
            row.getparent().remove(row)
    _inline(page)
    for parent, children in whole:
        parent[:] = children
    for first, rows in alike:
        _dress(rows, first)
    return _written(etree.tostring(page.getroottree(), method="html", encoding="unicode"))


def _is_placed(page: _Node) -> bool:
    sheets = page.xpath("//style[not(@data-premailer) and not(@media)]")
    return any(_PLACED.search(re.sub(r"\{[^{}]*\}", "{", sheet.text or "")) for sheet in sheets)


def _alike(page: _Node, mark: str) -> Iterator[tuple[_Rows, _Rows]]:
    """Blocks whose elements are those of an earlier block: (the earlier one's rows, its rows)."""
    seen: dict[tuple[object, ...], _Rows] = {}
    for comment in page.iter(etree.Comment):
        if not _begins(comment, mark):
            continue
        after = list(comment.itersiblings())
        rows = list(takewhile(lambda node: not _begins(node, mark), after))
        if not rows or len(rows) == len(after):  # the last one here: it may end elsewhere
            continue
        shape = tuple(part for row in rows for part in _shape(row))
        first = seen.setdefault((comment.getparent().tag, shape), rows)
        if first is not rows:
            yield first, rows


def _begins(node: _Node, mark: str) -> bool:
    return node.tag is etree.Comment and node.text.startswith(mark)


def _shape(row: _Node) -> Iterator[tuple[object, ...]]:
    return ((e.tag, e.get("class"), e.get("style"), e.get("dir"), len(e)) for e in row.iter())


def _dress(rows: _Rows, model: _Rows) -> None:
    for row, like in zip(rows, model, strict=True):
        for element, other in zip(row.iter(), like.iter(), strict=True):
            style = other.get("style")
            if style:
                element.set("style", style)


def _inline(page: _Node) -> None:
    inliner = _premailer()(
        page,
        allow_network=False,
        keep_style_tags=True,
        strip_important=False,
        disable_validation=True,
        disable_basic_attributes=_ATTRIBUTES,
        cssutils_logging_level=logging.CRITICAL,
    )
    inliner._parse_css_string = _parse_css
    inliner.transform()


def _written(inlined: str) -> str:
    inlined = _STYLESHEET.sub(_drop_inlined, inlined)
    inlined = _STYLE.sub(lambda style: style[0].replace("; ", ";").replace(": ", ":"), inlined)
    charset = _CHARSET.search(inlined)
    if charset:  # a title that is not ASCII comes behind it
        inlined = inlined.replace(charset[0], "", 1).replace("<head>", f"<head>{charset[0]}", 1)
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
