"""Take apart the author strings of feeds: "A, B, C", "Lu, A., Koch, C.", "x@y.z (Name)"."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from digest.sources.text import clean_authors

_INITIALS = re.compile(r"(?:[^\W\d_]\.?[-\s]*){1,4}\.?", re.UNICODE)
_MAIL_WITH_NAME = re.compile(r"\S+@\S+\s*\(([^()]+)\)")
_MAIL = re.compile(r"<?\S+@\S+\.\S+>?")
_PARENTHESES = re.compile(r"\([^()]*\)")
_LONGEST = 200_000


def drop_affiliations(names: str) -> str:
    """Without everything in parentheses, however nested; an unclosed one goes to the end."""
    for _ in range(10):  # each pass costs the whole length; people nest two or three deep
        shorter = _PARENTHESES.sub(" ", names)
        if shorter == names:
            break
        names = shorter
    return names.partition("(")[0]


def split_names(names: str) -> tuple[str, ...]:
    """arXiv's one string of all authors: commas outside parentheses divide them."""
    parts = (part.strip() for part in drop_affiliations(names[:_LONGEST]).split(","))
    return clean_authors(_rejoin_suffixes(part for part in parts if part))


def read_creators(names: Iterable[str]) -> tuple[str, ...]:
    """Authors of a feed's entry, which may come one by one or all in one string."""
    found: list[str] = []
    for name in names:
        name = " ".join(name[:_LONGEST].split())
        if mail := _MAIL_WITH_NAME.fullmatch(name):
            name = mail[1]
        name = _MAIL.sub("", name).strip() if "@" in name else name
        found.extend(_people(name))
    return clean_authors(found)


def _people(names: str) -> Iterator[str]:
    if ";" in names:
        for part in names.split(";"):
            yield _turned(part.strip())
        return
    parts = [part.strip() for part in drop_affiliations(names).split(",")]
    parts = [part for part in parts if part]
    if len(parts) >= 2 and len(parts) % 2 == 0 and all(map(_is_initials, parts[1::2])):
        for family, given in zip(parts[::2], parts[1::2], strict=True):
            yield f"{given} {family}"
    elif len(parts) == 2 and " " not in parts[0] and not re.search(r"\s(?:and|&)\s", names):
        yield f"{parts[1]} {parts[0]}"
    else:
        yield from _rejoin_suffixes(parts)


def _turned(name: str) -> str:
    """`Smith, John` -> `John Smith`."""
    family, comma, given = name.partition(",")
    return f"{given.strip()} {family.strip()}" if comma and "," not in given else name


def _is_initials(text: str) -> bool:
    letters = sum(char.isalpha() for char in text)
    return letters <= 4 and _INITIALS.fullmatch(text) is not None and text.upper() == text


def _rejoin_suffixes(parts: Iterable[str]) -> list[str]:
    """`King`, `Jr.` is one person."""
    people: list[str] = []
    for part in parts:
        if people and re.fullmatch(r"(?:Jr|Sr|II|III|IV|Ph\.?D|M\.?D)\.?", part, re.IGNORECASE):
            people[-1] += f", {part}"
        else:
            people.append(part)
    return people
