"""A letter as a mail program in one colour scheme shows it, whatever scheme its browser has."""

from __future__ import annotations

import re
from typing import Literal

Scheme = Literal["light", "dark"]

_SHEET = re.compile(r"(<style\b[^>]*>)(.*?)(</style>)", re.DOTALL | re.IGNORECASE)
_MEDIA = re.compile(r'(<[a-z][^<>]*?\bmedia=")([^"]*)(")', re.IGNORECASE)
_PREFERS = re.compile(r"\(\s*prefers-color-scheme\s*:\s*(light|dark)\s*\)", re.IGNORECASE)
_META = re.compile(r'(<meta name="(?:supported-)?color-schemes?" content=")[^"]*(")', re.IGNORECASE)
# A condition that holds at any width, and one that holds at none that is seen.
_TRUE, _FALSE = "(min-width:0)", "(max-width:0)"


def show_scheme(html: str, scheme: Scheme) -> str:
    """`html` with its questions about the colour scheme answered.

    A frame follows `color-scheme` of its element in some browsers and the system in others; an
    answered question is the same in all. Only style sheets and `media` are touched, no text.
    """

    def answer(match: re.Match[str]) -> str:
        rules = _PREFERS.sub(
            lambda asked: _TRUE if asked[1].lower() == scheme else _FALSE, match[2]
        )
        return match[1] + rules + match[3]

    html = _MEDIA.sub(answer, _SHEET.sub(answer, html))
    return _META.sub(rf"\g<1>{scheme}\g<2>", html)
