"""Are the letter's parts such as every program can open? RFC 2045, RFC 2046."""

from __future__ import annotations

import codecs
import re
from email.message import Message

from digest.proofing.finding import Findings, error, shown, warning
from digest.proofing.opened import Opened, Part

_ENCODINGS = ("7bit", "8bit", "binary", "quoted-printable", "base64")
_BOUNDARY = re.compile(r"[0-9A-Za-z'()+_,\-./:=? ]{0,69}[0-9A-Za-z'()+_,\-./:=?]")
_QUOTED = re.compile(rb"=(?![0-9A-Fa-f]{2}|$)", re.MULTILINE)
LONGEST_QUOTED = 76
_DEFECTS = {
    "NoBoundaryInMultipartDefect": "declares no boundary",
    "StartBoundaryNotFoundDefect": "declares a boundary that never comes",
    "CloseBoundaryNotFoundDefect": "has no closing boundary; the letter is cut off",
    "MultipartInvariantViolationDefect": "is declared to have parts and has none",
    "InvalidMultipartContentTransferEncodingDefect": "has parts and an encoding of its own",
    "InvalidBase64PaddingDefect": "is not whole base64",
    "InvalidBase64CharactersDefect": "is not clean base64",
    "InvalidBase64LengthDefect": "is not whole base64",
}


def check_mime(letter: Opened) -> Findings:
    """Structure, boundaries, transfer encodings and charsets."""
    yield from _check_order(letter)
    for message in letter.message.walk():
        for defect in message.defects:
            words = _DEFECTS.get(type(defect).__name__)
            if words:
                yield error("mime", message.get_content_type(), words)
        if message.is_multipart():
            yield from _check_container(message)
    for part in letter.parts:
        yield from _check_leaf(part)


def _check_order(letter: Opened) -> Findings:
    kinds = [part.kind for part in letter.parts]
    if "text/plain" not in kinds and "text/html" not in kinds:
        yield error("mime", "letter", "has no text; add a text/plain part")
    elif "text/plain" not in kinds:
        words = "is missing; text programs, watches and spam filters want one beside the HTML"
        yield error("mime", "text/plain", words)
    elif "text/html" in kinds:
        holders = {message.get_content_type() for message in letter.message.walk()}
        if "multipart/alternative" not in holders:
            words = "and text/html do not stand in a multipart/alternative: readers see both"
            yield error("mime", "text/plain", words)
        elif kinds.index("text/plain") > kinds.index("text/html"):
            words = "stands after text/html, so programs show it in place of the HTML (RFC 2046)"
            yield error("mime", "text/plain", words)


def _check_container(message: Message) -> Findings:
    kind = message.get_content_type()
    boundary = str(message.get_boundary("") or "")
    if boundary and not _BOUNDARY.fullmatch(boundary):
        words = f"the boundary {shown(boundary)} has over 70 characters, or one not allowed"
        yield error("mime", kind, words)
    encoding = _encoding(message)
    if encoding not in ("7bit", "8bit", "binary"):
        yield error("mime", kind, f"may not be {encoding} itself; only its parts may (RFC 2045)")
    elif encoding == "7bit" and any(not _body(part).isascii() for part in message.walk()):
        yield error("mime", kind, "is declared 7bit and holds 8bit octets; declare 8bit")


def _check_leaf(part: Part) -> Findings:
    encoding, body = _encoding(part.message), _body(part.message)
    if encoding not in _ENCODINGS:
        yield error("mime", part.kind, f"has the unknown transfer encoding {shown(encoding)}")
    elif encoding == "7bit" and not body.isascii():
        yield error("mime", part.kind, "is declared 7bit and holds 8bit octets")
    elif encoding in ("quoted-printable", "base64"):
        yield from _check_encoded(part.kind, encoding, body)
    if part.kind.startswith("text/"):
        yield from _check_charset(part)


def _check_encoded(kind: str, encoding: str, body: bytes) -> Findings:
    longest = max(map(len, body.replace(b"\r", b"").split(b"\n")))
    if longest > LONGEST_QUOTED:
        yield error("mime", kind, f"has a {encoding} line of {longest} octets; 76 are allowed")
    if encoding == "quoted-printable":
        if not body.isascii() or _QUOTED.search(body.replace(b"\r\n", b"\n")):
            yield error("mime", kind, "holds octets that quoted-printable must write as =XX")
        if re.search(rb"[ \t]\r?$", body, re.MULTILINE):
            words = "has quoted-printable lines that end in blanks, which relays drop; write =20"
            yield error("mime", kind, words)


def _check_charset(part: Part) -> Findings:
    if not part.charset:
        words = "declares no charset; write charset=utf-8"
        yield (
            warning("mime", part.kind, words) if part.readable else error("mime", part.kind, words)
        )
        return
    try:
        codecs.lookup(part.charset)
    except (LookupError, ValueError):
        yield error("mime", part.kind, f"has the unknown charset {shown(part.charset)}")
        return
    if not part.readable:
        words = f"is not the {part.charset} that it declares; readers see wrong characters"
        yield error("mime", part.kind, words)


def _encoding(message: Message) -> str:
    return str(message.get("Content-Transfer-Encoding", "7bit")).strip().lower()


def _body(message: Message) -> bytes:
    """A leaf's content as it stands in the letter, or as good as."""
    if message.is_multipart():
        return b""
    content = message.get_payload(decode=False)
    return content.encode("utf-8", "surrogateescape") if isinstance(content, str) else b""
