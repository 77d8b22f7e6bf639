"""Tells which themes editions mostly have, for readers who choose among many."""

from __future__ import annotations

import json
import time
from collections import Counter
from threading import Lock

from digest.app.house import House
from digest.storage.archive import documents_until

#: Editions that are looked at, and names that are given.
EDITIONS = 30
MOST = 16
#: Seconds for which an answer holds.
HOLDS = 3600.0


class UsualThemes:
    """The themes of the last editions, those of most editions first. Threads take turns."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._lock = Lock()
        self._names: tuple[str, ...] = ()
        self._until = 0.0

    def names(self) -> tuple[str, ...]:
        """At most `MOST` names; none while there is no edition.

        Raises:
            StorageError: the archive cannot be read.
        """
        with self._lock:
            if time.monotonic() >= self._until:
                self._names = self._look()
                self._until = time.monotonic() + (HOLDS if self._names else 0.0)
            return self._names

    def _look(self) -> tuple[str, ...]:
        counted = Counter[str]()
        for text in documents_until(self._house.database, self._house.today(), EDITIONS):
            try:
                counted.update({section["theme"] for section in json.loads(text)["sections"]})
            except (ValueError, TypeError, KeyError):  # a damaged edition keeps nobody from a form
                continue
        return tuple(name for name, _ in counted.most_common(MOST))
