"""Reads an mbox file, which stays as it is: what was read before is known by its reports."""

from __future__ import annotations

import fcntl
import re
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from digest.bounces.mail import Mail, MailboxError
from digest.bounces.parts import LONGEST

_PATIENCE = 20.0
_LINE = 65_536
_BEGIN_LENGTH = 500
# `From ada@example.org Mon Nov 23 08:00:00 2026`: a sentence can begin with the word too.
_BEGIN = re.compile(rb"From \S.*\d\d:\d\d.*\d{4}")


class Mbox:
    """An mbox file, locked against deliveries (fcntl) while it is read."""

    def __init__(self, path: Path, patience: float = _PATIENCE) -> None:
        """Open and lock it.

        Raises:
            MailboxError: it cannot be read, or another program keeps it locked.
        """
        self._path = path
        if path.exists() and not path.is_file():  # to open a pipe would take for ever
            raise MailboxError(f"{path}: is no file")
        try:
            self._file: BinaryIO = path.open("rb")
        except OSError as error:
            raise MailboxError(f"{path}: cannot be read: {error.strerror}") from None
        deadline = time.monotonic() + patience
        while not self._lock():
            if time.monotonic() > deadline:
                self._file.close()
                raise MailboxError(f"{path}: another program keeps it locked")
            time.sleep(0.1)

    def unread(self) -> Iterator[Mail]:
        """Every mail in it, one at a time in memory.

        Raises:
            MailboxError: it cannot be read, or is no mbox.
        """
        try:
            yield from self._mails()
        except OSError as error:
            raise MailboxError(f"{self._path}: cannot be read: {error.strerror}") from None

    def done(self, mails: Sequence[Mail]) -> None:
        pass

    def close(self) -> None:
        self._file.close()

    def _lock(self) -> bool:
        try:
            fcntl.lockf(self._file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

    def _mails(self) -> Iterator[Mail]:
        """Mails begin at a line `From ` at the start, or behind an empty line (RFC 4155)."""
        kept, begun, empty = bytearray(), 0, True
        while line := self._file.readline(_LINE):
            if empty and _BEGIN.match(line[:_BEGIN_LENGTH]):
                if begun:
                    yield Mail(name=f"{self._path}:{begun}", raw=bytes(kept))
                kept.clear()
                begun += 1
            elif not begun and line.strip():
                raise MailboxError(f"{self._path}: is no mbox: it does not begin with `From `")
            elif len(kept) < LONGEST:
                kept += line
            empty = line in (b"\n", b"\r\n")
        if begun:
            yield Mail(name=f"{self._path}:{begun}", raw=bytes(kept))
