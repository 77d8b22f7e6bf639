"""A file replaced in one step, under a lock, so that nobody ever sees half of it."""

from __future__ import annotations

import contextlib
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from digest.errors import LockHeld, StorageError
from digest.storage.atomic import current_umask

_PATIENCE = 10.0  # seconds; an edit takes milliseconds


@contextlib.contextmanager
def lock_list(path: Path, *, patience: float = _PATIENCE) -> Iterator[Path]:
    """Hold the list's lock (`.NAME.lock` beside it); yields the file behind any symbolic link.

    Raises:
        LockHeld: someone else edits the list for longer than `patience` seconds.
        StorageError: the folder cannot be written.
    """
    import fcntl

    real = path.resolve()
    lock = real.parent / f".{real.name}.lock"
    try:
        handle = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StorageError(f"{lock}: cannot be made: {error.strerror}") from None
    try:
        deadline = time.monotonic() + patience
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    raise LockHeld(f"{path}: someone else edits this list; try again") from None
                time.sleep(0.02)
        yield real
    finally:
        os.close(handle)  # the lock goes with it; the file stays, for removing it would race


def replace_file(path: Path, content: bytes) -> None:
    """Put `content` in the place of `path`, durably; mode and owner stay as they are.

    Raises:
        StorageError: it cannot be written; the old file is untouched.
    """
    temporary = None
    try:
        handle, temporary = tempfile.mkstemp(
            prefix=f".{path.name}.", suffix=".tmp", dir=path.parent
        )
        with os.fdopen(handle, "wb") as stream:
            _keep_owner(path, stream.fileno())
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(temporary, path)
        _sync_folder(path.parent)
    except OSError as error:
        if temporary is not None:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
        raise StorageError(f"{path}: cannot be written: {error.strerror}") from None


def _keep_owner(path: Path, handle: int) -> None:
    try:
        before = path.stat()
    except FileNotFoundError:
        os.fchmod(handle, 0o666 & ~current_umask())
        return
    with contextlib.suppress(PermissionError):  # only root may give a file away
        os.fchown(handle, before.st_uid, before.st_gid)
    os.fchmod(handle, before.st_mode & 0o7777)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
