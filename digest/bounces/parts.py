"""Takes a mail apart, whatever it is made of, within fixed bounds."""

from __future__ import annotations

import base64
import binascii
import quopri
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesHeaderParser
from email.policy import compat32

#: Octets of a mail that are looked at. Reports stand in front, the letter's body comes last.
LONGEST = 256 * 1024
_DEEPEST = 8
_MOST = 64
_LONGEST_HEAD = 64 * 1024
_LONGEST_VALUE = 2_000
_HEAD_END = re.compile(rb"\r?\n[ \t]*\r?\n")
_NO_HEADER = re.compile(rb"\A(?:From [^\r\n]*\r?\n|\r?\n)+")
_PARSER = BytesHeaderParser(policy=compat32)


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a mail, or the whole; `body` is as it came, `depth` 0 is the outermost.

    `enclosed` is one that belongs to another message inside.
    """

    head: Message
    body: bytes
    depth: int
    enclosed: bool = False

    @property
    def type(self) -> str:
        """`text/plain`; what says nothing is that, as RFC 2045 §5.2 has it."""
        return self.head.get_content_type()

    @property
    def content(self) -> bytes:
        """The body decoded; one that is cut off or wrong, as far as it goes."""
        encoding = text_of(self.head, "Content-Transfer-Encoding").strip().lower()
        if encoding == "base64":
            whole = re.sub(rb"[^A-Za-z0-9+/]", b"", self.body)
            whole = whole[: len(whole) // 4 * 4]
            try:
                return base64.b64decode(whole)
            except binascii.Error:
                return b""
        return quopri.decodestring(self.body) if encoding == "quoted-printable" else self.body

    @property
    def text(self) -> str:
        """The content as text, in UTF-8 or octet by octet."""
        content = self.content
        try:
            return content.decode("utf-8")
        except UnicodeDecodeError:
            return content.decode("latin-1")


def take_apart(raw: bytes) -> list[Part]:
    """The mail and its parts, in their order; of too many, or too deep, only the first."""
    found = list[Part]()
    waiting = [(_NO_HEADER.sub(b"", raw[:LONGEST]), 0, False)]
    while waiting and len(found) < _MOST:
        octets, depth, enclosed = waiting.pop()
        part = _part(octets, depth, enclosed)
        found.append(part)
        if depth < _DEEPEST:
            enclosed = enclosed or not part.type.startswith("multipart/")
            inside = reversed(list(_inside(part)))
            waiting += [(inner, depth + 1, enclosed) for inner in inside]
    return found


def parse_head(octets: bytes) -> Message:
    """Headers, also of a report's groups; what is no header is left out."""
    try:
        head = _PARSER.parsebytes(octets[:_LONGEST_HEAD].lstrip(b"\r\n"), headersonly=True)
    except (MessageError, ValueError, LookupError):
        return Message(policy=compat32)
    # The standard library's time grows with the square of a header's length.
    kind = str(head["Content-Type"] or "")
    if len(kind) > _LONGEST_VALUE:
        head.replace_header("Content-Type", kind[:_LONGEST_VALUE])
    return head


def text_of(head: Message, name: str) -> str:
    """A header as text on one line, encoded words decoded; "" if there is none."""
    return next(texts_of(head, name), "")


def texts_of(head: Message, name: str) -> Iterator[str]:
    """Every header of this name."""
    wanted = name.lower()
    values = [value for key, value in head.raw_items() if key.lower() == wanted]
    for value in values[:_MOST]:
        yield " ".join(_decoded(_as_text(str(value))).split())


def _decoded(text: str) -> str:
    """Encoded words as what they stand for, also those in a character set that nobody knows."""
    if "=?" not in text:
        return text
    with suppress(MessageError, ValueError, LookupError):
        return str(make_header(decode_header(text)))
    with suppress(MessageError, ValueError):
        pieces = (piece for piece, _ in decode_header(text))
        return " ".join(p if isinstance(p, str) else p.decode("utf-8", "replace") for p in pieces)
    return text


def _as_text(value: str) -> str:
    """A header as it came, whose octets beyond ASCII the parser has put aside."""
    octets = value[:_LONGEST_VALUE].encode("utf-8", "surrogateescape")
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError:
        return octets.decode("latin-1")


def _part(octets: bytes, depth: int, enclosed: bool) -> Part:
    end = _HEAD_END.search(b"\n" + octets[: _LONGEST_HEAD - 1])
    if end is None:
        return Part(parse_head(octets), b"", depth, enclosed)
    head = parse_head(octets[: max(end.start() - 1, 0)])
    return Part(head, octets[end.end() - 1 :], depth, enclosed)


def _inside(part: Part) -> Iterator[bytes]:
    if part.type.startswith("multipart/"):
        yield from _pieces(part)
    elif part.type in ("message/rfc822", "message/global", "text/rfc822-headers") or part.type in (
        "message/rfc822-headers",
        "message/global-headers",
    ):
        yield part.content


def _pieces(part: Part) -> Iterator[bytes]:
    try:
        boundary = part.head.get_boundary()
    except (MessageError, ValueError, LookupError):
        return
    if not boundary:
        return
    mark = re.escape(boundary.encode("utf-8", "surrogateescape"))
    line = rb"\r?\n--" + mark + rb"(?:--)?[ \t]*(?=\r?\n|\Z)"
    pieces = re.split(line, b"\n" + part.body, maxsplit=_MOST)
    for piece in pieces[1:]:
        yield piece.removeprefix(b"\r").removeprefix(b"\n")
