"""Raised and lowered text: `x^(i+j)` and `L_max` in plain text are `<sup>` and `<sub>` in HTML.

Plain text has the linear form where Unicode has no raised or lowered letter. What is read back
here is narrow, since prose and code hold `_` and `^` as well: `foo_(bar)`, `max_len`, `__init__`
and `a ^ b` stay. All text is escaped; no other markup is ever made.
"""

from __future__ import annotations

import re

from markupsafe import Markup, escape

_DEEPEST = 3
_LONGEST = 60
# Without brackets: a letter, a word, a number, a symbol.
_WORD = r"[A-Za-z](?!\w)|[A-Za-z]{2,8}(?![\w(])|\d+(?:\.\d+)?(?!\w|\.\d)|[^\W\d_A-Za-z](?!\w)"
_LOWERED = re.compile(rf"{_WORD}|[∞⊙⊕⊥∥]")
_RAISED = re.compile(rf"{_WORD}|[∞⊙⊕⊥∥∗*⋆†‡§]")
# What may bear a script in brackets: a sign of a formula, so not the end of a small word.
_BASE = re.compile(
    r"(?:(?<![A-Za-z_])[A-Za-z]{1,2}|[^\W_a-z]|[)\]}⟩‖|∑∏∫⋃⋂′″*†]"
    r"|\b(?:lim|max|min|sup|inf|log|exp))\Z"
)
# A single letter, which alone may bear a script without brackets below: `L_max`, `π_0.5`.
_LETTER = re.compile(r"(?<![\w.$/@])(?<![a-z]-)[^\W\d_][\u0300-\u036f]*[⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ᵀ]*\Z")
_SIGN = re.compile(r"https?://\S+|[\^_](?=\S)")


def raise_scripts(text: str) -> Markup:
    """The text as HTML with its scripts raised and lowered.

    >>> raise_scripts("e^(x_max) < 5")
    Markup('e<sup>x<sub>max</sub></sup> &lt; 5')
    """
    if "^" not in text and "_" not in text:
        return escape(text)
    return Markup(_raise(text, 0))  # noqa: S704 - every piece of it is escaped


def _raise(text: str, depth: int) -> str:
    out: list[str] = []
    at = 0
    for found in _SIGN.finditer(text):
        if found.start() < at or len(found[0]) > 1:  # inside what was raised; an address
            continue
        inner, end = _script(text, found.start(), found[0], follows=at)
        if not inner or depth >= _DEEPEST:
            continue
        name = "sup" if found[0] == "^" else "sub"
        out += [
            escape(text[at : found.start()]),
            f"<{name}>",
            _raise(inner, depth + 1),
            f"</{name}>",
        ]
        at = end
    out.append(escape(text[at:]))
    return "".join(out)


def _script(text: str, at: int, sign: str, *, follows: int) -> tuple[str, int]:
    """What is raised or lowered by the sign at `at`, and where it ends; "" if nothing is.

    `follows` is where the script before ended: `x_(i)^(2)` has two on one letter.
    """
    stacked = 0 < follows == at
    before = text[max(at - 12, 0) : at]
    if text[at + 1] == "(":
        return _bracketed(text, at + 1) if stacked or _BASE.search(before) else ("", at)
    if sign == "_":
        allowed, shape = stacked or _LETTER.search(before), _LOWERED
    else:
        allowed, shape = stacked or _BASE.search(before), _RAISED
    found = shape.match(text, at + 1) if allowed else None
    return (found[0], found.end()) if found else ("", at)


def _bracketed(text: str, start: int) -> tuple[str, int]:
    """The text inside the brackets that open at `start`, and where they are closed."""
    depth = 0
    for at in range(start, min(len(text), start + _LONGEST)):
        depth += {"(": 1, ")": -1}.get(text[at], 0)
        if depth == 0:
            return text[start + 1 : at].strip(), at + 1
    return "", start
