"""Colours as CSS writes them, and how far two of them are apart.

Contrast is that of WCAG 2.2: https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio.
"""

from __future__ import annotations

import colorsys
import re
from functools import lru_cache
from typing import NamedTuple

from digest.proofing.colour_names import NAMES


class Colour(NamedTuple):
    """sRGB, 0 to 255; `alpha` from 0 (nothing) to 1."""

    red: float
    green: float
    blue: float
    alpha: float = 1.0

    def __str__(self) -> str:
        return f"#{round(self.red):02x}{round(self.green):02x}{round(self.blue):02x}"

    def over(self, behind: Colour) -> Colour:
        """What is seen when it is painted on `behind`, which is opaque."""
        rest = 1 - self.alpha
        return Colour(
            self.red * self.alpha + behind.red * rest,
            self.green * self.alpha + behind.green * rest,
            self.blue * self.alpha + behind.blue * rest,
        )


BLACK, WHITE = Colour(0, 0, 0), Colour(255, 255, 255)
CLEAR = Colour(0, 0, 0, 0)
_HEX = re.compile(r"#([0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})")
_FUNCTION = re.compile(r"(rgb|hsl)a?\(([^)]*)\)")


@lru_cache(maxsize=1024)
def parse_colour(text: str) -> Colour | None:
    """A colour of CSS Color 4 as far as mail may use it; None for all else."""
    text = text.strip().lower()
    if text == "transparent":
        return CLEAR
    written = NAMES.get(text, text)
    if found := _HEX.fullmatch(written):
        digits = found[1] if len(found[1]) > 4 else "".join(2 * digit for digit in found[1])
        red, green, blue, alpha = (int(digits[at : at + 2] or "ff", 16) for at in range(0, 8, 2))
        return Colour(red, green, blue, alpha / 255)
    if found := _FUNCTION.fullmatch(written):
        return _function(found[1], re.split(r"[\s,/]+", found[2].strip()))
    return None


def _function(name: str, parts: list[str]) -> Colour | None:
    try:
        alpha = _share(parts[3]) if len(parts) > 3 else 1.0
        if name == "rgb":
            red, green, blue = (
                _share(part) * 255 if part.endswith("%") else float(part) for part in parts[:3]
            )
        else:
            hue = float(parts[0].removesuffix("deg")) / 360 % 1
            shares = colorsys.hls_to_rgb(hue, _share(parts[2]), _share(parts[1]))
            red, green, blue = (round(255 * share) for share in shares)
    except (ValueError, IndexError):
        return None
    return Colour(red, green, blue, alpha)


def _share(text: str) -> float:
    return float(text[:-1]) / 100 if text.endswith("%") else float(text)


def contrast(one: Colour, other: Colour) -> float:
    """From 1 (the same) to 21 (black on white)."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: Colour) -> float:
    red, green, blue = (
        share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4
        for share in (channel / 255 for channel in colour[:3])
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
