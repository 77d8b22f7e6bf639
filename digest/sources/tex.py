"""TeX in titles, names and abstracts as readable Unicode text."""

from __future__ import annotations

import re

_MAYBE_TEX = re.compile(r"[\\${}~]|``|''|--")


def tex_to_text(text: str) -> str:
    """Text with its TeX read; text without TeX comes back as it was."""
    if not _MAYBE_TEX.search(text):
        return text
    from pylatexenc.latex2text import LatexNodes2Text

    try:
        return str(
            LatexNodes2Text(math_mode="text", keep_comments=True).latex_to_text(
                text.replace("%", r"\%")
            )
        )
    except Exception:
        return text
