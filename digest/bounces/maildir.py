"""Reads a Maildir: what nobody has seen, which is marked when it is recorded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from digest.bounces.mail import Mail, MailboxError
from digest.bounces.parts import LONGEST


class Maildir:
    """A Maildir; deliveries and other readers may be at work in it."""

    def __init__(self, folder: Path) -> None:
        """Look at it.

        Raises:
            MailboxError: there is none.
        """
        self._folder = folder
        if not ((folder / "new").is_dir() and (folder / "cur").is_dir()):
            raise MailboxError(f"{folder}: is no Maildir (it has no new and cur)")

    def unread(self) -> Iterator[Mail]:
        """Every mail that is new, or without the flag of a seen one.

        Raises:
            MailboxError: one of them cannot be read; all others were given before.
        """
        failed: list[str] = []
        for path in self._waiting():
            try:
                if not path.is_file():  # a folder or a pipe, or another reader was here
                    continue
                with path.open("rb") as file:
                    raw = file.read(LONGEST)
            except FileNotFoundError:
                continue
            except OSError as error:
                failed.append(f"{path}: cannot be read: {error.strerror}")
                continue
            yield Mail(name=str(path), raw=raw)
        if failed:
            more = f" (and {len(failed) - 1} more)" if len(failed) > 1 else ""
            raise MailboxError(f"{failed[0]}{more}")

    def done(self, mails: Sequence[Mail]) -> None:
        """Mark them as seen: `new/NAME` becomes `cur/NAME:2,S`.

        Raises:
            MailboxError: that cannot be done.
        """
        for mail in mails:
            path = Path(mail.name)
            with suppress(FileNotFoundError):
                try:
                    path.rename(self._folder / "cur" / _seen(path.name))
                except FileNotFoundError:
                    raise
                except OSError as error:
                    raise MailboxError(f"{path}: cannot be marked: {error.strerror}") from None

    def close(self) -> None:
        pass

    def _waiting(self) -> list[Path]:
        try:
            new = [path for path in (self._folder / "new").iterdir() if path.name[0] != "."]
            read = [path for path in (self._folder / "cur").iterdir() if path.name[0] != "."]
        except OSError as error:
            raise MailboxError(f"{self._folder}: cannot be read: {error.strerror}") from None
        return sorted(new) + sorted(path for path in read if "S" not in _flags(path.name))


def _flags(name: str) -> str:
    return name.partition(":2,")[2]


def _seen(name: str) -> str:
    base, _, flags = name.partition(":2,")
    return f"{base}:2,{''.join(sorted({*flags, 'S'}))}"
