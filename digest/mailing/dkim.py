"""Signs letters with DKIM: RSA and Ed25519 over SHA-256, relaxed/relaxed (RFC 6376, RFC 8463).

A signature has no time in it, so that the same row gives the same bytes again. What the letters
of a segment share is relaxed once; the hash of a body goes on from the state that it has at the
first reader's value. What is signed in the end is a hash of 32 octets, so that another process
can do it, which has nothing but the key.
"""

from __future__ import annotations

import hashlib
import re
from binascii import b2a_base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from digest.errors import ConfigError, Problem

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

CRLF = b"\r\n"
#: RFC 8301 §3.2: verifiers refuse less; 2048 is what to use.
SHORTEST_RSA = 1024
#: What is signed, where it is in the letter: the rest may change on its way.
SIGNED_HEADERS = frozenset(
    {
        "from",
        "to",
        "reply-to",
        "subject",
        "date",
        "message-id",
        "mime-version",
        "content-type",
        "content-transfer-encoding",
        "list-id",
        "list-unsubscribe",
        "list-unsubscribe-post",
        "auto-submitted",
    }
)
_WIDTH = 76
_BLANKS = re.compile(rb"[ \t]+(\r\n)?")
_SELECTOR = re.compile(r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*")
_DOMAIN = re.compile(r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")


def relax_body(lines: bytes) -> bytes:
    """Whole lines with runs of blanks made one and none at line ends (RFC 6376 §3.4.4).

    Empty lines stay; those at the body's end are `BodyHash`'s. What is relaxed already comes
    back as the same object.
    """
    if b"  " not in lines and b"\t" not in lines and b" \r\n" not in lines:
        return lines
    return _BLANKS.sub(lambda found: found[1] or b" ", lines)


def relax_header(line: bytes) -> bytes:
    """One header, unfolded, its name in lower case, single blanks (RFC 6376 §3.4.2)."""
    name, _, value = line.partition(b":")
    return name.lower() + b":" + b" ".join(value.split()) + CRLF


def split_headers(lines: bytes) -> list[bytes]:
    """Header lines, each with its folds."""
    found: list[bytes] = []
    for line in lines.splitlines(keepends=True):
        if line[:1] in b" \t" and found:
            found[-1] += line
        else:
            found.append(line)
    return found


def relax_headers(lines: bytes) -> bytes:
    """The headers that are signed, relaxed, in their order."""
    return b"".join(
        relax_header(line)
        for line in split_headers(lines)
        if _name_of(line).lower() in SIGNED_HEADERS
    )


def _name_of(line: bytes) -> str:
    return line.partition(b":")[0].decode("ascii")


class BodyHash:
    """The SHA-256 of bodies that differ in their slots.

    `relaxed` are the body's pieces, relaxed, `slots` the (position, number) of what goes between
    them. Values are relaxed already: they are single lines of quoted-printable.
    """

    __slots__ = ("_rest", "_slots", "_something", "_state")

    def __init__(self, relaxed: Sequence[bytes], slots: Sequence[tuple[int, int]]) -> None:
        first = slots[0][0] if slots else len(relaxed)
        shared = b"".join(relaxed[:first])
        # Line ends wait: they count only if something follows (RFC 6376 §3.4.4).
        sure = shared.rstrip(CRLF)
        self._state = hashlib.sha256(sure)
        self._something = bool(sure)
        self._rest = (shared[len(sure) :], *relaxed[first:])
        self._slots = tuple((position - first + 1, number) for position, number in slots)

    def digest(self, written: Sequence[bytes]) -> bytes:
        """The hash of the body with these values."""
        rest = list(self._rest)
        for position, number in self._slots:
            rest[position] = written[number]
        last = rest.pop().rstrip(CRLF)
        while rest and not last:
            last = rest.pop().rstrip(CRLF)
        state = self._state.copy()
        for piece in rest:
            state.update(piece)
        if last or self._something:
            state.update(last)
            state.update(CRLF)
        return state.digest()


@dataclass(frozen=True, slots=True)
class Signer:
    """A private key with the name under which its public half stands in the DNS.

    `public` is what the record's `p=` holds, in octets; `secret` the private key (PKCS#8 DER).
    `sign` takes a SHA-256 and may be called from any thread. Build one with `parse_signer`.
    """

    selector: str
    domain: str
    algorithm: str
    public: bytes
    secret: bytes = field(repr=False)
    sign: Callable[[bytes], bytes] = field(repr=False)


@dataclass(frozen=True, slots=True)
class DkimRecord:
    """The TXT record that verifiers ask for. In a zone file it is cut in strings of 255."""

    name: str
    value: str


def dns_record(signer: Signer) -> DkimRecord:
    """What must stand in the DNS for this key (RFC 6376 §3.6.1)."""
    kind = signer.algorithm.partition("-")[0]
    public = b2a_base64(signer.public, newline=False).decode("ascii")
    return DkimRecord(
        f"{signer.selector}._domainkey.{signer.domain}", f"v=DKIM1; k={kind}; p={public}"
    )


class Seal:
    """Writes one signer's header for letters that have the same headers.

    `digest` says what is to be signed, `header` puts the signature where it belongs.

    `names` are the signed headers in their order. From is named once more than it is there: a
    second one, which some clients would show, breaks the signature (RFC 6376 §8.15).
    """

    def __init__(self, signer: Signer, names: Sequence[str]) -> None:
        parts = [
            "v=1",
            f"a={signer.algorithm}",
            "c=relaxed/relaxed",
            f"d={signer.domain}",
            f"s={signer.selector}",
        ]
        start = _fold(f"DKIM-Signature: {parts[0]}", [f" {part}" for part in parts[1:]], ";")
        listed = _fold(" h=From", list(names), ":")
        self._start = f"{start};\r\n{listed};\r\n bh=".encode("ascii")
        name, _, value = self._start.partition(b":")
        self._relaxed = name.lower() + b":" + b" ".join(value.split())

    def digest(self, signed: bytes, body_hash: bytes) -> bytes:
        """The hash over the relaxed headers, with a body's hash in base64 (RFC 6376 §3.7)."""
        return hashlib.sha256(b"%b%b%b; b=" % (signed, self._relaxed, body_hash)).digest()

    def header(self, body_hash: bytes, signed: bytes) -> bytes:
        """`DKIM-Signature:` with the signature of such a hash."""
        signature = b2a_base64(signed, newline=False)
        room = _WIDTH - 3
        lines = [signature[:room]]
        lines += [signature[at : at + room] for at in range(room, len(signature), room)]
        return b"%b%b;\r\n b=%b\r\n" % (self._start, body_hash, b"\r\n ".join(lines))


def _fold(first: str, others: Sequence[str], sign: str) -> str:
    """Elements with `sign` between them, folded before an element."""
    lines = [first]
    for element in others:
        if len(lines[-1]) + len(element) + 2 > _WIDTH:
            lines[-1] += sign
            lines.append(f" {element.strip()}")
        else:
            lines[-1] += sign + element
    return "\r\n".join(lines)


def parse_signer(pem: bytes | str, *, selector: str, domain: str, where: str) -> Signer:
    """A signer from a private key in PEM (PKCS#8, or PKCS#1 for RSA).

    `where` says in errors where the key is from: a file, or a variable.

    Raises:
        ConfigError: it is no such key, or one that verifiers refuse; or `cryptography` is
            missing.
    """
    if not _SELECTOR.fullmatch(selector) or not _DOMAIN.fullmatch(domain):
        raise _refuse(where, f"{selector}._domainkey.{domain} is no name in the DNS", "")
    raw = pem.encode("utf-8", "replace") if isinstance(pem, str) else pem
    if b"\n" not in raw.strip():
        raw = raw.replace(b"\\n", b"\n")  # how one line of an environment file holds a PEM
    try:
        return _signer_of(_load_key(raw, where), selector, domain.lower(), where)
    except ImportError:
        mend = "pip install 'papers-digest[dkim]'"
        raise _refuse(where, "signing needs the package cryptography", mend) from None


def _load_key(raw: bytes, where: str) -> object:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    mend = "make one with: openssl genrsa -out dkim.pem 2048"
    if not raw.strip():
        raise _refuse(where, "the DKIM key is empty", mend)
    if b"PRIVATE KEY-----" not in raw:
        what = "a public key" if b"PUBLIC KEY-----" in raw else "no private key in PEM form"
        raise _refuse(where, f"this is {what}, where the DKIM private key is expected", mend)
    try:
        return load_pem_private_key(raw, password=None)
    except TypeError:
        mend = "take the passphrase off: openssl pkey -in dkim.pem -out plain.pem"
        raise _refuse(where, "the DKIM key is encrypted with a passphrase", mend) from None
    except (ValueError, UnsupportedAlgorithm):
        raise _refuse(where, "the DKIM key is damaged, or of an unknown kind", mend) from None


def _signer_of(key: object, selector: str, domain: str, where: str) -> Signer:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    if isinstance(key, RSAPrivateKey):
        if key.key_size < SHORTEST_RSA:
            what = f"an RSA key of {key.key_size} bits is too short for DKIM"
            raise _refuse(where, what, "take one of 2048")
        public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        algorithm = "rsa-sha256"
    elif isinstance(key, Ed25519PrivateKey):
        public = key.public_key().public_bytes_raw()
        algorithm = "ed25519-sha256"
    else:
        kind = type(key).__name__.removesuffix("PrivateKey").lstrip("_")
        raise _refuse(where, f"DKIM takes RSA or Ed25519 keys, not {kind}", "")
    return Signer(selector, domain, algorithm, public, _der(key), signing(key))


def _der(key: RSAPrivateKey | Ed25519PrivateKey) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def signing(key: RSAPrivateKey | Ed25519PrivateKey) -> Callable[[bytes], bytes]:
    """What signs a SHA-256 with a key."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
    from cryptography.hazmat.primitives.hashes import SHA256

    if isinstance(key, Ed25519PrivateKey):
        return key.sign  # RFC 8463 §3: the hash is the message
    padding, algorithm, sign = PKCS1v15(), Prehashed(SHA256()), key.sign
    return lambda digest: sign(digest, padding, algorithm)


def _refuse(where: str, what: str, mend: str) -> ConfigError:
    return ConfigError((Problem(file=where, key="delivery.dkim", what=what, mend=mend),))
