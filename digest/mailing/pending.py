"""Seals what a reader asked for into the link that confirms it.

Nothing is kept of a sign-up until it is confirmed: the link holds all of it, encrypted and
authenticated (Fernet: AES-128-CBC with HMAC-SHA-256, https://github.com/fernet/spec), so that it
shows no address and nobody else can make one. Its keys are derived from the house's (HKDF,
RFC 5869) for this purpose alone, and rotate with them.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from digest.mailing.token import site_base
from digest.model import EmailAddress

if TYPE_CHECKING:
    from cryptography.fernet import MultiFernet

#: What is asked for with a link must fit into the headers of a request.
_LONGEST = 12_288
_PURPOSE = b"digest.confirm"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """A sign-up that waits for its confirmation: `fields` are those of a list's row.

    `returning`: she was suppressed when she asked.
    """

    address: EmailAddress
    fields: Mapping[str, str]
    asked_at: datetime
    returning: bool = False


def seal_pending(keys: Sequence[bytes], pending: Pending) -> str:
    """The link's token, sealed with the first (newest) key."""
    at = (pending.asked_at - _EPOCH) // _MICROSECOND
    address, fields = pending.address, dict(pending.fields)
    facts = [address.local, address.domain, at, fields, pending.returning]
    content = json.dumps(facts, ensure_ascii=False, separators=(",", ":")).encode()
    token = _sealer(tuple(keys)).encrypt_at_time(content, int(pending.asked_at.timestamp()))
    return token.decode("ascii").rstrip("=")


def open_pending(
    keys: Sequence[bytes], token: str, *, now: datetime, within: float
) -> Pending | None:
    """What was sealed less than `within` seconds ago; None: too old, or not sealed by us.

    One sealing has one spelling: Base64 leaves bits of a last character unused, which its
    decoder would ignore.
    """
    from cryptography.fernet import InvalidToken

    spelled = _canonical(token)
    if spelled is None:
        return None
    try:
        content = _sealer(tuple(keys)).decrypt_at_time(
            spelled, ttl=int(within), current_time=int(now.timestamp())
        )
    except InvalidToken:
        return None
    local, domain, at, fields, *rest = json.loads(content)
    return Pending(
        address=EmailAddress(local, domain),
        fields=fields,
        asked_at=_EPOCH + at * _MICROSECOND,
        returning=rest != [False],  # older links do not say
    )


def confirm_url(site_url: str, token: str) -> str:
    """Where a sign-up is confirmed."""
    return f"{site_base(site_url)}/confirm/{token}"


def _canonical(token: str) -> bytes | None:
    """The token with its padding, if it is spelled as we spell it."""
    if len(token) > _LONGEST or not token.isascii() or "=" in token:
        return None
    padded = token.encode("ascii") + b"=" * (-len(token) % 4)
    try:
        raw = base64.urlsafe_b64decode(padded)
    except ValueError:
        return None
    return padded if base64.urlsafe_b64encode(raw) == padded else None


@lru_cache(maxsize=4)
def _sealer(keys: tuple[bytes, ...]) -> MultiFernet:
    from cryptography.fernet import Fernet, MultiFernet
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    if not keys or not all(keys):
        raise ValueError("a link needs a secret key")
    derived = (HKDF(SHA256(), 32, salt=None, info=_PURPOSE).derive(key) for key in keys)
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in derived])
