"""Finds an edition's papers by theme, phrase, author or category.

Phrases are compared word by word: case, accents and punctuation do not count, a hyphen is a
blank ("red-teaming" is "red teaming"), but "art" is not in "smart". Scripts that write without
blanks (Chinese, Japanese, Thai ...) match anywhere.
"""

from __future__ import annotations

import re
import unicodedata

from digest.model import Edition, Paper

# C++, C# and F# are words of our readers; elsewhere + and # are punctuation.
_WORD = re.compile(r"[^\W_]+(?:\+\+|#(?!\w))?")
# Thai to Khmer, kana, Han: no blanks between words.
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")
_ACCENTS = re.compile("[\u0300-\u036f]")


class PaperIndex:
    """An edition prepared for questions; papers are numbered in the edition's order.

    Answers are remembered, since readers ask the same questions.
    """

    def __init__(self, edition: Edition) -> None:
        self._themes: list[tuple[str, frozenset[int]]] = []
        start = 0
        for section in edition.sections:
            members = frozenset(range(start, start + len(section.papers)))
            self._themes.append((plain_name(section.theme), members))
            start += len(section.papers)
        self._texts = tuple(_searchable(paper) for paper in edition.papers)
        self._authors = tuple(
            tuple(frozenset(words(name)) for name in paper.authors) for paper in edition.papers
        )
        self._categories = tuple(
            tuple(category.casefold() for category in paper.categories) for paper in edition.papers
        )
        self._found: dict[str, frozenset[int]] = {}
        self._found_themes: dict[str, frozenset[int]] = {}

    def in_theme(self, pattern: str) -> frozenset[int]:
        """All papers of the sections whose name fits `pattern`; `*` stands for any text."""
        found = self._found_themes.get(pattern)
        if found is None:
            plain = plain_name(pattern)
            hits = [members for name, members in self._themes if fits(plain, name)]
            found = self._found_themes[pattern] = frozenset().union(*hits)
        return found

    def matching(self, question: str) -> frozenset[int]:
        """Papers that hold a phrase, or for `author:NAME` and `category:cs.*` these papers."""
        found = self._found.get(question)
        if found is None:
            found = self._found[question] = frozenset(self._search(question))
        return found

    def _search(self, question: str) -> list[int]:
        kind, colon, rest = question.partition(":")
        if colon and kind.strip().casefold() == "author":
            return self._by_author(words(rest))
        if colon and kind.strip().casefold() == "category":
            return self._by_category(rest.strip().casefold())
        needle = phrase(question)
        return [n for n, text in enumerate(self._texts) if needle in text] if needle else []

    def _by_author(self, wanted: tuple[str, ...]) -> list[int]:
        if not wanted:
            return []
        return [
            number
            for number, names in enumerate(self._authors)
            if any(_is_named(name, wanted) for name in names)
        ]

    def _by_category(self, pattern: str) -> list[int]:
        return [
            number
            for number, categories in enumerate(self._categories)
            if any(fits(pattern, c) or c.startswith(f"{pattern}.") for c in categories) and pattern
        ]


def words(text: str) -> tuple[str, ...]:
    """The words of a text, made comparable."""
    plain = _ACCENTS.sub("", unicodedata.normalize("NFKD", text)).casefold()
    return tuple(_WORD.findall(unicodedata.normalize("NFC", plain)))


def phrase(text: str) -> str:
    """What to look for in a searchable text: blanks at its ends hold the word boundaries."""
    joined = " ".join(words(text))
    if not joined:
        return ""
    left = "" if _UNSPACED.match(joined[0]) else " "
    right = "" if _UNSPACED.match(joined[-1]) else " "
    return f"{left}{joined}{right}"


def fits(pattern: str, name: str) -> bool:
    """Whether `name` is `pattern`, where each `*` stands for any text, none included.

    Only `*` is special, and the time is linear: no pattern of a reader can stall a run.
    """
    first, *rest = pattern.split("*")
    if not rest:
        return name == pattern
    last = rest.pop()
    if not name.startswith(first) or len(name) < len(first) + len(last):
        return False
    if not name.endswith(last):
        return False
    position, end = len(first), len(name) - len(last)
    for part in rest:
        place = name.find(part, position, end)
        if place < 0:
            return False
        position = place + len(part)
    return True


def _searchable(paper: Paper) -> str:
    # A bar between the fields: no phrase runs from the title into the abstract.
    fields = (paper.title, paper.abstract, *paper.keywords)
    return " | ".join(f" {' '.join(words(text))} " for text in fields)


def plain_name(text: str) -> str:
    """A theme's name as names are compared."""
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())


def _is_named(name: frozenset[str], wanted: tuple[str, ...]) -> bool:
    """Every word wanted is in the name; a lone letter is an initial."""
    return all(
        word in name or (len(word) == 1 and any(part.startswith(word) for part in name))
        for word in wanted
    )
