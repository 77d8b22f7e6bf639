"""Writes the exact bytes of each reader's letter.

Whatever letters share is encoded once: an edition's blocks for all, a segment's list of chunks
for its readers. A letter then costs a few short headers, two tokens and one join; no template,
MIME object or pattern goes over its body. The same ledger row gives the same bytes, today or in
another process, as long as rendition, newsletter and keys are the same.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from digest.config import NewsletterConfig
from digest.mailing.assemble import Assembled, Assembler
from digest.mailing.choice import Choice
from digest.mailing.error import LetterError
from digest.mailing.headers import (
    addr_spec,
    date_line,
    header_line,
    is_one_click,
    list_id,
    mailbox_line,
    text_line,
    unsubscribe_line,
)
from digest.mailing.measure import NAME_LENGTH, one_line, write_value
from digest.mailing.token import (
    PREFERENCES,
    UNSUBSCRIBE,
    is_reader_id,
    preferences_url,
    sign_token,
    unsubscribe_url,
)
from digest.mailing.wire import Encoded, PartList, Slot, encode_block, encode_chunk, join_parts
from digest.model import Block, EmailAddress, Envelope, Format, Letter, Recipient, Rendition
from digest.model.paper import require_aware

_TOKEN = "A" * 22 + "." + "A" * 22
_PART = "Content-Type: text/{}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n"


@dataclass(frozen=True, slots=True)
class _Segment:
    """What the letters of a segment share: `subject` is a line, or a block with open fields."""

    assembled: Assembled
    subject: bytes | Block
    parts: tuple[bytes, ...]
    slots: tuple[tuple[int, Slot], ...]


class LetterWriter:
    """Writes the letters of one edition.

    `choices` maps a segment's name to its choice, `keys` are the secrets, newest first,
    `frozen_at` is when the edition was frozen: no letter is dated before. Segments are prepared
    when their first letter is written.
    """

    def __init__(
        self,
        rendition: Rendition,
        choices: Mapping[str, Choice],
        newsletter: NewsletterConfig,
        keys: Sequence[bytes],
        frozen_at: datetime,
        subject_prefix: str = "",
    ) -> None:
        """Check what all letters share.

        Raises:
            LetterError: `site_url` is too long for a header.
            ValueError: no key, or a naive time.
        """
        require_aware(frozen_at, "frozen_at")
        self._rendition = rendition
        self._choices = choices
        self._keys = tuple(keys)
        self._frozen_at = frozen_at
        self._prefix = subject_prefix
        self._sender = newsletter.sender
        self._replies = _reply_address(newsletter) or newsletter.sender
        self._unsubscribe_base = unsubscribe_url(newsletter.site_url, "")
        self._preferences_base = preferences_url(newsletter.site_url, "")
        self._from = mailbox_line("From", newsletter.sender_name, self._sender)
        self._static = self._static_lines(newsletter)
        self._domain = addr_spec(self._sender).rpartition("@")[2]
        room = len(write_value(self._preferences_base + _TOKEN, escape=True))
        urls = {"unsubscribe_url": room, "preferences_url": room}
        self._assembler = Assembler(rendition, room=urls)
        self._blocks: dict[Block, Encoded] = {}
        self._segments: dict[str, _Segment] = {}
        sign_token(self._keys, "", UNSUBSCRIBE)
        # A token is ASCII that no URI escapes, so the line is made once around it.
        line = unsubscribe_line(self._unsubscribe_base + _TOKEN, self._replies, _TOKEN)
        self._unsubscribe_line = line.split(_TOKEN.encode("ascii"))

    def write(self, recipient: Recipient) -> Letter:
        """The letter of one ledger row.

        Raises:
            LetterError: the row is of another edition or of an unknown segment, or its letter
                cannot be made; the message says which.
        """
        if recipient.edition != self._rendition.key or not is_reader_id(recipient.reader_id):
            what = f"reader {recipient.reader_id!r} of edition {recipient.edition}"
            raise LetterError(f"the row of {what} is not one of edition {self._rendition.key}")
        segment = self._segments.get(recipient.segment) or self._prepare(recipient.segment)
        name = one_line(recipient.name)[:NAME_LENGTH].rstrip()
        token = sign_token(self._keys, recipient.reader_id, UNSUBSCRIBE)
        page = self._unsubscribe_base + token
        values = {
            "name": name,
            "address": addr_spec(recipient.address),
            "unsubscribe_url": page,
        }
        message_id = self.message_id(recipient.address)
        parts = list(segment.parts)
        for position, slot in segment.slots:
            parts[position] = self._value(slot, values, recipient)
        parts[0] = date_line(max(recipient.due_at, self._frozen_at).replace(microsecond=0))
        parts[2] = mailbox_line("To", name, recipient.address)
        parts[4] = self._subject(segment.subject, values, recipient)
        parts[5] = header_line("Message-ID", message_id)
        parts[6] = token.encode("ascii").join(self._unsubscribe_line)
        envelope = Envelope(sender=self._sender, recipient=recipient.address)
        return Letter(envelope=envelope, message_id=message_id, content=join_parts(parts))

    def message_id(self, address: EmailAddress) -> str:
        """A function of key, edition and address: a letter that is sent again keeps its id.

        The oldest key makes it, so that a rotation between two tries changes nothing.
        """
        value = f"digest.message\0{self._rendition.key}\0{address.key}".encode()
        code = base64.b32encode(hmac.digest(self._keys[-1], value, "sha256")[:20])
        return f"<{code[:26].decode('ascii').lower()}@{self._domain}>"

    def assembled(self, segment: str) -> Assembled:
        """What a segment's letters are made of (papers kept, what was shortened).

        Raises:
            LetterError: no such segment, or its letter cannot be made.
        """
        return (self._segments.get(segment) or self._prepare(segment)).assembled

    def _value(self, slot: Slot, values: dict[str, str], recipient: Recipient) -> bytes:
        field, escape = slot
        if field not in values:  # the one that not every template has
            token = sign_token(self._keys, recipient.reader_id, PREFERENCES)
            values[field] = self._preferences_base + token
        return encode_chunk(write_value(values[field], escape=escape))

    def _subject(
        self, subject: bytes | Block, values: dict[str, str], recipient: Recipient
    ) -> bytes:
        if isinstance(subject, bytes):
            return subject
        for field in subject.fields:
            self._value((field, False), values, recipient)
        words = [subject.literals[0]]
        for field, literal in zip(subject.fields, subject.literals[1:], strict=True):
            words += (values[field], literal)
        return text_line("Subject", self._prefix + "".join(words))

    def _prepare(self, name: str) -> _Segment:
        choice = self._choices.get(name)
        if choice is None:
            raise LetterError(f"edition {self._rendition.key} has no segment {name!r}")
        assembled = self._assembler.assemble(choice)
        segment = self._segments[name] = self._encode(name, assembled)
        return segment

    def _encode(self, name: str, assembled: Assembled) -> _Segment:
        subject: bytes | Block = assembled.subject
        if not assembled.subject.fields:
            words = assembled.subject.literals[0].strip() or self._rendition.title
            subject = text_line("Subject", self._prefix + words)
        parts = PartList()
        # Date, From, To, Reply-To and the like, Subject, Message-ID, List-Unsubscribe.
        parts.parts += [b"", self._from, b"", self._static, b"", b"", b""]
        if assembled.format is Format.TEXT:
            parts.add(f"{_PART.format('plain')}\r\n".encode())
            self._add_body(parts, assembled, escape=False)
        else:
            self._add_alternatives(parts, assembled, name)
        return _Segment(assembled, subject, tuple(parts.parts), tuple(parts.slots))

    def _add_alternatives(self, parts: PartList, assembled: Assembled, name: str) -> None:
        # Quoted-printable never holds `=_`, so no body can hold the boundary (RFC 2045 §6.7).
        mark = hashlib.sha256(f"{self._rendition.key} {name}".encode()).hexdigest()[:24]
        parts.add(
            f'Content-Type: multipart/alternative;\r\n boundary="=_{mark}"\r\n\r\n'
            f"--=_{mark}\r\n{_PART.format('plain')}\r\n".encode()
        )
        self._add_body(parts, assembled, escape=False)
        parts.add(f"\r\n--=_{mark}\r\n{_PART.format('html')}\r\n".encode())
        self._add_body(parts, assembled, escape=True)
        parts.add(f"\r\n--=_{mark}--\r\n".encode())

    def _add_body(self, parts: PartList, assembled: Assembled, *, escape: bool) -> None:
        """One part's chunks; its text ends with a line end."""
        written: dict[int, dict[str, bytes]] = {}
        for placed in assembled.placed:
            values = written.get(id(placed.values))
            if values is None:
                values = written[id(placed.values)] = {
                    field: encode_chunk(write_value(words, escape=escape))
                    for field, words in placed.values.items()
                }
            block = placed.piece.html if escape else placed.piece.text
            parts.add_block(self._encoded(block), values, escape=escape)
        parts.end_line()

    def _encoded(self, block: Block) -> Encoded:
        found = self._blocks.get(block)
        if found is None:
            found = self._blocks[block] = encode_block(block)
        return found

    def _static_lines(self, newsletter: NewsletterConfig) -> bytes:
        replies = _reply_address(newsletter)
        lines: list[bytes] = []
        if replies is not None:
            lines.append(mailbox_line("Reply-To", _reply_name(newsletter), replies))
        lines.append(list_id(newsletter.name, self._sender))
        if is_one_click(newsletter.site_url):
            lines.append(header_line("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"))
        lines += [
            header_line("Precedence", "bulk"),
            header_line("Auto-Submitted", "auto-generated"),
            header_line("Content-Language", self._rendition.language),
            header_line("MIME-Version", "1.0"),
        ]
        return b"".join(lines)


def _reply_address(newsletter: NewsletterConfig) -> EmailAddress | None:
    from email.utils import parseaddr

    text = newsletter.reply_to
    return EmailAddress.parse(parseaddr(text)[1] or text) if text else None


def _reply_name(newsletter: NewsletterConfig) -> str:
    from email.utils import parseaddr

    return parseaddr(newsletter.reply_to or "")[0]
