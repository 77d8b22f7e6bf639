"""Words for a file or folder that this user may not use: who, where, and what to do."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

from digest.errors import StorageError


def explain(error: OSError, path: Path, what: str) -> str:
    """One line on `what` could not be done with `path`, and for want of a right, what to do."""
    if not isinstance(error, PermissionError):
        return f"{path}: {what}: {error.strerror}"
    return f"{path}: {what}: {_denied(_blamed(path))}"


def prove_makeable(folder: Path) -> None:
    """See that `folder` is there, or can be made, and takes files; nothing is made.

    Raises:
        StorageError: it cannot be, with the folder at fault and this user's name.
    """
    there = _blamed(folder)
    if not there.is_dir():
        raise StorageError(f"{folder}: cannot be made: {there} is a file")
    if not os.access(there, os.W_OK | os.X_OK, effective_ids=True):
        what = "cannot be written" if there == folder else "cannot be made"
        raise StorageError(f"{folder}: {what}: {_denied(there)}")


def _blamed(path: Path) -> Path:
    """`path`, or the nearest folder above it that this user can see."""
    while not os.path.lexists(path) and path != path.parent:
        path = path.parent
    return path


def _denied(path: Path) -> str:
    name = _user()
    return f"user {name} may not use {path}; run digest as its owner, or chown it to {name}"


def _user() -> str:
    number = os.geteuid()
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:  # a container's user need not have a name
        return str(number)
