"""A process that does nothing but sign, beside the one that sends.

    python -m digest.mailing.signing_process

Its input begins with the keys: how many, then each with its length (4 octets, big endian) as
PKCS#8 in DER. An empty answer says that they are loaded. From then on each request is the number
of a key (1 octet) and a SHA-256; the answer is a signature with its length (2 octets). It ends
with its input, and so with the process that it works for, whatever that dies of.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

#: Octets of a request.
REQUEST = 33


def introduce(secrets: Sequence[bytes]) -> bytes:
    """How the input begins."""
    keys = [len(secret).to_bytes(4, "big") + secret for secret in secrets]
    return len(keys).to_bytes(1, "big") + b"".join(keys)


def frame(answer: bytes) -> bytes:
    """An answer with its length."""
    return len(answer).to_bytes(2, "big") + answer


def main() -> None:
    """Sign until the input ends."""
    from cryptography.hazmat.primitives.serialization import load_der_private_key

    from digest.mailing.dkim import signing

    asked, told = sys.stdin.buffer, sys.stdout.buffer
    signs = []
    for _ in range(asked.read(1)[0]):
        secret = asked.read(int.from_bytes(asked.read(4), "big"))
        signs.append(signing(load_der_private_key(secret, password=None)))  # type: ignore[arg-type]
    told.write(frame(b""))
    told.flush()
    while len(request := asked.read(REQUEST)) == REQUEST:
        told.write(frame(signs[request[0]](request[1:])))
        told.flush()


if __name__ == "__main__":
    main()
