"""Names a reader in a link, without showing her address, so that nobody else can make it up.

A token is `READER.MAC`: the reader's opaque id and an HMAC-SHA-256 of it, cut to 128 bits
(RFC 2104 §5), each 22 characters of URL-safe base64. Keys rotate: the newest signs, each older
one still verifies the links of letters that are already in mailboxes.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from binascii import b2a_base64
from collections.abc import Sequence
from functools import lru_cache
from urllib.parse import quote, urlsplit

from itsdangerous import Signer
from itsdangerous.signer import SigningAlgorithm

from digest.mailing.keyed import KeyedHash
from digest.model import EmailAddress

#: What a token allows. A token of one purpose is worthless for any other.
UNSUBSCRIBE = "unsubscribe"
PREFERENCES = "preferences"

_MAC_BYTES = 16
_URL_SAFE = bytes.maketrans(b"+/", b"-_")
_READER = re.compile(r"[A-Za-z0-9_-]{22}")
_TOKEN = re.compile(r"[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{22}")
_NOBODY = "A" * 22 + "." + "A" * 22


class _ShortHmac(SigningAlgorithm):
    """HMAC-SHA-256, the first 128 bits."""

    def get_signature(self, key: bytes, value: bytes) -> bytes:
        return hmac.digest(key, value, "sha256")[:_MAC_BYTES]


class ReaderNamer:
    """Makes a stable name for each reader of a newsletter: 22 URL-safe characters, 128 bits.

    `newsletter` keeps the readers of two newsletters apart that share a key; its sender's
    address serves well. Without the key nothing can be read from a name, nor an address be tried.
    """

    __slots__ = ("_hash", "_start")

    def __init__(self, key: bytes, newsletter: str) -> None:
        self._hash = KeyedHash(key)
        self._start = f"digest.reader\0{newsletter}\0"

    def name(self, address: EmailAddress) -> str:
        return _spell(self._hash.digest(f"{self._start}{address.key}".encode()))


def _spell(mac: bytes) -> str:
    """The first 128 bits in URL-safe base64, without padding."""
    return b2a_base64(mac[:_MAC_BYTES], newline=False)[:22].translate(_URL_SAFE).decode("ascii")


def is_reader_id(text: str) -> bool:
    """Whether `text` has the form of a reader id."""
    return _READER.fullmatch(text) is not None


def sign_token(keys: Sequence[bytes], reader: str, purpose: str) -> str:
    """A token for `reader`, signed with the first (newest) key."""
    return _signer(_usable(keys)[0], purpose).sign(reader).decode("ascii")


class TokenSigner:
    """Signs many tokens of one purpose with the newest key, each as `sign_token` does."""

    __slots__ = ("_hash",)

    def __init__(self, keys: Sequence[bytes], purpose: str) -> None:
        self._hash = KeyedHash(_signer(_usable(keys)[0], purpose).derive_key())

    def sign(self, reader: str) -> str:
        return f"{reader}.{_spell(self._hash.digest(reader.encode('ascii')))}"


def verify_token(keys: Sequence[bytes], token: str, purpose: str) -> str | None:
    """The reader id in a token, or None if any of its bits is not as it was signed.

    Every key is tried, whatever the token looks like, so that an answer takes as long for a good
    one as for a bad one.
    """
    formed = isinstance(token, str) and _TOKEN.fullmatch(token) is not None
    token = token if formed else _NOBODY
    reader = token[:22]
    good = False
    for key in _usable(keys):
        signer = _signer(key, purpose)
        # Base64 leaves four bits of the last character unused and its decoder ignores them, so
        # the signature is compared as text: one token has one spelling.
        good |= hmac.compare_digest(signer.sign(reader), token.encode("ascii"))
    return reader if good and formed else None


@lru_cache(maxsize=64)
def _signer(key: bytes, purpose: str) -> Signer:
    # The derived key is handed to a signer that derives no more: deriving is half of the cost.
    salt = f"digest.{purpose}"
    derived = Signer(key, salt=salt, key_derivation="hmac", digest_method=hashlib.sha256)
    return Signer(derived.derive_key(), salt=salt, key_derivation="none", algorithm=_ShortHmac())


def _usable(keys: Sequence[bytes]) -> Sequence[bytes]:
    if not keys or not all(keys):
        raise ValueError("a token needs a secret key")
    return keys


def site_base(site_url: str) -> str:
    """The site's address as an ASCII URI without a slash at its end, fit for a header.

    A name like `bücher.example` becomes its A-label; what could end a URI in a list header
    (blanks, commas, angle brackets) is percent-encoded; query and fragment are dropped.
    """
    parts = urlsplit(site_url)
    host = parts.netloc
    if not host.isascii():
        import idna

        name, colon, port = host.partition(":")
        host = idna.encode(name, uts46=True).decode("ascii") + colon + port
    path = quote(parts.path, safe="/%-._~!$&()*+;=:@").rstrip("/")
    return f"{parts.scheme}://{quote(host, safe='[]:.-_%')}{path}"


def unsubscribe_url(site_url: str, token: str) -> str:
    """Where one POST ends the subscription (RFC 8058)."""
    return f"{site_base(site_url)}/u/{token}"


def preferences_url(site_url: str, token: str) -> str:
    """Where a reader changes her choices."""
    return f"{site_base(site_url)}/p/{token}"
