"""Mark in a text what was sought, whatever its case and accents."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence

from markupsafe import Markup

from digest.model.query import Term
from digest.prose import shorten
from digest.prose.folding import fold_with_places
from digest.rendering.scripts import raise_scripts

#: Letters of a text that are shown of what was found.
PART = 320
_BEFORE = 80


class Highlighter:
    """Marks `terms`."""

    def __init__(self, terms: Sequence[Term]) -> None:
        patterns = (_pattern(term) for term in terms if term.words)
        self._pattern = re.compile("|".join(patterns) or r"(?!)")

    def mark(self, text: str) -> Markup:
        """The text as HTML, with scripts raised and lowered as elsewhere."""
        out: list[Markup] = []
        at = 0
        for start, end in self._places(text):
            out += [raise_scripts(text[at:start]), Markup("<mark>"), raise_scripts(text[start:end])]
            out.append(Markup("</mark>"))
            at = end
        out.append(raise_scripts(text[at:]))
        return Markup().join(out)

    def part(self, summary: str, abstract: str) -> str:
        """What is shown of a paper: its summary if a word is there, else where it is in the rest.

        Where no word is in either (it is in the title), the summary.
        """
        if next(self._places(summary), None) or not abstract:
            return summary
        found = next(self._places(abstract), None)
        if found is None:
            return summary
        start = abstract.find(" ", found[0] - _BEFORE) + 1 if found[0] > _BEFORE else 0
        start = min(start, found[0])
        return ("… " if start else "") + shorten(abstract[start:], PART)

    def _places(self, text: str) -> Iterator[tuple[int, int]]:
        folded, places = fold_with_places(text)
        for found in self._pattern.finditer(folded):
            if found.end() > found.start():
                yield places[found.start()], places[found.end() - 1] + 1


def _pattern(term: Term) -> str:
    words = r"[\W_]+".join(re.escape(word) for word in term.words)
    # Chinese and Japanese have no blanks around their words.
    loose = any(unicodedata.east_asian_width(letter) == "W" for letter in "".join(term.words))
    before = "" if loose else r"(?<![^\W_])"
    after = r"[^\W_]*" if term.prefix else "" if loose else r"(?![^\W_])"
    return f"{before}{words}{after}"
