"""Find papers of the archive by their words.

The index lives in memory and is made from the archive's documents, so that it need not be kept,
mended or moved, and serves whatever database the documents come from. It is SQLite's FTS5; what is
sought is written as quoted strings alone, so that no text of a person is ever read as its syntax.
"""

from __future__ import annotations

import re
import sqlite3
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from digest.model import EditionKey
from digest.model.query import Term
from digest.prose.folding import fold

#: How much more a word in a title says than one in an abstract.
_TITLE, _ABSTRACT = 6.0, 1.0
# Chinese and Japanese letters each count as a word, as there is no blank between their words.
_LETTER = re.compile(
    r"([\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f])"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Where a paper stands: the edition, and its number there from 0."""

    key: EditionKey
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Indexed:
    """What is sought of a paper."""

    id: str
    title: str
    abstract: str


class SearchIndex:
    """An index that grows; any thread may use it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(":memory:", check_same_thread=False)
        self._connection.execute(
            "CREATE VIRTUAL TABLE paper USING fts5(title, abstract, content='', tokenize=unicode61)"
        )
        self._places: list[tuple[str, Found] | None] = []
        self._rows: dict[EditionKey, range] = {}

    def add(self, key: EditionKey, papers: Iterable[Indexed]) -> None:
        """Take in an edition's papers; to be called in the order of the editions' days."""
        with self._lock:
            self._forget(key)
            start = len(self._places)
            rows = []
            for number, paper in enumerate(papers):
                self._places.append((paper.id, Found(key=key, number=number)))
                rows.append((start + number, _words(paper.title), _words(paper.abstract)))
            self._connection.executemany(
                "INSERT INTO paper (rowid, title, abstract) VALUES (?, ?, ?)", rows
            )
            self._rows[key] = range(start, len(self._places))

    def forget(self, key: EditionKey) -> None:
        """Let an edition's papers not be found any more."""
        with self._lock:
            self._forget(key)

    def _forget(self, key: EditionKey) -> None:
        for row in self._rows.pop(key, ()):
            self._places[row] = None

    def find(self, terms: Sequence[Term]) -> tuple[Found, ...]:
        """Where the papers stand that have all `terms`: the best first, then the newest.

        A paper of several editions is found once: in the newest of a day, else of a week.
        """
        if not terms:
            return ()
        with self._lock:
            rows = self._connection.execute(
                "SELECT rowid FROM paper WHERE paper MATCH ?"
                " ORDER BY bm25(paper, ?, ?), rowid DESC",
                (" ".join(map(_quoted, terms)), _TITLE, _ABSTRACT),
            ).fetchall()
            places = [place for (row,) in rows if (place := self._places[row])]
        best: dict[str, Found] = {}
        for paper, found in places:
            known = best.get(paper)
            if known is None or _order(found.key) > _order(known.key):
                best[paper] = found
        return tuple(best.values())


def _order(key: EditionKey) -> tuple[bool, str]:
    return not key.is_weekly, str(key)


def _words(text: str) -> str:
    return _LETTER.sub(r" \1 ", fold(text))


def _quoted(term: Term) -> str:
    """The term as FTS5's string: nothing but letters, digits and blanks is in it."""
    return f'"{_words(" ".join(term.words)).strip()}"' + ("*" if term.prefix else "")
