"""Encodes text for the wire in chunks that may be joined in any order.

A letter's body is quoted-printable (RFC 2045 §6.7): ASCII lines of at most 76 characters, which
no relay needs to touch. Each chunk begins at the start of a line and ends with one: with its
text's own line end, or with a soft break (`=` CRLF) that decoding takes away. So chunks that
were encoded once can be joined with values between them, and no line is ever too long.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass

from digest.mailing.measure import clean_text
from digest.model import Block

CRLF = b"\r\n"
_SOFT_BREAK = b"=\r\n"
# binascii turns a blank before a line end into =20 after it has measured the line.
_TOO_LONG = re.compile(rb"^(.{74,75})(=20|=09)$", re.MULTILINE)

#: A reader field's place: its name, and whether it stands in HTML.
Slot = tuple[str, bool]


@dataclass(frozen=True, slots=True)
class Encoded:
    """A block on the wire: one chunk more than fields."""

    chunks: tuple[bytes, ...]
    fields: tuple[str, ...]


def encode_chunk(text: str) -> bytes:
    """Text as whole quoted-printable lines; empty text is no line at all."""
    text = clean_text(text)
    if not text:
        return b""
    whole = text.endswith("\n")
    # binascii fills a last line to 76 and leaves no room for our soft break, so it is made to
    # believe that one more character follows.
    raw = binascii.b2a_qp((text if whole else f"{text}x").encode("utf-8"), istext=True)
    if not whole:
        raw = raw[:-1] if raw.endswith(b"=\nx") else raw[:-1] + b"=\n"
    if " \n" in text or "\t\n" in text:
        raw = _TOO_LONG.sub(rb"\1=\n\2", raw)
    return raw.replace(b"\n", CRLF)


def encode_block(block: Block) -> Encoded:
    """Each literal of a block as a chunk."""
    return Encoded(tuple(map(encode_chunk, block.literals)), block.fields)


class PartList:
    """Bytes in order, with slots left open between them.

    Neighbouring bytes stay apart: chunks are shared by the segments of an edition, and a
    thousand segments cost a thousand lists of references, not a thousand bodies.
    """

    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self.slots: list[tuple[int, Slot]] = []

    def add(self, chunk: bytes) -> None:
        if chunk:
            self.parts.append(chunk)

    def add_block(self, block: Encoded, values: dict[str, bytes], *, escape: bool) -> None:
        """A block with the values of its segment fields; the reader's fields become slots."""
        self.add(block.chunks[0])
        for field, chunk in zip(block.fields, block.chunks[1:], strict=True):
            if field in values:
                self.add(values[field])
            else:
                self.open((field, escape))
            self.add(chunk)

    def open(self, slot: Slot) -> None:
        self.slots.append((len(self.parts), slot))
        self.parts.append(b"")

    def end_line(self) -> None:
        """End the last line, so that a part never ends in a soft break."""
        if self.parts and not self.parts[-1].endswith(_SOFT_BREAK) and self.parts[-1]:
            return
        self.parts.append(CRLF)


def join_parts(parts: Sequence[bytes]) -> bytes:
    """The chunks as one content."""
    return b"".join(parts)
