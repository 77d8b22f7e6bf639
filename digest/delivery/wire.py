"""A letter's bytes as they stand between DATA's 354 and the server's answer."""

from __future__ import annotations

import re

_LINE_END = re.compile(rb"\r\n|\r|\n")


def canonical(content: bytes) -> bytes:
    """The content with every line ended by CRLF and no other CR or LF (RFC 5321 §2.3.8).

    A bare LF or CR read as a line end by a lax server is how a second message is smuggled in
    (CVE-2023-51764), so none is ever written. Content that is already right is returned as it is.
    """
    pairs = content.count(b"\r\n")
    if pairs != content.count(b"\n") or pairs != content.count(b"\r"):
        content = _LINE_END.sub(b"\r\n", content)
    return content if content.endswith(b"\r\n") else content + b"\r\n"


def stuff_dots(content: bytes) -> bytes:
    """Canonical content with leading dots doubled and the final dot set (RFC 5321 §4.5.2)."""
    stuffed = content.replace(b"\r\n.", b"\r\n..")
    return (b"." if content.startswith(b".") else b"") + stuffed + b".\r\n"
