"""Is the type large enough, and set on whole pixels?

Phones enlarge small text by themselves and so break a layout; Word draws hairlines between rows
whose line height is no whole number of pixels.
"""

from __future__ import annotations

from collections.abc import Sequence

from digest.proofing.contrast import Reading
from digest.proofing.finding import Findings, error, warning
from digest.proofing.page import place

#: Pixels: what all text should have, and what is unreadable on a phone.
AIM, LEAST = 14, 12


def check_type(light: Sequence[Reading]) -> Findings:
    """Every text's size and line height, on a light screen."""
    for each in light:
        size, leading = each.look.size, each.look.leading
        if size < AIM and not _is_raised(each):
            words = f"is set in {size:.4g} px; use {AIM} or more"
            yield (error if size < LEAST else warning)("type", place(each.element), words)
        if leading is not None and abs(leading - round(leading)) > 0.01:
            words = f"has a line height of {leading:.4g} px; Word draws hairlines: use whole pixels"
            yield warning("type", place(each.element), words)


def _is_raised(each: Reading) -> bool:
    """Whether it is an index or an exponent, which is small by nature."""
    return each.element.tag in ("sub", "sup") or any(each.element.iterancestors("sub", "sup"))
