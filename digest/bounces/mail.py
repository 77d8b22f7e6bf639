"""One mail in a mailbox, and what can go wrong with a mailbox."""

from __future__ import annotations

from dataclasses import dataclass

from digest.errors import DigestError


class MailboxError(DigestError):
    """A mailbox cannot be read, or not be marked; what was recorded stays so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """The first `parts.LONGEST` octets of a mail. `name` is its own in the mailbox."""

    name: str
    raw: bytes
