"""Make text from outside fit for every database."""

from __future__ import annotations

import hashlib

#: An entry of PostgreSQL's indexes holds 2,704 octets at most.
_LONGEST_KEY = 500


def storable(text: str, longest: int = 1000) -> str:
    """`text` without what a database refuses: NUL, and halves of surrogate pairs.

    A server's words and a person's name may hold anything; a row must be written all the same.
    """
    if text.isascii() and "\0" not in text and len(text) <= longest:
        return text
    clean = text.replace("\0", "")
    if not clean.isascii():
        clean = clean.encode("utf-8", "replace").decode("utf-8")
    return clean if len(clean) <= longest else clean[: longest - 1] + "…"


def storable_key(text: str) -> str:
    """The same for a name that rows are found by: two names never become one."""
    if text == storable(text, _LONGEST_KEY):
        return text
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{storable(text, 100)} {digest}"
