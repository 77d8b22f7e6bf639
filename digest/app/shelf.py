"""The editions that everybody may read, kept at hand while pages are served."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any, TypeVar

from digest.app.house import House
from digest.app.theme_slugs import ThemeSlugs, identity
from digest.errors import StorageError
from digest.model import Edition, EditionKey
from digest.model.document import edition_from_document
from digest.model.query import Term
from digest.storage.archive import ArchivedEdition, archive_id, list_editions, load_edition
from digest.storage.search_index import Found, Indexed, SearchIndex

_log = logging.getLogger(__name__)

#: Editions that are kept read: a page of a theme or of what was found needs several.
KEPT = 128
_Read = TypeVar("_Read")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """What lists tell of an edition. `themes` counts each theme's papers, by its identity."""

    key: EditionKey
    date: date
    created_at: datetime
    papers: int
    lead: str
    themes: tuple[tuple[str, str, int], ...]


class Shelf:
    """All editions that are public: those that were mailed, and those of days that are past.

    An edition of today that is only composed may still change, and its readers come first. One
    whose document cannot be read is told in the log, and is not there for the others. Any
    thread may use the shelf. `look_every` is how many seconds what the archive holds is taken as
    known; `version` grows when that has changed.
    """

    def __init__(self, house: House, look_every: float = 1.0) -> None:
        self._house = house
        self._every = look_every
        self._lock = threading.RLock()
        self._looked = float("-inf")
        self._lines: tuple[ArchivedEdition, ...] = ()
        self._unreadable: set[ArchivedEdition] = set()
        self._read: OrderedDict[EditionKey, Edition] = OrderedDict()
        self._outlines: dict[EditionKey, Outline] = {}
        self._index = SearchIndex()
        self._indexed: dict[EditionKey, ArchivedEdition] = {}
        self._archive = ""
        self.version = 0
        self.slugs = ThemeSlugs()

    @property
    def is_fresh(self) -> bool:
        """Whether it was looked at so lately that there is no need to look again."""
        return time.monotonic() - self._looked < self._every

    def look(self) -> None:
        """See what the archive holds now.

        Raises:
            StorageError: it cannot be read, and never could.
        """
        with self._lock:
            if self.is_fresh:
                return
            try:
                lines = tuple(self._public())
            except StorageError:
                if not self.version:
                    raise
                lines = self._lines
            self._looked = time.monotonic()
            if lines != self._lines or not self.version:
                self._take(lines)

    def _public(self) -> Iterator[ArchivedEdition]:
        house = self._house
        if not house.has_state:
            return
        today = house.today()
        for line in list_editions(house.database):
            if (line.frozen or line.date < today) and line not in self._unreadable:
                yield line

    def _take(self, lines: tuple[ArchivedEdition, ...]) -> None:
        gone = {line.key for line in set(self._lines) - set(lines)}
        for key in gone:
            self._read.pop(key, None)
            self._outlines.pop(key, None)
            self._indexed.pop(key, None)
            self._index.forget(key)
        self._lines = lines
        self.version += 1

    @property
    def lines(self) -> tuple[ArchivedEdition, ...]:
        """The public editions, newest first."""
        return self._lines

    @property
    def archive(self) -> str:
        """The archive's own id."""
        with self._lock:
            self._archive = self._archive or archive_id(self._house.database)
            return self._archive

    def edition(self, key: EditionKey) -> Edition | None:
        """A public edition.

        Raises:
            StorageError: it cannot be read.
        """
        if all(line.key != key for line in self._lines):
            return None
        with self._lock:
            found = self._read.get(key) or self._readable(key, edition_from_document)
            if found is not None:
                self._read[key] = found
                self._read.move_to_end(key)
                while len(self._read) > KEPT:
                    self._read.popitem(last=False)
            return found

    def outlines(self) -> tuple[Outline, ...]:
        """Every public edition in a few words, newest first.

        Raises:
            StorageError: one cannot be read.
        """
        with self._lock:
            for line in reversed(self._lines):
                if line.key in self._outlines:
                    continue
                outline = self._readable(line.key, partial(_outline, line))
                if outline is not None:
                    self._outlines[line.key] = outline
                    for _, theme, _ in outline.themes:
                        self.slugs.add(theme)
            return tuple(self._outlines[line.key] for line in self._lines)

    def find(self, terms: tuple[Term, ...]) -> tuple[Found, ...]:
        """Where the papers stand that have all `terms`, the best first.

        Raises:
            StorageError: an edition cannot be read.
        """
        with self._lock:
            for line in reversed(self._lines):
                if line.key in self._indexed:
                    continue
                papers = self._readable(line.key, _indexed)
                if papers is not None:
                    self._index.add(line.key, papers)
                    self._indexed[line.key] = line
        return self._index.find(terms)

    def _readable(self, key: EditionKey, read: Callable[[dict[str, Any]], _Read]) -> _Read | None:
        """What `read` makes of an edition's document; None, and no such edition, if it cannot.

        Where plain values do they are taken: to build every paper takes six times as long.
        """
        text = load_edition(self._house.database, key)
        try:
            return read(json.loads(text or ""))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            self._set_aside(key, f"{type(error).__name__}: {error}")
            return None

    def _set_aside(self, key: EditionKey, fault: str) -> None:
        _log.error("edition %s in the archive cannot be read, and is not shown: %s", key, fault)
        self._unreadable.update(line for line in self._lines if line.key == key)
        self._take(tuple(line for line in self._lines if line.key != key))


def _papers(document: dict[str, Any]) -> Iterable[dict[str, Any]]:
    return (paper for section in document["sections"] for paper in section["papers"])


def _outline(line: ArchivedEdition, document: dict[str, Any]) -> Outline:
    titles = {paper["id"]: paper["title"] for paper in _papers(document)}
    first = (document.get("lead") or [*titles, ""])[0]
    return Outline(
        key=line.key,
        date=line.date,
        created_at=line.created_at,
        papers=len(titles),
        lead=titles.get(first, ""),
        themes=tuple(
            (identity(section["theme"]), section["theme"], len(section["papers"]))
            for section in document["sections"]
        ),
    )


def _indexed(document: dict[str, Any]) -> list[Indexed]:
    return [
        Indexed(
            id=paper["id"],
            title=paper["title"],
            abstract=paper.get("abstract")
            or paper.get("summary")
            or paper.get("source_summary")
            or "",
        )
        for paper in _papers(document)
    ]
