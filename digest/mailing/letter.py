"""Writes the exact bytes of each reader's letter.

Whatever letters share is encoded once: an edition's chunks for all, a segment's layout for its
readers, joined between the slots while there is room to keep it. A letter then costs a few short
headers, two tokens and one join; no template, MIME object or pattern goes over its body. The
same ledger row gives the same bytes, today or in another process, as long as rendition,
newsletter, keys and what the relay takes are the same.
"""

from __future__ import annotations

import hashlib
from binascii import b2a_base64
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from threading import RLock
from typing import NamedTuple

from digest.config import NewsletterConfig
from digest.mailing.assemble import Assembled, Assembler
from digest.mailing.choice import Choice
from digest.mailing.dkim import SIGNED_HEADERS, Seal, Signer, relax_header, relax_headers
from digest.mailing.error import LetterError
from digest.mailing.headers import (
    addr_spec,
    date_line,
    header_line,
    is_one_click,
    list_id,
    mailbox_line,
    text_line,
    to_line,
    unsubscribe_line,
)
from digest.mailing.layout import Layout, Typesetter
from digest.mailing.measure import NAME_LENGTH, one_line, write_value
from digest.mailing.message_id import MessageIds
from digest.mailing.return_path import ReturnPath
from digest.mailing.shelf import Shelf
from digest.mailing.token import (
    PREFERENCES,
    UNSUBSCRIBE,
    TokenSigner,
    is_reader_id,
    preferences_url,
    unsubscribe_url,
)
from digest.mailing.wire import write_slots
from digest.model import Block, EmailAddress, Envelope, Format, Letter, Recipient, Rendition
from digest.model.paper import require_aware

_TOKEN = "A" * 22 + "." + "A" * 22
# So many pieces leave as they are; more are cheaper to copy into one than to hand over.
_PIECES = 32
# Letters that are rare in text let a search for the boundary leap over it.
_RARE = str.maketrans("0123456789abcdef", "BCDFGHKLNPQRVXYZ")
#: Octets of joined bodies that are kept, and segments whose layouts are.
JOINED_OCTETS = 64_000_000
LAYOUTS = 8_192
_OWN = ("To", "Subject", "Date", "Message-ID", "List-Unsubscribe")


@dataclass(frozen=True, slots=True)
class _Segment:
    """What the letters of a segment share: `subject` is a line, or a block with open fields."""

    subject: bytes | Block
    layout: Layout
    seals: tuple[Seal, ...]


class _Own(NamedTuple):
    """What a letter alone has: its header lines, and the values in its body."""

    message_id: str
    lines: tuple[bytes, ...]
    written: list[bytes]


@dataclass(frozen=True, slots=True)
class Draft:
    """A letter that lacks its signatures.

    `digests` are what to sign (SHA-256), one for each signer; `sealed` makes the letter of the
    signatures in the same order.
    """

    digests: tuple[bytes, ...]
    sealed: Callable[[Sequence[bytes]], Letter]


class LetterWriter:
    """Writes the letters of one edition; threads may share it.

    `choices` maps a segment's name to its choice, `keys` are the secrets, newest first,
    `frozen_at` is when the edition was frozen: no letter is dated before. Each of `signers`
    adds a DKIM signature. Segments are prepared when their first letter is written.
    """

    def __init__(
        self,
        rendition: Rendition,
        choices: Mapping[str, Choice],
        newsletter: NewsletterConfig,
        keys: Sequence[bytes],
        frozen_at: datetime,
        subject_prefix: str = "",
        signers: Sequence[Signer] = (),
    ) -> None:
        """Check what all letters share.

        Raises:
            LetterError: `site_url` is too long for a header.
            ValueError: no key, or a naive time.
        """
        require_aware(frozen_at, "frozen_at")
        self._rendition = rendition
        self._choices = choices
        self._frozen_at = frozen_at
        self._date = lru_cache(1024)(self._date_line)
        self._prefix = subject_prefix
        self.signers = tuple(signers)
        self._unsubscribe = TokenSigner(keys, UNSUBSCRIBE)
        self._preferences = TokenSigner(keys, PREFERENCES)
        self._prepare_headers(newsletter)
        domain = addr_spec(self._sender).rpartition("@")[2]
        self._ids = MessageIds(keys, rendition.key, domain)
        bounces = newsletter.bounce_address
        self._returns = ReturnPath(keys[0], bounces, rendition.key) if bounces else None
        self._prepare_links(newsletter)
        self._lock = RLock()
        self._layouts = Shelf[_Segment](LAYOUTS)
        self._joined = Shelf[_Segment](JOINED_OCTETS)
        self._missed: Hashable = None

    def knows(self, segment: str) -> bool:
        """Whether letters of this segment can be written."""
        return segment in self._choices

    def _prepare_headers(self, newsletter: NewsletterConfig) -> None:
        self._sender = newsletter.sender
        self._replies = _reply_address(newsletter)
        self._from = mailbox_line("From", newsletter.sender_name, self._sender)
        self._static = self._static_lines(newsletter)
        shared = self._from + self._static
        self._sealed = relax_headers(shared)
        self._wide = not shared.isascii()

    def _prepare_links(self, newsletter: NewsletterConfig) -> None:
        page = unsubscribe_url(newsletter.site_url, "")
        #: The fixed beginnings of the readers' links, by reader field.
        self.links = {
            "unsubscribe_url": page,
            "preferences_url": preferences_url(newsletter.site_url, ""),
        }
        room = {
            field: len(write_value(base + _TOKEN, escape=True))
            for field, base in self.links.items()
        }
        self._assembler = Assembler(self._rendition, room=room)
        self._typesetter = Typesetter(self.links, signing=bool(self.signers))
        # A token is ASCII that no URI escapes, so the line is made once around it.
        mailbox = newsletter.bounce_address or self._replies or self._sender
        line = unsubscribe_line(page + _TOKEN, mailbox, _TOKEN)
        self._unsubscribe_line = line.split(_TOKEN.encode("ascii"))

    def write(self, recipient: Recipient, eightbit: bool = False) -> Letter:
        """The letter of one ledger row; with `eightbit` it may hold octets past 127.

        Signed letters are always ASCII (RFC 6376 §5.3), but for a header with an address that
        is not: that letter is for relays with SMTPUTF8, which take all octets.

        Raises:
            LetterError: the row is of another edition or of an unknown segment, or its letter
                cannot be made; the message says which.
        """
        if self.signers:
            draft = self.draft(recipient)
            return draft.sealed(
                [
                    signer.sign(digest)
                    for signer, digest in zip(self.signers, draft.digests, strict=True)
                ]
            )
        segment = self._segment(recipient.segment, eightbit=eightbit)
        own = self._own(recipient, segment)
        if segment.layout.clashes(own.written):
            return self.write(recipient)  # quoted, no value can hold a boundary
        return self._letter(recipient, segment.layout, own, b"")

    def draft(self, recipient: Recipient) -> Draft:
        """The letter of one ledger row before it is signed, elsewhere perhaps.

        Raises:
            LetterError: as `write` does.
            ValueError: this writer has no signers.
        """
        segment = self._segment(recipient.segment, eightbit=False)
        body = segment.layout.body_hash
        if body is None:
            raise ValueError("letters of this writer are not signed")
        own = self._own(recipient, segment)
        body_hash = b2a_base64(body.digest(own.written), newline=False)
        signed = b"".join((self._sealed, segment.layout.sealed, *map(relax_header, own.lines)))

        def sealed(signatures: Sequence[bytes]) -> Letter:
            seals = zip(segment.seals, signatures, strict=True)
            seal = b"".join([seal.header(body_hash, signature) for seal, signature in seals])
            return self._letter(recipient, segment.layout, own, seal)

        return Draft(tuple([seal.digest(signed, body_hash) for seal in segment.seals]), sealed)

    def _own(self, recipient: Recipient, segment: _Segment) -> _Own:
        if recipient.edition != self._rendition.key or not is_reader_id(recipient.reader_id):
            what = f"reader {recipient.reader_id!r} of edition {recipient.edition}"
            raise LetterError(f"the row of {what} is not one of edition {self._rendition.key}")
        values = self.values(recipient, preferences=segment.layout.asks_preferences)
        message_id = self.message_id(recipient.address)
        lines = (
            to_line(values["name"], values["address"]),
            self._subject(segment.subject, values, recipient),
            self._date(recipient.due_at),
            b"Message-ID: %b\r\n" % message_id.encode("ascii"),
            values["unsubscribe"].encode("ascii").join(self._unsubscribe_line),
        )
        return _Own(message_id, lines, write_slots(segment.layout.kinds, values))

    def values(self, recipient: Recipient, *, preferences: bool = True) -> dict[str, str]:
        """What the letter of one ledger row has of her own, by slot; links end in the tokens."""
        return {
            "name": one_line(recipient.name)[:NAME_LENGTH].rstrip(),
            "address": addr_spec(recipient.address),
            "unsubscribe": self._unsubscribe.sign(recipient.reader_id),
            "preferences": self._preferences.sign(recipient.reader_id) if preferences else "",
        }

    def _letter(self, recipient: Recipient, layout: Layout, own: _Own, seal: bytes) -> Letter:
        address, sender = recipient.address, self._sender
        if self._returns is not None:
            sender = self._returns.of(recipient.reader_id)
        wide = not all(map(bytes.isascii, own.written))
        head = b"".join((seal, self._from, *own.lines, self._static, layout.heads[wide]))
        pieces = (head, *layout.fill(own.written, wide=wide))
        if len(pieces) > _PIECES:
            pieces = (b"".join(pieces),)
        return Letter(
            envelope=Envelope(sender=sender, recipient=address),
            message_id=own.message_id,
            pieces=pieces,
            eightbit=layout.eightbit or wide or self._wide or not address.is_ascii,
        )

    def message_id(self, address: EmailAddress) -> str:
        """A function of key, edition and address: a letter that is sent again keeps its id."""
        return self._ids.of(address)

    def assembled(self, segment: str) -> Assembled:
        """What a segment's letters are made of (papers kept, what was shortened).

        Raises:
            LetterError: no such segment, or its letter cannot be made.
        """
        choice = self._choices.get(segment)
        if choice is None:
            raise LetterError(f"edition {self._rendition.key} has no segment {segment!r}")
        return self._assembler.assemble(choice)

    def _date_line(self, due_at: datetime) -> bytes:
        return date_line(max(due_at, self._frozen_at).replace(microsecond=0))

    def _subject(
        self, subject: bytes | Block, values: Mapping[str, str], recipient: Recipient
    ) -> bytes:
        if isinstance(subject, bytes):
            return subject
        page = self.links["preferences_url"] + self._preferences.sign(recipient.reader_id)
        shown = {
            **values,
            "unsubscribe_url": self.links["unsubscribe_url"] + values["unsubscribe"],
            "preferences_url": page,
        }
        words = [subject.literals[0]]
        for field, literal in zip(subject.fields, subject.literals[1:], strict=True):
            words += (shown[field], literal)
        return text_line("Subject", self._prefix + "".join(words))

    def _segment(self, name: str, *, eightbit: bool) -> _Segment:
        """A segment, joined if it fits on the shelf.

        When the shelf is full, only a segment with two letters in a row takes the place of
        others: readers in turn would else push out each other's bodies, to no one's use.
        """
        key = (name, eightbit)
        found = self._joined.get(key)
        if found is not None:
            return found
        with self._lock:
            kept = self._layouts.get(key)
            segment = kept or self._prepare(name, eightbit=eightbit)
            octets = segment.layout.octets
            if self._joined.has_room(octets) or self._missed == key:
                segment = replace(segment, layout=segment.layout.joined().guarded())
                self._joined.put(key, segment, octets)
            elif kept is None:
                segment = replace(segment, layout=segment.layout.guarded())
                self._layouts.put(key, segment)
            self._missed = key
            return segment

    def _prepare(self, name: str, *, eightbit: bool) -> _Segment:
        assembled = self.assembled(name)
        subject: bytes | Block = assembled.subject
        if not assembled.subject.fields:
            words = assembled.subject.literals[0].strip() or self._rendition.title
            subject = text_line("Subject", self._prefix + words)
        mark = hashlib.sha256(f"{self._rendition.key} {name}".encode()).hexdigest()[:24]
        mark = mark.translate(_RARE)
        layout = self._typesetter.set(assembled, mark, eightbit=eightbit)
        return _Segment(subject, layout, self._seals(assembled.format))

    def _seals(self, format: Format) -> tuple[Seal, ...]:
        lines = self._sealed.decode("utf-8").splitlines()
        names = [line.partition(":")[0].title() for line in lines]
        names += ["Content-Type"]
        if format is Format.TEXT:
            names += ["Content-Transfer-Encoding"]
        names += [name for name in _OWN if name.lower() in SIGNED_HEADERS]
        return tuple(Seal(signer, names) for signer in self.signers)

    def _static_lines(self, newsletter: NewsletterConfig) -> bytes:
        lines: list[bytes] = []
        if self._replies is not None:
            lines.append(mailbox_line("Reply-To", _reply_name(newsletter), self._replies))
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
