"""A letter taken apart: its header, its parts, and what they say when decoded."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import policy
from email.message import Message
from email.parser import BytesParser

from digest.proofing.fields import Head, read_head, split_head


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A leaf of the letter's tree.

    `octets` is the content with its transfer encoding undone; `text` is it read in its charset,
    with what could not be read replaced (`readable` is then false).
    """

    kind: str
    charset: str
    message: Message
    octets: bytes
    text: str
    readable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """One letter: `raw` as it leaves, without dot-stuffing."""

    raw: bytes
    head: Head
    message: Message
    parts: tuple[Part, ...]

    def part(self, kind: str) -> Part | None:
        """The first part of this type that is no attachment."""
        for part in self.parts:
            if part.kind == kind and part.message.get_content_disposition() != "attachment":
                return part
        return None

    @property
    def html(self) -> str:
        part = self.part("text/html")
        return part.text if part else ""

    @property
    def ways_to_leave(self) -> tuple[str, ...]:
        """The addresses in List-Unsubscribe (RFC 2369 §3.2)."""
        return tuple(re.findall(r"<([^<>]+)>", self.head.value("List-Unsubscribe")))

    @property
    def plain(self) -> str:
        """The text part with the line ends of a file."""
        part = self.part("text/plain")
        return part.text.replace("\r\n", "\n") if part else ""


def open_letter(raw: bytes) -> Opened:
    """Take a letter apart. Whatever the bytes are, this gives something to check."""
    message = BytesParser(policy=policy.compat32).parsebytes(raw)
    head = read_head(split_head(raw)[0])
    return Opened(raw=raw, head=head, message=message, parts=tuple(_leaves(message)))


def _leaves(message: Message) -> Iterator[Part]:
    for part in message.walk():
        if not part.is_multipart():
            yield _part(part)


def _part(message: Message) -> Part:
    payload = message.get_payload(decode=True)
    octets = payload if isinstance(payload, bytes) else b""
    charset = str(message.get_param("charset") or "")
    try:
        codec = codecs.lookup(charset or "us-ascii").name
        text, readable = octets.decode(codec), True
    except (LookupError, ValueError):
        text, readable = octets.decode("utf-8", "replace"), False
    return Part(
        kind=message.get_content_type(),
        charset=charset,
        message=message,
        octets=octets,
        text=text,
        readable=readable,
    )
