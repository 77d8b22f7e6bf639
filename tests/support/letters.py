"""Reads a letter back with the standard library, as a stranger would."""

from __future__ import annotations

from email import policy
from email.message import EmailMessage
from email.parser import BytesParser


def parse_letter(content: bytes) -> EmailMessage:
    """The letter as a message; an SMTPUTF8 letter's headers come out as text too."""
    message = BytesParser(policy=policy.default.clone(utf8=True)).parsebytes(content)
    assert isinstance(message, EmailMessage)
    return message


def parts_of(content: bytes) -> dict[str, bytes]:
    """The decoded bytes of the `text` part and, if there is one, the `html` part."""
    message = parse_letter(content)
    found = {}
    for part in message.walk():
        if not part.is_multipart():
            payload = part.get_payload(decode=True)
            assert isinstance(payload, bytes)
            found["html" if part.get_content_subtype() == "html" else "text"] = payload
    return found
