"""What the values of MJML's attributes may be, since MRML writes down whatever it is given.

Kinds after https://documentation.mjml.io: lengths in px or %, colours, numbers, one of some words.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping

_PX = r"\d+(?:\.\d+)?px"
_LENGTH = rf"(?:{_PX}|\d+(?:\.\d+)?%|0)"
_COLOUR_NAMES = """
    aliceblue antiquewhite aqua aquamarine azure beige bisque black blanchedalmond blue
    blueviolet brown burlywood cadetblue chartreuse chocolate coral cornflowerblue cornsilk crimson
    cyan darkblue darkcyan darkgoldenrod darkgray darkgreen darkgrey darkkhaki darkmagenta
    darkolivegreen darkorange darkorchid darkred darksalmon darkseagreen darkslateblue
    darkslategray darkslategrey darkturquoise darkviolet deeppink deepskyblue dimgray dimgrey
    dodgerblue firebrick floralwhite forestgreen fuchsia gainsboro ghostwhite gold goldenrod gray
    green greenyellow grey honeydew hotpink indianred indigo ivory khaki lavender lavenderblush
    lawngreen lemonchiffon lightblue lightcoral lightcyan lightgoldenrodyellow lightgray lightgreen
    lightgrey lightpink lightsalmon lightseagreen lightskyblue lightslategray lightslategrey
    lightsteelblue lightyellow lime limegreen linen magenta maroon mediumaquamarine mediumblue
    mediumorchid mediumpurple mediumseagreen mediumslateblue mediumspringgreen mediumturquoise
    mediumvioletred midnightblue mintcream mistyrose moccasin navajowhite navy oldlace olive
    olivedrab orange orangered orchid palegoldenrod palegreen paleturquoise palevioletred
    papayawhip peachpuff peru pink plum powderblue purple rebeccapurple red rosybrown royalblue
    saddlebrown salmon sandybrown seagreen seashell sienna silver skyblue slateblue slategray
    slategrey snow springgreen steelblue tan teal thistle tomato turquoise violet wheat white
    whitesmoke yellow yellowgreen transparent none inherit currentcolor
"""
_COLOURS = frozenset(_COLOUR_NAMES.split())
_HEX = re.compile(r"#(?:[0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})", re.IGNORECASE)
_FUNCTION = re.compile(r"(?:rgb|hsl)a?\([\d\s.,%/-]+\)", re.IGNORECASE)
_LINES = (
    "solid",
    "dashed",
    "dotted",
    "double",
    "groove",
    "ridge",
    "inset",
    "outset",
    "none",
    "hidden",
)
# An address, a place in the page, or the mark of a merge field.
_URL = re.compile(r"(?:https?://|mailto:|tel:|cid:|#|k[0-9a-f]{24}\.).*", re.IGNORECASE)

_PATTERNS: Mapping[str, tuple[str, str]] = {
    "px": (rf"{_PX}|0", "a length in px: 16px"),
    "length": (_LENGTH, "a length in px or %: 20px"),
    "lengths": (rf"{_LENGTH}(?:\s+{_LENGTH}){{0,3}}", "one to four lengths: 0 32px"),
    "spacing": (r"normal|-?\d+(?:\.\d+)?(?:px|em)|0", "a length in px or em: 0.5px"),
    "line": (rf"normal|{_PX}|\d+(?:\.\d+)?%?", "a length or a number: 24px"),
    "weight": (r"normal|bold|bolder|lighter|[1-9]00", "normal, bold, or 100 to 900"),
    "number": (r"\d+", "a whole number"),
    "table": (rf"{_LENGTH}|auto", "a length in px or %, or auto"),
    "image": (rf"{_PX}|auto", "a length in px, or auto"),
}
_WORDS: Mapping[str, str] = {
    "align": "left center right",
    "text": "left center right justify",
    "vertical": "top middle bottom",
    "side": "left right",
    "direction": "ltr rtl",
    "dir": "ltr rtl auto",
    "repeat": "repeat no-repeat",
    "full": "full-width false",
    "style": "normal italic oblique inherit",
    "case": "capitalize uppercase lowercase none",
    "bool": "true false",
    "layout": "auto fixed initial inherit",
    "line-style": " ".join(_LINES),
    "hero": "fixed-height fluid-height",
    "social": "horizontal vertical",
    "thumbnails": "visible hidden supported",
}
_OF_KIND: Mapping[str, str] = {
    "colour": "color background-color container-background-color inner-background-color "
    "border-color ico-color tb-hover-border-color tb-selected-border-color",
    "lengths": "padding inner-padding icon-padding text-padding ico-padding border-radius "
    "inner-border-radius tb-border-radius",
    "length": "padding-top padding-right padding-bottom padding-left width height max-height "
    "icon-size icon-height icon-width background-height background-width tb-width",
    "px": "font-size border-width ico-font-size",
    "border": "border border-top border-right border-bottom border-left inner-border "
    "inner-border-top inner-border-right inner-border-bottom inner-border-left tb-border",
    "url": "href src background-url thumbnails-src base-url",
    "number": "cellpadding cellspacing",
    "spacing": "letter-spacing",
    "line": "line-height ico-line-height",
    "weight": "font-weight",
    "style": "font-style",
    "case": "text-transform",
    "align": "align ico-align",
    "text": "text-align",
    "vertical": "vertical-align icon-align",
    "side": "icon-position",
    "direction": "direction",
    "dir": "dir",
    "repeat": "background-repeat",
    "full": "full-width",
    "bool": "fluid-on-mobile",
    "layout": "table-layout",
    "line-style": "border-style",
    "thumbnails": "thumbnails",
}
_KINDS = {name: kind for kind, names in _OF_KIND.items() for name in names.split()}
#: Where a tag is stricter, or knows more, than others are.
_OF_TAG: Mapping[tuple[str, str], str] = {
    ("mj-body", "width"): "px",
    ("mj-breakpoint", "width"): "px",
    ("mj-image", "width"): "px",
    ("mj-image", "height"): "image",
    ("mj-table", "width"): "table",
    ("mj-text", "align"): "text",
    ("mj-spacer", "height"): "px",
    ("mj-hero", "mode"): "hero",
    ("mj-social", "mode"): "social",
    ("mj-navbar-link", "href"): "",
}


def fault_of(tag: str, attribute: str, value: str) -> str:
    """What the value should be instead, in words; "" where it is right or free."""
    kind = _OF_TAG.get((tag, attribute), _KINDS.get(attribute, ""))
    value = value.strip()
    if not kind or not value:
        return ""
    if kind in _WORDS:
        return "" if value in _WORDS[kind].split() else _one_of(value, _WORDS[kind].split())
    if kind == "colour":
        return "" if _is_colour(value) else _near_colour(value)
    if kind == "border":
        return "" if _is_border(value) else "a border is 1px solid #e1e4e8, or none"
    if kind == "url":
        return "" if _URL.fullmatch(value) else "write a whole address, with https://"
    pattern, words = _PATTERNS[kind]
    return "" if re.fullmatch(pattern, value) else f"write {words}"


def _one_of(value: str, words: list[str]) -> str:
    near = difflib.get_close_matches(value, words, n=1)
    return f"did you mean {near[0]}?" if near else f"it is one of {', '.join(words)}"


def _is_colour(value: str) -> bool:
    return bool(value.lower() in _COLOURS or _HEX.fullmatch(value) or _FUNCTION.fullmatch(value))


def _near_colour(value: str) -> str:
    near = difflib.get_close_matches(value.lower(), _COLOURS, n=1)
    return f"did you mean {near[0]}?" if near else "write a colour as #0b57c2 or by its CSS name"


def _is_border(value: str) -> bool:
    """`1px solid #e1e4e8` in any order, `none` or `0`."""
    return all(_border_parts(value))


def _border_parts(value: str) -> Iterator[bool]:
    for part in re.findall(r"[^\s(]+(?:\([^)]*\))?", value):
        yield bool(part in _LINES or re.fullmatch(rf"{_PX}|0", part) or _is_colour(part))
