"""A file replaced in one step, under a lock, so that nobody ever sees half of it."""

from __future__ import annotations

import contextlib
import os
import re
import stat
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from digest.errors import LockHeld, StorageError
from digest.storage.atomic import current_umask

#: Keeps the old file, and gives the way to undo that.
Keep = Callable[[], Callable[[], None]]
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
        handle = _open_lock(lock)
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


def replace_file(
    path: Path, content: bytes, *, keep: Keep | None = None, like: Path | None = None
) -> None:
    """Put `content` in the place of `path`, durably; mode and owner stay as they are, or become
    those of `like`.

    Call it under the list's lock. `keep` is called when all is written and nothing replaced yet,
    and what it gives is called if that fails.

    Raises:
        StorageError: it cannot be written; the old file is untouched.
    """
    temporary, undo = None, _nothing
    try:
        _sweep(path)
        handle, temporary = tempfile.mkstemp(
            prefix=f".{path.name}.", suffix=".tmp", dir=path.parent
        )
        with os.fdopen(handle, "wb") as stream:
            _keep_owner(like or path, stream.fileno())
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        undo = keep() if keep else _nothing
        os.replace(temporary, path)
        temporary = None
        _sync_folder(path.parent)
    except OSError as error:
        if temporary is not None:
            undo()
        raise StorageError(f"{path}: cannot be written: {error.strerror}") from None
    finally:
        if temporary is not None:
            with contextlib.suppress(OSError):
                os.unlink(temporary)


def take_after(path: Path, mode: int) -> None:
    """Give what was just made to who owns its folder, so that root locks nobody out; where a
    group shares the folder, let it in as well.
    """
    folder = path.parent.stat()
    with contextlib.suppress(PermissionError):  # only root may give a file away
        os.chown(path, folder.st_uid, folder.st_gid)
    if folder.st_mode & stat.S_IWGRP:
        with contextlib.suppress(PermissionError):
            path.chmod(mode | (mode & stat.S_IRWXU) >> 3)


def _open_lock(lock: Path) -> int:
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
    try:
        handle = os.open(lock, flags | os.O_EXCL, 0o600)
    except FileExistsError:
        return os.open(lock, flags, 0o600)
    take_after(lock, 0o600)
    return handle


def _nothing() -> None:
    """Undo nothing."""


def _sweep(path: Path) -> None:
    """Remove what killed edits of this list left; its lock is ours, so nobody is writing one."""
    left = re.compile(re.escape(f".{path.name}.") + r"\w{8}\.tmp")
    with os.scandir(path.parent) as all_:
        for each in all_:
            if left.fullmatch(each.name):
                with contextlib.suppress(OSError):
                    os.unlink(each.path)


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
