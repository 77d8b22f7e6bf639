"""Text from a list, made safe for a header and for a letter."""

from __future__ import annotations

import re
import unicodedata

# Joiners that Persian, Hindi or an emoji need; every other format character only hides things.
_KEPT_FORMAT = frozenset("\u200c\u200d")
# Blanks nobody sees, which a spreadsheet or a web page leaves around a value without harm.
_INVISIBLE = "\u200b\u200e\u200f\u2060\ufeff\u00ad"
_BLANKS = re.compile(r"\s+")


def trim(text: str) -> str:
    """Without blanks at the ends, those that nobody sees included."""
    return text.strip().strip(_INVISIBLE + " \u00a0\t").strip()


def clean_text(text: str) -> tuple[str, bool]:
    """One line of NFC text, with whether something harmful was taken out.

    Control characters, line breaks (U+2028 and NEL too), surrogates, private-use characters,
    noncharacters and direction overrides become a blank; runs of blanks become one.
    """
    if text.isascii() and text.isprintable() and "  " not in text:
        return text.strip(), False
    trimmed = trim(text)
    safe = "".join(c if _is_safe(c) else " " for c in trimmed)
    harmful = safe != trimmed
    return unicodedata.normalize("NFC", _BLANKS.sub(" ", safe).strip()), harmful


def _is_safe(char: str) -> bool:
    category = unicodedata.category(char)
    if category == "Cf":
        return char in _KEPT_FORMAT
    return category not in ("Cc", "Cs", "Co", "Cn", "Zl", "Zp") or char == "\t"
