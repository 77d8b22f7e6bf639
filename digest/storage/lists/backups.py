"""Numbered copies of a list, one from before each edit, the newest twenty kept.

They lie in `.backups/` beside the list, as `readers.yaml.~7~`: no pattern for lists matches a
folder that starts with a dot, nor is `.~7~` the end of a list's name. A backup is a second name
of the old file, which an edit replaces and never writes to, so it costs no time and no space.
"""

from __future__ import annotations

import os
import re
import shutil
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from digest.errors import StorageError, UsageError
from digest.storage.atomic import PRIVATE_FOLDER, sync_folder
from digest.storage.lists.safe_write import take_after

FOLDER = ".backups"
KEPT = 20


class Backup(NamedTuple):
    """One backup; `at` is when the edit came that it is from before."""

    number: int
    path: Path
    at: datetime
    size: int


def make_backup(path: Path, *, every: float = 0.0) -> Path | None:
    """Keep the list as it is now; None where there is one already, or the newest is younger than
    `every` seconds.

    Call it under the list's lock, right before the list is replaced.

    Raises:
        StorageError: it cannot be made, so the list must not be changed.
    """
    known = list_backups(path)
    if known and every and time.time() - known[-1].at.timestamp() < every:
        return None
    folder = path.parent / FOLDER
    target = folder / f"{path.name}.~{known[-1].number + 1 if known else 1}~"
    try:
        if known and known[-1].path.samefile(
            path
        ):  # an edit was killed before it replaced the list
            return None
        _make_folder(folder)
        try:
            os.link(path, target)
        except OSError:  # a file system without links
            shutil.copy2(path, target)
        sync_folder(folder)
    except OSError as error:
        raise StorageError(f"{target}: the backup cannot be made: {error.strerror}") from None
    return target


def drop_backup(made: Path | None) -> None:
    """Take back what `make_backup` gave, for the list was not replaced."""
    if made is not None:
        with suppress(OSError):
            made.unlink()


def prune_backups(path: Path) -> None:
    """Remove all but the newest ones; what cannot be removed stays."""
    for old in list_backups(path)[:-KEPT]:
        with suppress(OSError):
            old.path.unlink()


def _make_folder(folder: Path) -> None:
    with suppress(FileExistsError):
        folder.mkdir(mode=PRIVATE_FOLDER)
        (folder / ".gitignore").write_text("*\n")  # addresses that nobody means to commit
        take_after(folder, PRIVATE_FOLDER)


def list_backups(path: Path) -> tuple[Backup, ...]:
    """The backups of a list, oldest first; their numbers need not follow each other."""
    name = re.compile(re.escape(path.name) + r"\.~([1-9][0-9]*)~")
    found = []
    with suppress(FileNotFoundError, NotADirectoryError), os.scandir(path.parent / FOLDER) as all_:
        for each in all_:
            if match := name.fullmatch(each.name):
                status = each.stat()
                at = datetime.fromtimestamp(status.st_ctime, UTC)
                found.append(Backup(int(match[1]), Path(each.path), at, status.st_size))
    return tuple(sorted(found))


def find_backup(path: Path, number: int | None = None) -> Backup:
    """The backup with this number, or the newest.

    Raises:
        UsageError: there is none.
    """
    known = list_backups(path)
    if not known:
        raise UsageError(f"{path}: there is no backup of this list")
    if number is None:
        return known[-1]
    for each in known:
        if each.number == number:
            return each
    have = f"{known[0].number} to {known[-1].number}"
    raise UsageError(f"{path}: there is no backup {number}; there are {have}")
