"""People out of vCards (2.1, 3.0, 4.0), one or thousands in a file.

Only the few properties that matter reach the vCard parser, each card by itself, so that a photo
or a broken card costs nothing but itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from digest.errors import Problem
from digest.storage.lists.exchange.foreign import Incoming, Origin
from digest.storage.lists.exchange.tool import as_list
from digest.storage.lists.row import Unreadable
from digest.storage.lists.source import Source
from digest.storage.lists.text import clean_text

_BEGIN = re.compile(r"BEGIN\s*:\s*VCARD\s*", re.IGNORECASE)
_END = re.compile(r"END\s*:\s*VCARD\s*", re.IGNORECASE)
_READ = re.compile(r"(?:[\w-]+\.)?(?:VERSION|N|FN|EMAIL|CATEGORIES)\s*[;:]", re.IGNORECASE)
_QUOTED_PRINTABLE = re.compile(r"[^:]*QUOTED-PRINTABLE[^:]*:", re.IGNORECASE)
_MAX_PROPERTY = 5_000
_MAX_PARAMETERS = 200  # characters; the parser's time grows with their square and worse
_MAX_PROPERTIES = 100
_COLUMNS = {"email": "EMAIL", "name": "FN", "tags": "CATEGORIES"}


def looks_like_vcards(head: str) -> bool:
    return _BEGIN.match(head.lstrip("\ufeff \t\r\n")) is not None


class _Card(NamedTuple):
    line: int
    text: str
    closed: bool


def read_vcards(source: Source) -> Iterator[Incoming]:
    """One person a card, in the order of the file.

    Raises:
        Unreadable: there is no card in it.
    """
    origin = Origin(source.shown, _COLUMNS)
    found = False
    for card in _cards(source.lines()):
        found = True
        yield _person(origin, card)
    if not found:
        raise Unreadable(Problem(file=source.shown, line=1, what="holds no vCard"))


def _cards(lines: Iterator[str]) -> Iterator[_Card]:
    kept: list[str] = []
    depth = start = 0
    keeps = soft = False  # whether the property at hand is read; whether it goes on behind a `=`
    for number, raw in enumerate(lines, start=1):
        line = raw.rstrip("\r\n")
        begins, ends = _BEGIN.fullmatch(line), _END.fullmatch(line)
        if line[:1] in (" ", "\t") or (soft and not begins and not ends):
            soft = soft and line.endswith("=")
            if keeps and len(kept[-1]) + len(line) < _MAX_PROPERTY:
                kept[-1] += "\r\n" + line
            continue
        if begins:
            depth += 1
            if depth == 1:
                kept, start = [], number
            keeps = soft = False
        elif ends:
            depth = max(depth - 1, 0)
            if depth == 0 and start:
                yield _Card(start, "\r\n".join(kept), closed=True)
                start = 0
            keeps = soft = False
        else:
            soft = line.endswith("=") and _QUOTED_PRINTABLE.match(line) is not None
            keeps = depth == 1 and len(kept) < _MAX_PROPERTIES and _READ.match(line) is not None
            if keeps:
                kept.append(line[:_MAX_PROPERTY])
    if start:
        yield _Card(start, "\r\n".join(kept), closed=False)


def _person(origin: Origin, card: _Card) -> Incoming:
    if not card.closed:
        return _bad(origin, card, "the card that begins here never ends", "the file is cut off")
    try:
        emails, name, tags = _parse(card.text)
    except Exception as error:  # vobject raises whatever a strange card makes it trip over
        words = clean_text(str(error))[0][:100] or type(error).__name__
        return _bad(origin, card, f"this card cannot be read: {words}", "export it again")
    name = clean_text(name)[0]
    if not emails:
        who = f" ({name})" if name else ""
        return _bad(origin, card, f"this card has no EMAIL{who}", "add one, or leave it out")
    fields = {"email": emails[0], "name": name, "tags": as_list(tags)}
    problems: tuple[Problem, ...] = ()
    if others := clean_text(", ".join(emails[1:]))[0]:
        what = f"{clean_text(emails[0])[0]} is taken of several addresses; not {others}"
        problems = (origin.problem(card.line, "email", what, warning=True),)
    return Incoming(origin, card.line, {k: v for k, v in fields.items() if v}, None, problems)


def _bad(origin: Origin, card: _Card, what: str, mend: str) -> Incoming:
    problem = Problem(file=origin.shown, line=card.line, what=what, mend=mend)
    return Incoming(origin, card.line, {}, None, (problem,))


def _parse(text: str) -> tuple[list[str], str, list[str]]:
    """Addresses with the preferred one first, the name, the categories."""
    import vobject

    if any(len(line.partition(":")[0]) > _MAX_PARAMETERS for line in _unfolded(text)):
        raise ValueError("a property has too many parameters")
    card = vobject.readOne(f"BEGIN:VCARD\r\n{text}\r\nEND:VCARD\r\n", allowQP=True)
    emails: list[tuple[int, str]] = []
    full, parts, tags = "", "", list[str]()
    for line in card.getChildren():
        value: Any = line.value
        if line.name == "EMAIL" and isinstance(value, str) and value.strip():
            emails.append((_preference(line), value.strip()))
        elif line.name == "FN" and isinstance(value, str):
            full = full or value.strip()
        elif line.name == "N":
            parts = parts or _joined(value)
        elif line.name == "CATEGORIES":
            tags += value if isinstance(value, list) else re.split("[,;]", str(value))
    emails.sort(key=lambda pair: pair[0])  # stable: the first of equals stays first
    return list(dict.fromkeys(address for _, address in emails)), full or parts, tags


def _unfolded(text: str) -> list[str]:
    return re.sub(r"\r\n[ \t]", "", text).split("\r\n")


def _joined(name: Any) -> str:
    """`Given Family` of a parsed N."""
    given, family = getattr(name, "given", ""), getattr(name, "family", "")
    words = [" ".join(w) if isinstance(w, list) else str(w) for w in (given, family)]
    return " ".join(word.strip() for word in words if word.strip())


def _preference(line: Any) -> int:
    """RFC 6350 PREF=1 is most wanted, 100 least; TYPE=pref of older cards is as good as 1."""
    marks = {mark.upper() for mark in line.singletonparams}
    marks |= {mark.upper() for mark in line.params.get("TYPE", [])}
    if "PREF" in marks:
        return 1
    given = line.params.get("PREF", ["101"])[0]
    return int(given) if given.isdecimal() and len(given) < 4 else 101
