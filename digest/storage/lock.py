"""Let one run at a time work on a state folder.

The kernel holds the lock (flock) for as long as the process lives, so a killed run leaves no
stale one. On NFS, flock works between the machines of one export since Linux 2.6.12; a state
folder on any other network file system is not safe to share.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from digest.errors import LockHeld, StorageError
from digest.storage.atomic import PRIVATE_FILE, make_private_folder
from digest.storage.database import Database
from digest.storage.permission import explain

#: The lock's name in the state folder.
NAME = "run.lock"


@contextmanager
def run_lock(folder: Path, *, command: str, now: datetime) -> Iterator[None]:
    """Hold the run lock of the state folder `folder`, without waiting for it.

    Raises:
        LockHeld: another run holds it; the message says which, where and since when.
        StorageError: the lock file cannot be made.
    """
    path = folder / NAME
    try:
        make_private_folder(folder)
        # Never removed: a second run could hold the lock of a file that has no name any more.
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, PRIVATE_FILE)
    except OSError as error:
        raise StorageError(explain(error, path, "cannot be made")) from None
    try:
        _take(descriptor, path)
        _write(descriptor, path, _self_description(command, now))
        yield
        _write(descriptor, path, "")
    finally:
        os.close(descriptor)


@contextmanager
def everywhere_lock(database: Database, *, command: str) -> Iterator[None]:
    """Hold the run lock of a database that other machines use, too; a file has none.

    Raises:
        LockHeld: another run holds it; the message says which, where and since when.
        StorageError: the server is not to be reached.
    """
    if not database.is_shared:
        yield
        return
    from digest.storage.postgres.database import PostgresDatabase
    from digest.storage.postgres.lock import lock_for_all_machines

    assert isinstance(database, PostgresDatabase)
    with lock_for_all_machines(database, command=command):
        yield


def _take(descriptor: int, path: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.pread(descriptor, 4096, 0)
        raise LockHeld(f"{path}: another run is at work{_describe(holder)}") from None
    except OSError as error:
        raise StorageError(f"{path}: cannot be locked: {error.strerror}") from None


def _self_description(command: str, now: datetime) -> str:
    facts = {
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "since": now.isoformat(timespec="seconds"),
        "command": command,
    }
    return json.dumps(facts) + "\n"


def _write(descriptor: int, path: Path, text: str) -> None:
    try:
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, text.encode(), 0)
    except OSError as error:
        raise StorageError(f"{path}: cannot be written: {error.strerror}") from None


def _describe(holder: bytes) -> str:
    try:
        facts = json.loads(holder)
        return (
            f": pid {facts['pid']} on {facts['host']}, since {facts['since']} ({facts['command']})"
        )
    except (ValueError, KeyError, TypeError):
        return ""  # it has the lock and is about to write who it is
