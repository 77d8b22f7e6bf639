"""Reads mails that are named one by one, or one that is piped in."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import BinaryIO

from digest.bounces.mail import Mail, MailboxError
from digest.bounces.parts import LONGEST

_REST = 1024 * 1024


class Singles:
    """Files of one mail each; `-` is stdin. Nothing is marked."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names

    def unread(self) -> Iterator[Mail]:
        """Each of them.

        Raises:
            MailboxError: one of them cannot be read.
        """
        for name in self._names:
            try:
                yield Mail(name=name, raw=_read(name))
            except OSError as error:
                raise MailboxError(f"{name}: cannot be read: {error.strerror}") from None

    def done(self, mails: Sequence[Mail]) -> None:
        pass

    def close(self) -> None:
        pass


def _read(name: str) -> bytes:
    if name == "-":
        return _to_the_end(sys.stdin.buffer)
    with open(name, "rb") as file:
        return file.read(LONGEST)


def _to_the_end(file: BinaryIO) -> bytes:
    """The first part; the rest is taken too, or whoever writes it sees a broken pipe."""
    raw = file.read(LONGEST)
    while file.read(_REST):
        pass
    return raw
