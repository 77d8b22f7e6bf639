"""What a mail client makes of a letter before it lays it out, as far as a browser can stand in."""

from __future__ import annotations

import re

_FOR_WORD = re.compile(r"<!--\[if mso(?: \| IE)?\]>(.*?)<!\[endif\]-->", re.DOTALL)
_FOR_OTHERS = re.compile(r"<!--\[if !mso\]><!-->.*?<!--<!\[endif\]-->", re.DOTALL)
_MAX_WIDTH = re.compile(r"max-width:[^;\"}]*;?")
_STYLE = re.compile(r"(<style\b[^>]*>)(.*?)</style>", re.DOTALL)
# With the rules in it, of which none is another such.
_AT_RULE = re.compile(r"@[^{}]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}")


def for_word(html: str) -> str:
    """With Word's conditional comments opened up, and without the `max-width` it does not know."""
    return _MAX_WIDTH.sub("", _FOR_WORD.sub(r"\1", _FOR_OTHERS.sub("", html)))


def without_at_rules(html: str) -> str:
    """Without what hangs on a media query, in a style sheet or around one."""

    def heeded(sheet: re.Match[str]) -> str:
        return "" if " media=" in sheet[1] else f"{sheet[1]}{_AT_RULE.sub('', sheet[2])}</style>"

    return _STYLE.sub(heeded, html)


def without_style_sheets(html: str) -> str:
    return _STYLE.sub("", html)


def style_sheets(html: str) -> list[str]:
    """The text of every style sheet, in order."""
    return [sheet[2] for sheet in _STYLE.finditer(html)]
