"""Which dollars are a formula's, and which are money."""

from __future__ import annotations

import re

_LONGEST = 2000
_TEX_SIGN = re.compile(r"\\[A-Za-z]|[\^_{]")
_OPERATORS = re.compile(r"[<>=+\-*/|~±×≤≥≈.,:()\[\]\s]+")
_PLAIN_WORD = re.compile(r"(?<![\\A-Za-z])[A-Za-z]{3,}")
_RELATION = re.compile(r"[=<>+*/|]")


def find_formula_end(text: str, at: int, width: int, end: int) -> int | None:
    """Where the formula that a dollar at `at` opens is closed, or None: the dollar is a sign.

    `width` 2 means `$$`. Pandoc's rule (no blank inside either dollar, no digit behind the
    second one) is widened for content that only TeX writes, such as `$\\sim$5`.
    """
    close = _closing(text, at + width, min(end, at + _LONGEST), "$" * width)
    if close is None:
        return None
    inner = text[at + width : close]
    before = text[at - 1 : at] if at else ""
    after = text[close + width : close + width + 1]
    return close if is_formula(inner, before, after) else None


def _closing(text: str, start: int, end: int, sign: str) -> int | None:
    at = start
    while True:
        at = text.find(sign, at, end)
        if at < 0:
            return None
        backslashes = len(text[start:at]) - len(text[start:at].rstrip("\\"))
        if backslashes % 2 == 0:
            return at
        at += 1


def is_formula(inner: str, before: str, after: str) -> bool:
    """Judge the text between two dollars by itself and its neighbours."""
    if not inner.strip():
        return False
    money = inner[0].isdigit() and (after.isdigit() or inner[-1].isspace())
    if _TEX_SIGN.search(inner):
        return not (money and " " in inner)
    if _OPERATORS.fullmatch(inner):
        return True
    if inner[0].isspace() != inner[-1].isspace() and inner[0] not in "<>=≤≥~±+":
        return False
    if before.isalpha() and inner[0].isdigit() and " " in inner:  # US$5 and AU$
        return False
    if after.isdigit() and not (len(inner) == 1 and inner.isalpha()):
        return False
    if " " in inner.strip() and _PLAIN_WORD.search(inner):
        return bool(_RELATION.search(inner)) and not money and len(inner) < 60
    return True
