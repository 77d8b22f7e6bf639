"""The text door: whatever a source says becomes plain, harmless Unicode text.

Order of work: entities, characters that carry no text, TeX, NFC, blanks, length. Markup is never
interpreted here (`markup.html_to_text` is for fields that are HTML): `<b>` in a title stays what
it is, four letters' worth of text that rendering escapes.
"""

from __future__ import annotations

import hashlib
import html
import re
import unicodedata
from collections.abc import Iterable
from urllib.parse import SplitResult, quote, urlsplit, urlunsplit

import idna

from digest.model import PaperId
from digest.sources.markup import html_to_text
from digest.sources.tex import tex_to_text

__all__ = [
    "clean_authors",
    "clean_line",
    "clean_name",
    "clean_text",
    "clean_title",
    "clean_url",
    "html_to_text",
    "shorten",
    "strip_controls",
    "title_id",
]

TITLE_LIMIT = 500
TEXT_LIMIT = 10_000
URL_LIMIT = 2_000
AUTHOR_LIMIT = 5_000  # CERN's largest author lists have about as many names

# Only with the semicolon: `R&D` and `AT&T;` are text, and so is a bare `&lt` in a URL.
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});")
_BLANK = re.compile(r"[\s\x1c-\x1f\x85\u2028\u2029]+")
# Characters that show nothing, reorder what is shown (UTS 39, "Trojan Source"), or mean
# something only to one program: C0, DEL, C1, soft hyphen, bidi marks and embeddings, invisible
# operators, BOM, fillers, private use, surrogates, noncharacters, tags.
_NO_TEXT = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb\ufdd0-\ufdef"
    "\ue000-\uf8ff\ud800-\udfff\ufffe\uffff"
    + "".join(f"{chr(n + 0xFFFE)}{chr(n + 0xFFFF)}" for n in range(0x10000, 0x110000, 0x10000))
    + "\U000e0000-\U000e0fff\U000f0000-\U000fffff\U00100000-\U0010ffff]"
)
# Joiners mean something inside Arabic, Indic and emoji sequences only; between Latin letters
# they serve to hide a word from a filter.
_JOINED = "\u0590-\u1fff\u2070-\U0010ffff"
_STRAY_JOINER = re.compile(f"[\u200c\u200d](?![{_JOINED}])|(?<![{_JOINED}])[\u200c\u200d]")


def decode_entities(text: str) -> str:
    """Decode entities that were encoded once, twice or three times over."""
    for _ in range(3):
        if "&" not in text:
            break
        decoded = _ENTITY.sub(lambda found: html.unescape(found[0]), text)
        if decoded == text:
            break
        text = decoded
    return text


def strip_controls(text: str) -> str:
    """Drop what is no text; line breaks of every kind stay blanks, so no words are glued."""
    text = _NO_TEXT.sub("", text)
    if "\u200c" in text or "\u200d" in text:
        text = _STRAY_JOINER.sub("", text)
    return text


def shorten(text: str, limit: int) -> str:
    """Cut at a word, with an ellipsis inside `limit`; a word longer than that is cut itself."""
    if len(text) <= limit:
        return text
    head = text[: limit - 1]
    if not text[limit - 1].isspace():
        word_end = head.rfind(" ")
        if word_end > limit * 2 // 3:
            head = head[:word_end]
    return head.rstrip(" \u200c\u200d,;:–—-") + "…"


def _clean(text: str, limit: int, *, tex: bool, braces: bool = False) -> str:
    # A 20 MB title must not cost 20 MB of work: entities and TeX never grow eightfold.
    text = text[: limit * 8]
    if text.isascii() and text.isprintable() and "&" not in text and "  " not in text:
        # Most fields are plain English; what is below would change nothing but TeX in them.
        plain = tex_to_text(text, braces=braces) if tex else text
        if plain is text:
            return shorten(text.strip(), limit)
    text = strip_controls(decode_entities(text))
    if tex:
        text = strip_controls(tex_to_text(text, braces=braces))
    text = strip_controls(unicodedata.normalize("NFC", text))
    return shorten(_BLANK.sub(" ", text).strip(), limit)


def clean_line(text: str, limit: int = TITLE_LIMIT) -> str:
    """One line of plain text without reading TeX, for what programs and servers say."""
    return _clean(text, limit, tex=False)


def clean_name(text: str, limit: int = TITLE_LIMIT) -> str:
    """What people wrote as one line: an organisation, a venue, a keyword, a submitter."""
    return _clean(text, limit, tex=True)


def clean_title(text: str) -> str:
    """A title as one line of at most 500 characters."""
    return _clean(text, TITLE_LIMIT, tex=True)


def clean_text(text: str) -> str:
    """An abstract as one paragraph of at most 10,000 characters, cut at a word."""
    return _clean(text, TEXT_LIMIT, tex=True)


# `Niccol\`o` that has lost its backslash. A bare `Andr'e` stays: so does Tasi'u, a name.
_GRAVE = re.compile(r"(?<=[^\W\d_])`([aeiouAEIOU])(?=[^\W\d_]*(?:[\s-]|$))")
_AND = re.compile(r"\s+(?:and|&)\s+|\s*;\s*")
_ETC = re.compile(r"(?:et\s+al\.?|others|\.\.\.|…|and|&|n/?a|none|unknown)", re.IGNORECASE)


def clean_authors(names: Iterable[str]) -> tuple[str, ...]:
    """Names in order, each once, as people write them.

    One entry may hold "A and B" or "A; B". A comma inside a name is left alone: whether
    "Last, First" or "A, B" is meant is known only to the format that gave it. Trailing commas
    go, "et al." goes.
    """
    found: dict[str, str] = {}
    for entry in names:
        entry = _GRAVE.sub(r"\\`\1", entry) if "`" in entry else entry
        for part in _AND.split(_clean(entry, TEXT_LIMIT * 5, tex=True, braces=True)):
            name = shorten(part.strip(" ,;~"), 200)
            if name.lower().startswith("and "):
                name = name[4:].strip()
            if name and not _ETC.fullmatch(name):
                found.setdefault(name.casefold(), name)
        if len(found) >= AUTHOR_LIMIT:
            break
    return tuple(found.values())[:AUTHOR_LIMIT]


# RFC 3986 §2.2, and the percent sign of what is escaped already.
_IN_URL = "%!$&'()*+,;=:@/?#[]~-._"
_BAD_IN_URL = re.compile(r"[\s\\<>\"'`{}|^]")


def clean_url(text: str | None) -> str | None:
    """The URL when it is http or https with a plain host, else None.

    Refused: other schemes (`javascript:`, `data:`, `file:`), `//host`, a user or password before
    the host (`https://arxiv.org@evil.example`), blanks, controls, bidi marks, backslashes and
    quotes, more than 2,000 characters. An address in another script is written in ASCII (RFC 5890,
    RFC 3987 §3.1), so that every program links it, and two spellings of it are one.
    """
    if not text:
        return None
    text = html.unescape(text.strip()) if "&amp;" in text else text.strip()
    if len(text) > URL_LIMIT or _BAD_IN_URL.search(text) or strip_controls(text) != text:
        return None
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or "@" in parts.netloc or port == 0:
        return None
    if not _is_host(parts.hostname or ""):
        return None
    return text if text.isascii() else _ascii_url(parts)


def _ascii_url(parts: SplitResult) -> str | None:
    try:
        host = idna.encode(parts.hostname or "", uts46=True).decode("ascii")
    except idna.IDNAError:
        return None
    if parts.port is not None:
        host = f"{host}:{parts.port}"
    escaped = (quote(part, safe=_IN_URL) for part in (parts.path, parts.query, parts.fragment))
    url = urlunsplit((parts.scheme, host, *escaped))
    return url if len(url) <= URL_LIMIT else None


def _is_host(host: str) -> bool:
    if not host or len(host) > 253:
        return False
    if ":" in host:  # urlsplit has checked the IPv6 address in brackets
        return True
    labels = host.removesuffix(".").split(".")
    return all(label and len(label) < 64 and _is_label(label) for label in labels)


def _is_label(label: str) -> bool:
    plain = label.replace("-", "").replace("_", "")
    return plain.isalnum() and not label.startswith("-")


_SUFFIX = frozenset({"jr", "sr", "ii", "iii", "iv", "phd", "md"})


def _letters(text: str) -> str:
    """Lower-case letters and digits without accents, for comparing."""
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    return "".join(char for char in folded.casefold() if char.isalnum())


def _family_name(author: str) -> str:
    before, comma, after = author.partition(",")
    name = before if comma and _letters(after) not in _SUFFIX else author
    words = [word for word in (_letters(word) for word in name.split()) if word]
    while len(words) > 1 and words[-1] in _SUFFIX:
        words.pop()
    return words[-1] if words else ""


def title_id(title: str, first_author: str = "") -> PaperId:
    """The weakest identity: a hash of the title's letters and the first author's family name.

    Stable over runs and machines: the first 24 hex digits (96 bits) of SHA-256.
    """
    key = f"{_letters(title) or title.strip()}\n{_family_name(first_author)}"
    digest = hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
    return PaperId("title", digest[:24])
