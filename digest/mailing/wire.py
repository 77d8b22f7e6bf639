"""Encodes text for the wire in chunks that may be joined in any order.

Quoted-printable (RFC 2045 §6.7) is ASCII in lines of at most 76 characters, which no relay needs
to touch. Each such chunk begins at the start of a line and ends with one: with its text's own
line end, or with a soft break (`=` CRLF) that decoding takes away. So chunks that were encoded
once can be joined with values between them, no line is ever too long, and as none begins with a
dot (it is `=2E`), none needs dot-stuffing. None begins with "From " either (`=46rom `): a mailbox
of the mbox format would have it become ">From ", which breaks a signature.

A plain chunk (7bit or 8bit, RFC 2045 §2) is its text in UTF-8, and ends anywhere in a line. It
is dot-stuffed inside (RFC 5321 §4.5.2) and measured, so that whoever joins it knows each line's
length and whether its own first octet begins a line.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from digest.mailing.measure import clean_text, write_value

CRLF = b"\r\n"
SOFT_BREAK = b"=\r\n"
#: RFC 5322 §2.1.1: octets of a line without its CRLF. A dot that is doubled does not count
#: (RFC 5321 §4.5.3.1.6).
LINE_OCTETS = 998
_WIDTH = 76
# binascii turns a blank before a line end into =20 after it has measured the line.
_TOO_LONG = re.compile(rb"^(.{74,75})(=20|=09)$", re.MULTILINE)
_HIDDEN = re.compile(rb"^(?:\.|From ).*$", re.MULTILINE)


class Slot(NamedTuple):
    """A place for a reader's value.

    `escape`: it stands in HTML. `quoted`: in a quoted-printable part. `starts`: at the start of
    a line of a part that is not, so that a leading dot is doubled.
    """

    field: str
    escape: bool = False
    quoted: bool = False
    starts: bool = False


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
    if b"\n." in raw or raw.startswith(b".") or b"From " in raw:
        raw = _HIDDEN.sub(_hide_start, raw)
    return raw.replace(b"\n", CRLF)


def _hide_start(match: re.Match[bytes]) -> bytes:
    line, before = match[0], b""
    while line.startswith((b".", b"From ")):
        hidden = b"=%02X" % line[0]
        if len(line) + 2 <= _WIDTH:
            return before + hidden + line[1:]
        before, line = before + hidden + b"=\n", line[1:]
    return before + line


def quote_value(text: str) -> bytes:
    """The same as `encode_chunk` for a value of one line, which is mostly short and ASCII."""
    short = 0 < len(text) < _WIDTH and text.isascii() and "=" not in text
    if short and not text.startswith((".", "From ")):
        return text.encode() + SOFT_BREAK
    return encode_chunk(text)


def write_slots(slots: Iterable[Slot], values: Mapping[str, str]) -> list[bytes]:
    """A reader's values as they stand on the wire; each value is one line."""
    written = []
    for field, escape, quoted, starts in slots:
        text = values[field]
        if escape:
            text = write_value(text, escape=True)
        if quoted:
            written.append(quote_value(text))
        elif starts and text.startswith("."):
            written.append(b"." + text.encode("utf-8"))
        else:
            written.append(text.encode("utf-8"))
    return written


@dataclass(frozen=True, slots=True)
class PlainChunk:
    """Dot-stuffed lines, the first and the last of which may be parts of longer ones.

    `first` and `last` are their octets (`first` of all, if no line ends in it), `inside` those
    of the longest line between them. The chunk's own first octet is never doubled.
    """

    octets: bytes
    first: int
    inside: int
    last: int
    breaks: bool


def plain_chunk(text: str) -> PlainChunk:
    """Text as UTF-8 with CRLF at its line ends."""
    raw = clean_text(text).encode("utf-8").replace(b"\n", CRLF)
    lengths = [len(line) for line in raw.split(CRLF)]
    return PlainChunk(
        octets=raw.replace(b"\r\n.", b"\r\n.."),
        first=lengths[0],
        inside=max(lengths[1:-1], default=0),
        last=lengths[-1],
        breaks=len(lengths) > 1,
    )
