"""A copy of a list that a person edits, beside the list until it takes its place.

Its name starts with a dot, so no pattern for lists matches it, and ends as the list's does, so an
editor knows what it is; interests that are files beside the list are found from it as well.
"""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from digest.errors import ListError, NotNow, Problem, StorageError
from digest.storage.lists.files import ListFile, is_yaml
from digest.storage.lists.reading import Advice, InterestCheck, ListReading
from digest.storage.lists.row import Unreadable
from digest.storage.lists.safe_write import lock_list
from digest.storage.lists.saving import Save, save_list
from digest.storage.lists.source import Source, load_source


class ListChanged(NotNow):
    """Somebody else changed the list while it was edited; the draft is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """`original` is the list's text when the draft was made."""

    file: ListFile
    path: Path
    original: bytes

    @property
    def is_changed(self) -> bool:
        return self.read() != self.original

    def read(self) -> bytes:
        """The draft's text.

        Raises:
            StorageError: it cannot be read; an editor may have removed it.
        """
        try:
            return self.path.read_bytes()
        except OSError as error:
            raise StorageError(f"{self.path}: cannot be read: {error.strerror}") from None

    def drop(self) -> None:
        """Throw the draft away."""
        with suppress(OSError):
            self.path.unlink()


def open_draft(file: ListFile) -> Draft:
    """Copy a list to a draft; the lock is not held while a person thinks.

    Raises:
        ListError: the list cannot be read.
        StorageError: the draft cannot be written.
    """
    real = file.path.resolve()
    try:
        original = _bytes(file)
        handle, name = tempfile.mkstemp(
            prefix=f".{real.stem}.draft-", suffix=real.suffix, dir=real.parent
        )
        with os.fdopen(handle, "wb") as stream:
            stream.write(original)
    except OSError as error:
        raise StorageError(f"{real.parent}: no draft can be made: {error.strerror}") from None
    return Draft(file=file, path=Path(name), original=original)


def check_draft(draft: Draft, *, check: InterestCheck, advice: Advice) -> tuple[Problem, ...]:
    """Every problem of the draft, told as if it were the list."""
    reading = ListReading([ListFile(draft.path, draft.file.shown)], check=check, advice=advice)
    try:
        for _ in reading:
            pass
    except ListError as error:
        return error.problems
    return tuple(reading.problems)


def save_draft(draft: Draft, *, whatever: bool = False, save: Save = save_list) -> None:
    """Put the draft in the list's place; with `whatever`, over other people's changes too.

    Raises:
        ListChanged: the list is not what it was when the draft was made.
        LockHeld: someone else edits the list just now.
        StorageError: the draft cannot be read, or the list cannot be written.
    """
    with lock_list(draft.file.path) as real:
        now = real.read_bytes() if real.exists() else b""
        if now != draft.original and not whatever:
            raise ListChanged(f"{draft.file.shown}: was changed by someone else meanwhile")
        save(Source(real, draft.file.shown, now, "utf-8", 0), draft.read())


def _bytes(file: ListFile) -> bytes:
    try:
        return load_source(file.path, file.shown, legacy=not is_yaml(file.path)).raw
    except Unreadable:  # it is edited to mend it
        return file.path.read_bytes()
