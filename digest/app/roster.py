"""Finds a reader on the lists by her reader id.

Who holds a link is known by that id alone, and an id does not tell its address. For each list
the ids are kept, eight octets each, as long as its file does not change: a million readers are
8 MB. A reader who was found so is read from the file itself. Nothing tells whether the answer of a
query has changed: its ids are kept for a minute.
"""

from __future__ import annotations

import os
import time
from array import array
from bisect import bisect_left
from collections.abc import Iterator
from pathlib import Path
from threading import Lock

from digest.app.house import House
from digest.model import Subscriber
from digest.storage.lists.defaults import NONE, Defaults
from digest.storage.lists.files import ListFile, find_lists, list_files
from digest.storage.lists.reading import ListReading

_Mark = tuple[int, int, int]
#: Seconds for which the ids of a query's readers are kept.
_KEPT = 60


class Roster:
    """Who is on which list. Threads take turns."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._lock = Lock()
        self._known: dict[Path, tuple[_Mark, array[int]]] = {}

    def find(self, reader_id: str) -> Subscriber | None:
        """The reader as her list has her: the row that counts, if she is on several.

        Raises:
            ListError: a list cannot be read, so that nobody knows.
        """
        with self._lock:
            for file in find_lists(self._house.config)[0]:
                if _holds(self._ids(file), _short(reader_id)):
                    for reader in _readers(file):
                        if self._house.reader_id(reader.address) == reader_id:
                            return reader
        return None

    def defaults_of(self, reader: Subscriber) -> Defaults:
        """What the list of a reader who was found says for who did not choose."""
        files = (f for f in find_lists(self._house.config)[0] if f.shown == reader.file)
        return next((file.defaults for file in files), NONE)

    def paths(self) -> tuple[Path, ...]:
        """The lists there are by now that can be written."""
        return tuple(file.path for file in list_files(self._house.config))

    def keeps(self, reader: Subscriber) -> bool:
        """Whether what a reader who was found chooses can be written where her row is."""
        return any(file.shown == reader.file for file in list_files(self._house.config))

    def _ids(self, file: ListFile) -> array[int]:
        mark = _mark(file.path) if file.query is None else (int(time.monotonic() / _KEPT), 0, 0)
        known = self._known.get(file.path)
        if known is not None and mark is not None and known[0] == mark:
            return known[1]
        name = self._house.reader_id
        ids = array("Q", sorted(_short(name(reader.address)) for reader in _readers(file)))
        if mark is not None:
            self._known[file.path] = (mark, ids)
        return ids


def _readers(file: ListFile) -> Iterator[Subscriber]:
    """A list's readers; a row with a mistake is for its owner to mend.

    Raises:
        ListError: at the end, when the file cannot be trusted as a whole.
    """
    yield from ListReading([file], skip_bad_rows=True)


def _short(reader_id: str) -> int:
    """The first 48 bits of an id: enough to know in which file to look."""
    return int.from_bytes(reader_id[:8].encode("ascii"), "big")


def _holds(ids: array[int], wanted: int) -> bool:
    place = bisect_left(ids, wanted)
    return place < len(ids) and ids[place] == wanted


def _mark(path: Path) -> _Mark | None:
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino
