"""Notices that something was saved which a letter is made of."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import digest
from digest.config import Config
from digest.storage.lists.files import list_files
from digest.storage.templates import shipped_folder

#: Seconds between two looks. A save counts when two looks in a row see the same.
PAUSE = 0.2

# Templates and catalogues: a person's own, beside config.yaml, and ours.
_OWN = ("templates", "locale")
_SHIPPED = Path(digest.__file__).resolve().parent / "data"

#: Time, size and inode of each file.
Snapshot = dict[str, tuple[int, int, int]]


def watched_paths(config: Config, config_path: Path) -> tuple[Path, ...]:
    """The files and folders that decide about a letter, once its papers are chosen."""
    own = (config.folder / name for name in _OWN)
    return (
        config_path,
        *own,
        shipped_folder(),
        _SHIPPED,
        *(each.path for each in list_files(config)),
    )


def wait_for_change(paths: Sequence[Path], before: Snapshot) -> Snapshot:
    """Return when something differs from `before` and is at rest; what it looks like then.

    However an editor saves (over the file, by a rename, into an emptied file), it shows in time,
    size or inode; a file that is just being written is waited for.
    """
    last = before
    while True:
        time.sleep(PAUSE)
        now = look_at(paths)
        if now == last and now != before:
            return now
        last = now


def look_at(paths: Sequence[Path]) -> Snapshot:
    """Time, size and inode of every file of `paths` and below; one that is gone has none."""
    seen: Snapshot = {}
    for path in paths:
        for file in _files(path):
            try:
                found = os.stat(file)
            except OSError:
                continue
            seen[file] = (found.st_mtime_ns, found.st_size, found.st_ino)
    return seen


def _files(path: Path) -> Iterator[str]:
    if not path.is_dir():
        yield str(path)
        return
    for here, folders, names in os.walk(path):
        folders[:] = [name for name in folders if not name.startswith((".", "__"))]
        yield from (os.path.join(here, name) for name in names)
