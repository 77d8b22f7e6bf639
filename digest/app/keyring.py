"""The house's keys for a program that runs for weeks: a rotation is seen without a restart."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from threading import Lock

from digest.app.house import House
from digest.errors import DigestError
from digest.storage.secret_key import NAME, load_keys


class Keyring:
    """The keys, newest first, read again when their file changed. Any thread may ask."""

    def __init__(self, house: House) -> None:
        """Read them.

        Raises:
            ConfigError, StorageError: as `load_keys`.
        """
        self._folder: Path = house.config.state_dir
        self._given = house.environ.get("DIGEST_SECRET_KEY")
        self._lock = Lock()
        self._keys = house.keys
        self._seen = self._mark()

    def __call__(self) -> Sequence[bytes]:
        """The keys by now; those read before, while the file is unreadable or away."""
        mark = self._mark()
        if mark is not None and mark != self._seen:
            with self._lock:
                try:
                    self._keys = load_keys(self._folder, self._given, make=False)
                    self._seen = mark
                except DigestError:
                    pass  # it is being replaced, or a person will hear of it from the next run
        return self._keys

    def _mark(self) -> tuple[int, ...] | None:
        try:
            status = os.stat(self._folder / NAME)
        except OSError:
            return None
        return status.st_mtime_ns, status.st_ino, status.st_size
