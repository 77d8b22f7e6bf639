"""Are the letter's raw lines such as mail may have? RFC 5322 §2.1.1 and §2.3, RFC 5321 §4.5.3.1."""

from __future__ import annotations

import re

from digest.proofing.finding import Findings, error, warning
from digest.proofing.opened import Opened

LONGEST, ADVISED = 998, 78
_BARE = re.compile(rb"\r(?!\n)|(?<!\r)\n")


def check_lines(letter: Opened) -> Findings:
    """Line ends and line lengths of everything; stray lines and bare octets of the header."""
    yield from _check_ends(letter.raw)
    for number, line in enumerate(letter.raw.split(b"\n"), 1):
        length = len(line.rstrip(b"\r"))
        if length > LONGEST:
            where = f"line {number}"
            yield error("mime", where, f"has {length:,} octets; a relay may cut past {LONGEST}")
    yield from _check_head(letter)


def _check_ends(raw: bytes) -> Findings:
    bare = _BARE.findall(raw)
    if not bare:
        return
    if b"\r" not in raw:
        yield error("mime", "all lines", "end in LF; mail has CRLF: write the file with CRLF")
        return
    first = _BARE.search(raw)
    line = raw.count(b"\n", 0, first.start()) + 1 if first else 1
    words = f"{len(bare)} bare CR or LF, which relays refuse or rewrite; end lines in CRLF"
    yield error("mime", f"line {line}", words)


def _check_head(letter: Opened) -> Findings:
    for line in letter.head.strays:
        words = "is no header field; write Name: value, or begin the line with a blank"
        yield error("headers", ascii(line[:40])[1:], words)
    wide = any(not address.isascii() for address in addresses_in(letter))
    for field in letter.head.fields:
        for line in field.lines:
            if not line.isascii() and not wide:
                words = "has octets past ASCII; encode them (RFC 2047) or relays change them"
                yield error("headers", field.name, words)
            if len(line) > ADVISED and b" " in line.partition(b": ")[2].strip():
                words = f"has a line of {len(line)} octets; fold it at {ADVISED}"
                yield warning("headers", field.name, words)


def addresses_in(letter: Opened) -> list[str]:
    """What stands in angle brackets in From, To and Reply-To: only an address that is not ASCII
    makes a header one for SMTPUTF8 (RFC 6532)."""
    found: list[str] = []
    for name in ("From", "To", "Reply-To"):
        for field in letter.head.all(name):
            bracketed = re.findall(r"<([^<>]*)>", field.value)
            found += bracketed or [field.value]
    return [address for address in found if "@" in address]
