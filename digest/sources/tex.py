"""TeX in titles, names and abstracts as readable Unicode text.

This reads what authors type into forms, which is mostly prose: `95% of`, `$5 and $10`, `~10` and
`--flag` are text; a formula is what stands between dollars and looks like one. What cannot be
read stays as it is; nothing raises, no text is lost.
"""

from __future__ import annotations

import re

from digest.sources.tex_lost import has_lost_tex

# Each way begins with one sign of its own: that makes the search three times as fast as a set.
_MAYBE_TEX = re.compile(r"\\|\$|\{|\}|~|`|\^|--|''")


def tex_to_text(text: str, *, braces: bool = False) -> str:
    """Text with its TeX read; text without TeX comes back as it was.

    `braces` drops every pair of braces, as BibTeX uses them to keep capitals.
    """
    if not (_MAYBE_TEX.search(text) or has_lost_tex(text)):
        return text
    from digest.sources.tex_reader import TexReader

    return TexReader(text, braces=braces).read()
