"""Writes the bytes of a letter to one reader that is no edition."""

from __future__ import annotations

import hashlib
from binascii import b2a_base64
from collections.abc import Sequence
from datetime import datetime

from digest.config import NewsletterConfig
from digest.mailing.dkim import BodyHash, Seal, Signer, relax_body, relax_headers, split_headers
from digest.mailing.headers import addr_spec, date_line, header_line, mailbox_line, text_line
from digest.mailing.keyed import KeyedHash
from digest.mailing.wire import encode_chunk
from digest.model import EmailAddress, Envelope, Letter


def write_note(
    newsletter: NewsletterConfig,
    to: EmailAddress,
    *,
    subject: str,
    html: str,
    text: str,
    language: str,
    now: datetime,
    keys: Sequence[bytes],
    signers: Sequence[Signer] = (),
) -> Letter:
    """A letter of two parts. It answers what somebody did just now, so it is of no list.

    The same words to the same reader at the same moment have the same Message-ID.

    Raises:
        LetterError: a header cannot be made.
    """
    sender = newsletter.sender
    content = f"{to.key}\0{now.isoformat()}\0{subject}\0{text}".encode()
    mark = KeyedHash(keys[-1]).digest(b"digest.note\0" + content).hex()[:32]
    message_id = f"<{mark}@{addr_spec(sender).rpartition('@')[2]}>"
    boundary = f"=_{hashlib.sha256(mark.encode()).hexdigest()[:24]}"
    head = b"".join(
        (
            mailbox_line("From", newsletter.sender_name, sender),
            mailbox_line("To", "", to),
            text_line("Subject", subject),
            date_line(now.replace(microsecond=0)),
            header_line("Message-ID", message_id),
            header_line("Auto-Submitted", "auto-generated"),
            header_line("Content-Language", language),
            header_line("MIME-Version", "1.0"),
            header_line("Content-Type", f'multipart/alternative;\r\n boundary="{boundary}"'),
        )
    )
    body = b"".join((*_part("plain", text, boundary), *_part("html", html, boundary)))
    body += f"--{boundary}--\r\n".encode("ascii")
    return Letter.of(
        Envelope(sender=sender, recipient=to),
        message_id,
        b"".join((*_seals(head, body, signers), head, b"\r\n", body)),
    )


def _part(kind: str, content: str, boundary: str) -> tuple[bytes, ...]:
    """No line of quoted-printable holds the `=_` that the boundary begins with."""
    lines = (
        f"--{boundary}",
        f"Content-Type: text/{kind}; charset=utf-8",
        "Content-Transfer-Encoding: quoted-printable",
        "",
        "",
    )
    return "\r\n".join(lines).encode("ascii"), encode_chunk(content), b"\r\n"


def _seals(head: bytes, body: bytes, signers: Sequence[Signer]) -> list[bytes]:
    """A DKIM signature of each signer, over the same headers as an edition's letters have."""
    signed = relax_headers(head)
    names = [line.partition(b":")[0].decode("ascii").title() for line in split_headers(signed)]
    digest = BodyHash([relax_body(body)], []).digest([])
    body_hash = b2a_base64(digest, newline=False)
    seals = ((Seal(signer, names), signer) for signer in signers)
    return [
        seal.header(body_hash, signer.sign(seal.digest(signed, body_hash)))
        for seal, signer in seals
    ]
