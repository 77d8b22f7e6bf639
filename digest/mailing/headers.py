"""Writes header lines that no reader's name, paper's title or setting can break out of.

Free text becomes ASCII or encoded words (RFC 2047) of at most 75 characters, folded at 76.
Structured fields (addresses, list URIs, ids) are never encoded and only folded between their
elements: an encoded `List-Unsubscribe` is no List-Unsubscribe to Gmail. Every line passes
`header_line`, which lets no control character through and nothing past 998 octets (RFC 5322
§2.1.1).
"""

from __future__ import annotations

import base64
import re
from datetime import UTC, datetime
from functools import lru_cache
from urllib.parse import quote, urlsplit

from digest.mailing.error import LetterError
from digest.mailing.measure import one_line
from digest.model import EmailAddress
from digest.prose.clusters import is_inside

_WIDTH = 76
_WORD = 75
_FRAME = len("=?utf-8?q??=")
_FOLD = "\r\n "
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
# What EmailAddress.parse lets through, asked again because a row may come from anywhere.
_LOCAL = re.compile(r"[^\x00-\x20\x7f-\xa0\u2028\u2029\ud800-\udfff<>()\[\]\\,:;@\"]+")
_DOMAIN = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+")
# RFC 2047 §5 (3): what may stand bare in a word of a phrase.
_PLAIN = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!*+-/"
_Q = tuple(
    "_" if byte == 0x20 else chr(byte) if byte in _PLAIN else f"={byte:02X}" for byte in range(256)
)
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def header_line(name: str, value: str) -> bytes:
    """`Name: value` CRLF; the value may be folded already.

    Raises:
        LetterError: a control character is in it, or a line has more than 998 octets.
    """
    line = f"{name}: {value}"
    lines = line.split(_FOLD)
    if any(_CONTROL.search(part) or not part.strip() for part in lines):
        raise LetterError(f"the header {name} would hold a control character")
    if len(line) > 249 and max(len(part.encode("utf-8")) + 1 for part in lines) > 998:
        raise LetterError(f"the header {name} would be longer than 998 octets")
    return f"{line}\r\n".encode()


@lru_cache(maxsize=1024)
def text_line(name: str, text: str) -> bytes:
    """A header of free text, such as Subject (RFC 5322 §2.2.1, unstructured)."""
    text = one_line(text)
    first = _WIDTH - len(name) - 2
    if text.isascii() and "=?" not in text:
        folded = _fold_words(text, first)
        if folded is not None:
            return header_line(name, folded)
    return header_line(name, encode_words(text, first))


def mailbox_line(name: str, display: str, address: EmailAddress) -> bytes:
    """A header with one mailbox: `"Ada Lovelace" <ada@example.org>` (RFC 5322 §3.4)."""
    return _mailbox(name, display, addr_spec(address))


def to_line(display: str, spec: str) -> bytes:
    """`To:` a reader, whose name is `one_line` and whose address comes from `addr_spec`.

    A plain short name is written straight away: neither it nor the address can hold what would
    end the line.
    """
    if len(display) + len(spec) <= _WIDTH - 7 and _ATOMS.fullmatch(display):
        return f"To: {display} <{spec}>\r\n".encode()
    return _mailbox("To", display, spec)


def _mailbox(name: str, display: str, address: str) -> bytes:
    spec = f"<{address}>"
    phrase = _phrase(display, _WIDTH - len(name) - 2)
    if not phrase:
        return header_line(name, address)
    last = phrase.rpartition(_FOLD)[2]
    used = len(last) + (0 if _FOLD in phrase else len(name) + 2)
    between = " " if used + 1 + len(spec) <= _WIDTH else _FOLD
    return header_line(name, f"{phrase}{between}{spec}")


def addr_spec(address: EmailAddress) -> str:
    """The address as it stands in a header: its domain ASCII, its local part maybe UTF-8.

    Raises:
        LetterError: it was built without `EmailAddress.parse` and is none.
    """
    local, domain = address.local, address.domain
    if len(local) > 64 or not _LOCAL.fullmatch(local) or not _is_domain(domain):
        raise LetterError("an address in the ledger is not an address; check the lists")
    return f"{local}@{domain}"


@lru_cache(maxsize=65_536)
def _is_domain(domain: str) -> bool:
    return len(domain) <= 255 and _DOMAIN.fullmatch(domain) is not None


def _phrase(display: str, first: int) -> str:
    display = one_line(display)
    if display.isascii() and "=?" not in display:
        if len(display) <= first and _ATOMS.fullmatch(display):
            return display
        quoted = display.replace("\\", "\\\\").replace('"', '\\"')
        if len(quoted) + 2 <= first and display:
            return f'"{quoted}"'
    return encode_words(display, first) if display else ""


def encode_words(text: str, first: int) -> str:
    """Encoded words (RFC 2047), folded; the first within `first`.

    Each has whole characters, and whole letters as a reader sees them (a joined emoji, a base
    with its marks) where one fits into a word. Q where it is shorter, else B; the charset is
    UTF-8.
    """
    raw = text.encode("utf-8")
    as_q = sum(len(_Q[byte]) for byte in raw) <= -(-len(raw) // 3) * 4
    words = list[str]()
    start, room = 0, min(first, _WORD) - _FRAME
    while start < len(text) or not words:
        end = _word_end(text, start, room, as_q=as_q)
        words.append(text[start:end])
        start, room = end, _WORD - _FRAME
    return _FOLD.join(_encode_word(word, as_q=as_q) for word in words)


def _word_end(text: str, start: int, room: int, *, as_q: bool) -> int:
    """Where a word that begins at `start` ends; it has one character at least."""
    used = 0
    for position in range(start, len(text)):
        octets = text[position].encode("utf-8")
        used += sum(len(_Q[byte]) for byte in octets) if as_q else len(octets)
        if position > start and (used if as_q else -(-used // 3) * 4) > room:
            whole = position
            while is_inside(text, whole) and whole > start:
                whole -= 1
            return whole if whole > start else position
    return len(text)


def _encode_word(word: str, *, as_q: bool) -> str:
    raw = word.encode("utf-8")
    if as_q:
        return f"=?utf-8?q?{''.join(_Q[byte] for byte in raw)}?="
    return f"=?utf-8?b?{base64.b64encode(raw).decode('ascii')}?="


def _fold_words(text: str, first: int) -> str | None:
    """ASCII folded at blanks, or None if a single word is too long for a line."""
    lines, room = [""], first
    for word in text.split(" "):
        line = f"{lines[-1]} {word}" if lines[-1] else word
        if len(line) <= room:
            lines[-1] = line
        elif not lines[-1] or len(word) > _WIDTH - 1:
            return None
        else:
            lines.append(word)
            room = _WIDTH - 1
    return _FOLD.join(lines)


@lru_cache(maxsize=1024)
def date_line(moment: datetime) -> bytes:
    """`Date:` in UTC (RFC 5322 §3.3)."""
    at = moment.astimezone(UTC)
    day = f"{_DAYS[at.weekday()]}, {at.day:02d} {_MONTHS[at.month - 1]} {at.year:04d}"
    return header_line("Date", f"{day} {at:%H:%M:%S} +0000")


def list_id(newsletter: str, sender: EmailAddress) -> bytes:
    """`List-Id: "Daily Papers" <papers.example.org>` (RFC 2919), the same in every letter."""
    label = re.sub(r"[^a-z0-9]+", "-", sender.local.casefold()).strip("-") or "papers"
    name = one_line(newsletter)
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    # RFC 2919 §2: what counts is in the brackets; a name that needs encoding is left out.
    plain = name.isascii() and "=?" not in name and 0 < len(quoted) <= 200
    shown = f'"{quoted}" ' if plain else ""
    value = f"{shown}<{label}.{sender.domain}>"
    if shown and len("List-Id: ") + len(value) > _WIDTH:
        value = f"{shown.rstrip()}{_FOLD}<{label}.{sender.domain}>"
    return header_line("List-Id", value)


def unsubscribe_line(url: str, mailbox: EmailAddress, token: str) -> bytes:
    """`List-Unsubscribe` (RFC 2369): the page, then a mail whose subject holds the token."""
    return header_line(
        "List-Unsubscribe", f"<{url}>,{_FOLD}<{mailto(mailbox, f'unsubscribe {token}')}>"
    )


def mailto(mailbox: EmailAddress, subject: str) -> str:
    """A mailto URI (RFC 6068)."""
    local = quote(mailbox.local, safe="!$'*+-._~")
    return f"mailto:{local}@{mailbox.domain}?subject={quote(subject, safe='')}"


def is_one_click(site_url: str) -> bool:
    """Whether `List-Unsubscribe-Post` may be sent (RFC 8058 §3.1).

    It needs an https URI. A site on this machine itself is excepted, so that a trial shows the
    same headers as the real thing; no letter of a trial reaches a provider that could object.
    """
    parts = urlsplit(site_url)
    host = (parts.hostname or "").rstrip(".")
    local = host in ("localhost", "::1") or host.startswith("127.") or host.endswith(".localhost")
    return parts.scheme == "https" or (parts.scheme == "http" and local)
