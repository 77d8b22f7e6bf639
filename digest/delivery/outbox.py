"""The outbox: a Maildir that takes letters in the relay's place.

Lines end in LF, as every delivery agent writes them into a Maildir: mutt, mu or Python's mailbox
read them without stray CRs. A file's name is a function of the Message-ID, so a letter that is
sent again after a crash takes its own place, and the outbox holds it once.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
from pathlib import Path

from digest.errors import StorageError
from digest.model import Letter, Outcome, OutcomeKind, Stage

SUFFIX = ".digest"


class OutboxTransport:
    """Writes letters into the Maildir at `path`, made if missing. Maildir: cr.yp.to/proto."""

    def __init__(self, path: Path, *, connections: int = 4) -> None:
        self.path = path
        self.connections = connections
        self.name = "outbox"

    async def connect(self) -> OutboxConnection:
        """Make the folders, and look once for letters that a person has already read.

        Raises:
            StorageError: the folders cannot be made or read.
        """
        try:
            read = await asyncio.to_thread(self._open)
        except OSError as error:
            raise _cannot_write(self.path, error) from None
        return OutboxConnection(self.path, read)

    def _open(self) -> frozenset[str]:
        for part in ("tmp", "new", "cur"):
            (self.path / part).mkdir(parents=True, exist_ok=True)
        return frozenset(name.partition(":")[0] for name in os.listdir(self.path / "cur"))


class OutboxConnection:
    """One writer into the Maildir; `read` are the letters already moved to `cur`."""

    eightbit = True
    gave_way = False

    def __init__(self, path: Path, read: frozenset[str]) -> None:
        self._path = path
        self._read = read
        self.usable = True

    async def offer(self, letter: Letter) -> None:
        """A folder asks nothing before the content."""

    async def hand_over(self, letter: Letter, following: Letter | None = None) -> Outcome:
        """Write one letter; it is in `new` whole, on the disk, or not at all.

        Raises:
            StorageError: the disk is full or refuses us; nothing of the letter is left in `new`.
        """
        name = file_name(letter.message_id)
        if name in self._read:
            return _taken(name, "already there, and read")
        try:
            await asyncio.to_thread(self._write, name, letter.content)
        except OSError as error:
            raise _cannot_write(self._path, error) from None
        return _taken(name, "written")

    async def close(self) -> None:
        self.usable = False

    def _write(self, name: str, content: bytes) -> None:
        temporary, final = self._path / "tmp" / name, self._path / "new" / name
        try:
            with temporary.open("wb") as file:
                file.write(content.replace(b"\r\n", b"\n"))
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(final)
        except OSError:
            temporary.unlink(missing_ok=True)
            raise
        _sync_folder(final.parent)


def file_name(message_id: str) -> str:
    """The Maildir name of a letter: no blank, slash or colon, whatever the Message-ID holds."""
    return hashlib.sha256(message_id.encode()).hexdigest()[:40] + SUFFIX


def _taken(name: str, words: str) -> Outcome:
    return Outcome(
        kind=OutcomeKind.SENT, stage=Stage.DOT, code=250, words=f"{words}: {name}", relay="outbox"
    )


def _sync_folder(folder: Path) -> None:
    """Make a rename outlive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _cannot_write(path: Path, error: OSError) -> StorageError:
    reason = error.strerror or str(error)
    return StorageError(f"{path}: the outbox cannot be written: {reason}; nothing more is sent")
