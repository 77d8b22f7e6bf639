"""Are words past ASCII encoded as RFC 2047 has it?"""

from __future__ import annotations

import binascii
import codecs
import re

from digest.proofing.fields import Field
from digest.proofing.finding import Findings, error
from digest.proofing.lines import ADVISED
from digest.proofing.opened import Opened

LONGEST, LONGEST_LINE = 75, 76
_WORD = re.compile(r"=\?([^?\s]*)\?([^?\s]*)\?([^?\s]*)\?=")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
_ESCAPE = re.compile(r"=[0-9A-Fa-f]{2}")
# Free text, or a name in it, stands in these alone (RFC 2047 §5); an encoded List-Unsubscribe is
# none to any program.
_FREE = frozenset({"subject", "comments", "keywords", "from", "to", "cc", "reply-to", "sender"})


def check_encoded_words(letter: Opened) -> Findings:
    """Form, length, place and meaning of each encoded word."""
    for field in letter.head.fields:
        if "=?" in field.value:
            yield from _check_field(field)


def _check_field(field: Field) -> Findings:
    name = field.name.lower()
    if name not in _FREE and not name.startswith(("x-", "content-d", "list-id")):
        yield error("headers", field.name, "holds an encoded word and is unreadable to programs")
        return
    rest = _WORD.sub(" ", field.value)
    if re.search(r"=\?\S+\?[bBqQ]\?", rest):
        yield error("headers", field.name, "holds a broken encoded word; readers see its code")
    quotes = name != "subject"
    if quotes and any(map(_WORD.search, _QUOTED.findall(field.value))):
        words = "holds an encoded word in quotes, where it is not decoded; drop the quotes"
        yield error("headers", field.name, words)
    found = list(_WORD.finditer(_QUOTED.sub("", field.value) if quotes else field.value))
    for line in field.lines:
        if LONGEST_LINE < len(line) <= ADVISED and _WORD.search(line.decode("ascii", "replace")):
            words = f"has a line of {len(line)} octets with an encoded word; fold it at 76"
            yield error("headers", field.name, words)
    for word in found:
        yield from _check_word(field.name, word)


def _check_word(name: str, found: re.Match[str]) -> Findings:
    if len(found[0]) > LONGEST:
        words = f"holds an encoded word of {len(found[0])} characters; {LONGEST} are allowed"
        yield error("headers", name, words)
    before, after = found.string[: found.start()][-1:], found.string[found.end() :][:1]
    if before not in ("", " ", "\t", "(") or after not in ("", " ", "\t", ")"):
        yield error("headers", name, "holds an encoded word that no blank sets apart")
    try:
        decode_word(*found.groups())
    except (LookupError, ValueError):
        words = "holds an encoded word that does not decode; encode whole characters in a charset"
        yield error("headers", name, f"{words} that programs know")


def decode_word(charset: str, encoding: str, text: str) -> str:
    """The text of one encoded word.

    Raises:
        LookupError: an unknown charset or encoding.
        ValueError: it does not decode, or holds part of a character.
    """
    codec = codecs.lookup(charset.partition("*")[0]).name
    if encoding.lower() == "b":
        try:
            octets = binascii.a2b_base64(text, strict_mode=True)
        except binascii.Error as error:
            raise ValueError(str(error)) from None
    elif encoding.lower() == "q":
        if "=" in _ESCAPE.sub("", text):
            raise ValueError("a lone =")
        octets = binascii.a2b_qp(text.encode("ascii", "strict"), header=True)
    else:
        raise LookupError(encoding)
    return octets.decode(codec)


def decode_words(text: str) -> str:
    """A header's value as its reader sees it; what does not decode stays as it is."""

    def decoded(found: re.Match[str]) -> str:
        try:
            return decode_word(*found.groups())
        except (LookupError, ValueError):
            return found[0]

    # RFC 2047 §6.2: blanks between encoded words are not shown.
    return _WORD.sub(decoded, re.sub(r"(?<=\?=)\s+(?==\?[^?\s]+\?[bBqQ]\?)", "", text))
