"""Gives each letter a return path of its own, so that a bounce names the letter that it is about.

The address is `LOCAL+TOKEN@domain` (VERP). A token is 30 octets in lower-case base32, because
mail servers change the case of addresses: the reader's id (16), the edition (2), and an
HMAC-SHA-256 of both, cut to 96 bits. With a local part of at most 15 characters the whole stays
within the 64 octets of RFC 5321 §4.5.3.1.1.
"""

from __future__ import annotations

import hmac
import re
from base64 import b32decode, urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from datetime import date, timedelta

from digest.mailing.keyed import KeyedHash
from digest.model import EditionKey, EmailAddress

_READER, _EDITION, _MAC = 16, 2, 12
_TOKEN = re.compile(r"[a-z2-7]{48}")
_DIGITS = "abcdefghijklmnopqrstuvwxyz234567"
# Ten bits at a time: `base64.b32encode` takes thrice as long.
_PAIRS = tuple(first + second for first in _DIGITS for second in _DIGITS)
_SHIFTS = tuple(range(230, -1, -10))
_FIRST_DAY = date(2000, 1, 3)  # a Monday
_WEEKLY = 0x8000


class ReturnPath:
    """Makes the return paths of one edition's letters, with the newest key."""

    __slots__ = ("_address", "_edition", "_hash")

    def __init__(self, key: bytes, address: EmailAddress, edition: EditionKey) -> None:
        self._hash = _hash(key)
        self._address = address
        self._edition = _pack_edition(edition)

    def of(self, reader: str) -> EmailAddress:
        """Where what comes back of this reader's letter goes."""
        named = urlsafe_b64decode(reader + "==") + self._edition
        octets = named + self._hash.digest(named)[:_MAC]
        return EmailAddress(
            f"{self._address.local}+{_spell(octets)}",
            self._address.domain,
        )


def read_token(keys: Sequence[bytes], token: str) -> tuple[str, EditionKey] | None:
    """The reader's id and the edition in a token of ours; None if any bit is not as it was made."""
    token = token.lower()
    if not _TOKEN.fullmatch(token):
        return None
    octets = b32decode(token.upper())
    named, mac = octets[:-_MAC], octets[-_MAC:]
    good = False
    for key in keys:
        good |= hmac.compare_digest(_hash(key).digest(named)[:_MAC], mac)
    if not good:
        return None
    reader = urlsafe_b64encode(named[:_READER]).decode("ascii").rstrip("=")
    return reader, _unpack_edition(named[_READER:])


def _hash(key: bytes) -> KeyedHash:
    return KeyedHash(hmac.digest(key, b"digest.return-path", "sha256"))


def _spell(octets: bytes) -> str:
    number = int.from_bytes(octets)
    return "".join([_PAIRS[number >> shift & 1023] for shift in _SHIFTS])


def _pack_edition(edition: EditionKey) -> bytes:
    """Days since the first one, or weeks and the top bit; good until 2089."""
    days = (edition.day() - _FIRST_DAY).days
    return ((days // 7 | _WEEKLY) if edition.is_weekly else days & ~_WEEKLY).to_bytes(_EDITION)


def _unpack_edition(octets: bytes) -> EditionKey:
    number = int.from_bytes(octets)
    if number & _WEEKLY:
        return EditionKey.weekly(_FIRST_DAY + timedelta(weeks=number & ~_WEEKLY))
    return EditionKey.daily(_FIRST_DAY + timedelta(days=number))
