"""Superscripts with subscripts, as far as Unicode has them."""

from __future__ import annotations

import re

_SUPER = dict(
    zip(
        "0123456789+-−=()abcdefghijklmnoprstuvwxyzABDEGHIJKLMNOPRTUVWαβγδεθιφχ∗*′″°",
        "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻᴬᴮᴰᴱᴳᴴᴵᴶᴷᴸᴹᴺᴼᴾᴿᵀᵁⱽᵂᵅᵝᵞᵟᵋᶿᶥᵠᵡ**′″°",
        strict=True,
    )
)
_SUB = dict(
    zip(
        "0123456789+-−=()aehijklmnoprstuvxβγρφχ",
        "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓᵦᵧᵨᵩᵪ",
        strict=True,
    )
)


def _raise_all(text: str, table: dict[str, str]) -> str | None:
    found = [table.get(char) for char in text]
    return None if not text or None in found else "".join(char for char in found if char)


def to_superscript(text: str) -> str | None:
    """`-3` as `⁻³`, or None when a character has no superscript form."""
    return _raise_all(text, _SUPER)


def to_subscript(text: str) -> str | None:
    """`2` as `₂`, or None when a character has no subscript form."""
    return _raise_all(text, _SUB)


_ENDINGS = frozenset({"st", "nd", "rd", "th"})
# A number, one letter, an index such as `ij` or `t-1`: more than that in small raised letters is
# hard on eyes, and on screen readers.
_READABLE = re.compile(
    r"[+\-−]?\d{1,6}|\d?[+\-−]|\w|[a-z][+\-−]\d|\d[a-z]|[ijklmnt]{2}|[*′″°]{1,3}|\*[+\-−]"
    r"|\([ijklmnt\d](?:[+\-−]\d)?\)"
)
# What needs no brackets: a word, a number.
_BARE = re.compile(r"[A-Za-z]+|\d+(?:\.\d+)?|.")


def set_script(inner: str, place: str) -> str:
    """A raised (`sup`) or lowered (`sub`) text in Unicode, else with `^` or `_` before it.

    >>> set_script("-3", "sup"), set_script("max", "sub"), set_script("a+b", "sup")
    ('⁻³', '_max', '^(a+b)')
    """
    inner = inner.strip().replace("′′", "″")
    if not inner or inner in _ENDINGS:
        return inner
    if inner in ("∘", "◦") and place == "sup":
        return "°"
    if inner in ("⊤", "⊺") and place == "sup":
        return "ᵀ"
    if _READABLE.fullmatch(inner):
        small = to_superscript(inner) if place == "sup" else to_subscript(inner)
        if small is not None:
            return small
    sign = "^" if place == "sup" else "_"
    return f"{sign}{inner}" if _BARE.fullmatch(inner) else f"{sign}({inner})"
