"""Write a file so that readers see the old one or the new one, never a half."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path

PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700


def make_private_folder(folder: Path) -> None:
    """Create `folder` for its owner only; one that exists keeps its mode.

    Raises:
        OSError: it cannot be made.
    """
    folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)


def save_file(path: Path, content: bytes, *, mode: int = PRIVATE_FILE) -> None:
    """Replace `path` by `content`, durable when this returns.

    Raises:
        OSError: nothing was changed; no temporary file is left.
    """
    with _written_beside(path, content, mode) as written:
        os.replace(written.name, path)
    sync_folder(path.parent)


def create_file(path: Path, content: bytes, *, mode: int = PRIVATE_FILE) -> bool:
    """Make `path` with all of `content`, unless it exists; says whether it was made.

    Of two programs that try at once exactly one gets True.

    Raises:
        OSError: the folder cannot be written.
    """
    with _written_beside(path, content, mode) as written:
        try:
            os.link(written.name, path)
        except FileExistsError:
            return False
    sync_folder(path.parent)
    return True


def current_umask() -> int:
    """What the process takes away from the mode of a new file."""
    mask = os.umask(0)
    os.umask(mask)
    return mask


def sync_folder(folder: Path) -> None:
    """Make a rename in `folder` survive a power cut, where the system can."""
    with suppress(OSError):  # some network file systems refuse to open a folder
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


class _written_beside:  # noqa: N801 - reads as a verb in the two `with` lines above
    """A finished temporary file in the target's folder; what is left of it is removed."""

    def __init__(self, path: Path, content: bytes, mode: int) -> None:
        descriptor, self.name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(descriptor, "wb") as file:
                os.fchmod(file.fileno(), mode)
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        except BaseException:
            self.__exit__()
            raise

    def __enter__(self) -> _written_beside:
        return self

    def __exit__(self, *exception: object) -> None:
        with suppress(FileNotFoundError):
            os.unlink(self.name)
