"""Names a letter by a function of key, edition and address: one sent again keeps its name."""

from __future__ import annotations

from collections.abc import Sequence

from digest.mailing.keyed import KeyedHash
from digest.model import EditionKey, EmailAddress


class MessageIds:
    """Makes the Message-IDs of one edition's letters.

    The oldest key makes them, so that a rotation between two tries changes nothing. Nobody
    without it can make one up: who quotes it has seen the letter.
    """

    __slots__ = ("_domain", "_hash", "_start")

    def __init__(self, keys: Sequence[bytes], edition: EditionKey, domain: str) -> None:
        self._hash = KeyedHash(keys[-1])
        self._start = f"digest.message\0{edition}\0"
        self._domain = domain

    def of(self, address: EmailAddress) -> str:
        code = self._hash.digest(f"{self._start}{address.key}".encode())[:16]
        return f"<{code.hex()}@{self._domain}>"
