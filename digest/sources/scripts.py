"""Superscripts with subscripts, as far as Unicode has them."""

from __future__ import annotations

_SUPER = dict(
    zip(
        "0123456789+-−=()abcdefghijklmnoprstuvwxyzABDEGHIJKLMNOPRTUVWαβγδεθιφχ∗*′°",
        "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻᴬᴮᴰᴱᴳᴴᴵᴶᴷᴸᴹᴺᴼᴾᴿᵀᵁⱽᵂᵅᵝᵞᵟᵋᶿᶥᵠᵡ**′°",
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
