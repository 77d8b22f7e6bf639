"""What somebody seeks: words, phrases, beginnings of words."""

from __future__ import annotations

import re
from dataclasses import dataclass

from digest.prose.folding import fold

#: Letters of a query that are read, and terms.
LONGEST, MOST_TERMS = 200, 12
_QUOTES = str.maketrans("“”„«»", '"""""')
_PART = re.compile(r'"([^"]*)"?(\*?)|([^\s"]+)')
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Term:
    """Folded words that stand side by side; with `prefix` the last one may go on."""

    words: tuple[str, ...]
    prefix: bool = False


def parse_query(text: str) -> tuple[Term, ...]:
    """All terms must be found. Any text is a query; signs that mean nothing are passed over.

    >>> parse_query('align* "reward model"')
    (Term(words=('align',), prefix=True), Term(words=('reward', 'model'), prefix=False))
    """
    terms: dict[Term, None] = {}
    for phrase, star, bare in _PART.findall(text[:LONGEST].translate(_QUOTES)):
        words = tuple(_WORD.findall(fold(phrase or bare)))
        if words:
            starred = bool(star) or bare.endswith("*")
            # Half of all papers have a word that begins with some letter: it tells nothing.
            terms[Term(words, prefix=starred and len(words[-1]) > 1)] = None
    return tuple(terms)[:MOST_TERMS]
