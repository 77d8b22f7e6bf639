"""One message to one address, and what became of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from digest.model.address import EmailAddress
from digest.model.edition import EditionKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """One frozen ledger row: a reader of an edition, and which blocks she gets.

    `reader_id` is opaque (no address can be read from it). `segment` names the choice of blocks.
    `tags` are hers as `join_tags` writes them; they are known only while the row is planned.
    """

    edition: EditionKey
    address: EmailAddress
    name: str
    reader_id: str
    segment: str
    due_at: datetime
    attempt: int = 0
    tags: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """The SMTP addresses of a letter: one recipient, always."""

    sender: EmailAddress
    recipient: EmailAddress

    @property
    def needs_smtputf8(self) -> bool:
        return not (self.sender.is_ascii and self.recipient.is_ascii)


_LINE_END = re.compile(rb"\r\n|\r|\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """The exact bytes of one message.

    `pieces`, one behind the other, are the message as it goes behind a 354, without the final
    dot: every line ends in CRLF and no CR or LF stands alone, each leading dot is doubled
    (RFC 5321 §4.5.2). Letters share their large pieces: none is copied on its way to the socket.
    `eightbit` says that there are octets past 127, which only a relay with 8BITMIME takes
    (RFC 6152). Whoever calls the constructor has built the bytes so; bytes from elsewhere go
    through `of`.
    """

    envelope: Envelope
    message_id: str
    pieces: tuple[bytes, ...]
    eightbit: bool = False

    @classmethod
    def of(cls, envelope: Envelope, message_id: str, content: bytes) -> Letter:
        """A letter of any content (RFC 5322); its line ends are made canonical."""
        content = canonical(content)
        stuffed = content.replace(b"\r\n.", b"\r\n..")
        return cls(
            envelope=envelope,
            message_id=message_id,
            pieces=(b"." + stuffed if stuffed.startswith(b".") else stuffed,),
            eightbit=not content.isascii(),
        )

    @property
    def octets(self) -> int:
        """How many leave behind the 354, without the final dot."""
        return sum(map(len, self.pieces))

    @property
    def stuffed(self) -> bytes:
        """All of it, as it leaves."""
        return b"".join(self.pieces)

    @property
    def content(self) -> bytes:
        """The message as its reader gets it (RFC 5322), without dot-stuffing."""
        content = self.stuffed.replace(b"\r\n..", b"\r\n.")
        return content[1:] if content.startswith(b".") else content


def canonical(content: bytes) -> bytes:
    """The content with every line ended by CRLF and no other CR or LF (RFC 5321 §2.3.8).

    A bare LF or CR read as a line end by a lax server is how a second message is smuggled in
    (CVE-2023-51764), so none is ever written. Content that is already right is returned as it is.
    """
    pairs = content.count(b"\r\n")
    if pairs != content.count(b"\n") or pairs != content.count(b"\r"):
        content = _LINE_END.sub(b"\r\n", content)
    return content if content.endswith(b"\r\n") else content + b"\r\n"


class OutcomeKind(StrEnum):
    """What became of a letter (DESIGN: the ledger's words)."""

    SENT = "sent"
    DEFERRED = "deferred"  # 4xx: again later
    REJECTED = "rejected"  # 5xx about this reader: never again
    UNKNOWN = "unknown"  # its data went out and no answer came
    UNTRIED = "untried"  # certainly not delivered, and not this reader's fault


class Stage(StrEnum):
    """Where in the conversation something happened (RFC 5321 §3)."""

    RENDER = "render"
    CONNECT = "connect"
    EHLO = "ehlo"
    STARTTLS = "starttls"
    AUTH = "auth"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    DOT = "dot"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What happened to one letter at one attempt, with the server's own words.

    `code` is the SMTP reply (0: none came); `enhanced` the RFC 3463 code, or "". A deferred
    letter is not tried again before `retry_at`.
    """

    kind: OutcomeKind
    stage: Stage
    code: int = 0
    enhanced: str = ""
    words: str = ""
    relay: str = ""
    retry_at: datetime | None = None
