"""Makes text harmless that a spreadsheet would take for a formula.

A cell that begins with one of `= + - @`, their full-width twins, a tab or a return is run by
spreadsheets (OWASP, "CSV Injection"). An apostrophe before it makes it text. What begins with an
apostrophe and would be mistaken for such a cell gets one more, so that `unshield` undoes `shield`
for every text.
"""

from __future__ import annotations

import re

_RISKY = "=+\\-@\t\r＝＋－＠"
_TO_SHIELD = re.compile(f"'*[{_RISKY}]")
_SHIELDED = re.compile(f"''*[{_RISKY}]")


def shield(text: str) -> str:
    """`text` as a cell that no spreadsheet runs."""
    return "'" + text if _TO_SHIELD.match(text) else text


def unshield(text: str) -> str:
    """What `shield` was given."""
    return text[1:] if text[:1] == "'" and _SHIELDED.match(text) else text
