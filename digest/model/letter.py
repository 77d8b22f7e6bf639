"""One message to one address, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from digest.model.address import EmailAddress
from digest.model.edition import EditionKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """One frozen ledger row: a reader of an edition, and which blocks she gets.

    `reader_id` is opaque (no address can be read from it). `segment` names the choice of blocks.
    """

    edition: EditionKey
    address: EmailAddress
    name: str
    reader_id: str
    segment: str
    due_at: datetime
    attempt: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """The SMTP addresses of a letter: one recipient, always."""

    sender: EmailAddress
    recipient: EmailAddress

    @property
    def needs_smtputf8(self) -> bool:
        return not (self.sender.is_ascii and self.recipient.is_ascii)


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """The exact bytes of one message (RFC 5322, CRLF line ends, no dot-stuffing)."""

    envelope: Envelope
    message_id: str
    content: bytes


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
