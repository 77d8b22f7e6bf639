"""What the values of a row mean: an address, a name, a choice.

Lists repeat the same few choices, so a choice is read once for all rows that spell it alike:
a million rows share a handful of tuples.
"""

from __future__ import annotations

import difflib
import re
from datetime import date, time
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple, TypeVar

from digest.model.address import EmailAddress
from digest.model.subscriber import FURTHER_NOTICE, Format, Frequency
from digest.storage.lists.row import FIELDS, Value
from digest.storage.lists.text import clean_text, trim

MAX_NAME = 200
#: What a list says for a pause without an end.
UNTIL_NOTICE = "further notice"
#: What a row says where its list has a default and the reader wants nothing there.
NOTHING = "none"
#: The number of that field.
INTERESTS = FIELDS.index("interests")
_NAMED = re.compile(r"(.*)<([^<>]*)>\s*", re.DOTALL)
_TIME = re.compile(r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:\.0+)?)?")
_COUNT = re.compile(r"\+?0*([1-9][0-9]{0,5})(?:\.0*)?")
_SHEET_ERROR = re.compile(
    r"#(REF!|N/A|NAME\?|VALUE!|DIV/0!|NUM!|NULL!|SPILL!|CALC!)", re.IGNORECASE
)
_NOT_ZONES = frozenset({"localtime", "Factory", "posixrules"})  # they mean this machine, or nothing
_Word = TypeVar("_Word", bound=StrEnum)


class Complaint(NamedTuple):
    """What is wrong with one field, before its place is known."""

    field: int
    what: str
    mend: str = ""
    warning: bool = False


class Choice(NamedTuple):
    """What a reader chose, apart from who she is; shared by all readers who chose the same."""

    themes: tuple[str, ...]
    keywords: tuple[str, ...]
    exclude: tuple[str, ...]
    frequency: Frequency
    timezone: str | None
    send_at: time | None
    max_papers: int | None
    format: Format
    tags: tuple[str, ...]
    interests: tuple[str, ...]
    paused_until: date | None


def parse_email(value: Value) -> tuple[EmailAddress, str]:
    """The address in an email cell, with the name that stands before it in `Name <address>`.

    Raises:
        ValueError: with the reason in words.
    """
    if not isinstance(value, str):
        raise ValueError("takes one address, not a list")
    if value.startswith("="):
        raise ValueError("is a spreadsheet formula, not an address")
    try:
        return EmailAddress.parse(value), ""
    except ValueError:
        return _parse_decorated(trim(value))


def _parse_decorated(text: str) -> tuple[EmailAddress, str]:
    if not text:
        raise ValueError("is missing")
    if text.startswith("=") or _SHEET_ERROR.fullmatch(text):
        raise ValueError("is a spreadsheet formula, not an address")
    name = ""
    if match := _NAMED.fullmatch(text):
        name, text = match[1].strip().strip("\"'").strip(), trim(match[2])
        _refuse_second_address(name, text)
    if text[:7].lower() == "mailto:":
        text = text[7:].partition("?")[0]
    if text.count("@") > 1 and re.search(r"[;,\s]", text):
        raise ValueError("holds more than one address")
    return EmailAddress.parse(text), name


def _refuse_second_address(name: str, address: str) -> None:
    """Whoever typed `ada@x.org` + line break + `RCPT TO:<eve@y.org>` must not get eve mailed.

    Raises:
        ValueError: the name before an address is no name.
    """
    if clean_text(name)[1]:
        raise ValueError("holds control characters or line breaks")
    if re.search(r"[<>]|\S@\S", name) and name.lower() != address.lower():
        raise ValueError("holds more than one address")


def parse_name(value: Value) -> tuple[str, Complaint | None]:
    """A name that is safe in a header, with a complaint when it was not."""
    if not isinstance(value, str):
        return "", Complaint(1, "takes one name, not a list")
    if formula := _formula(1, value):
        return "", formula
    name, harmful = clean_text(value)
    if len(name) > MAX_NAME:
        return "", Complaint(1, f"is longer than {MAX_NAME} characters", "shorten it")
    if harmful:
        what = "holds control characters or line breaks"
        return name, Complaint(1, what, f"mailed as {name!r}", warning=True)
    return name, None


@lru_cache(maxsize=8192)
def parse_choice(values: tuple[Value, ...]) -> tuple[Choice, tuple[Complaint, ...]]:
    """The fields after email and name, in the order of `FIELDS`; all complaints at once."""
    told: list[Complaint] = []
    themes, keywords, exclude, frequency, timezone, send_at, count, format_, tags, likes, until = (
        values
    )
    choice = Choice(
        themes=_list(2, themes, told),
        keywords=_list(3, keywords, told),
        exclude=_list(4, exclude, told),
        frequency=_word(5, frequency, Frequency.DAILY, told),
        timezone=_timezone(_one(6, timezone, told), told),
        send_at=_time(_one(7, send_at, told), told),
        max_papers=_count(_one(8, count, told), told),
        format=_word(9, format_, Format.HTML, told),
        tags=_list(10, tags, told),
        interests=_list(INTERESTS, likes, told),
        paused_until=_day(INTERESTS + 1, _one(INTERESTS + 1, until, told), told),
    )
    return choice, tuple(told)


def says_nothing(value: Value) -> bool:
    """Whether a field says `none`, which no default of the list fills."""
    words = value.split(";") if isinstance(value, str) else value
    return [word.lower() for word in map(trim, words) if word] == [NOTHING]


def suggest(text: str, names: tuple[str, ...] | list[str]) -> str:
    """The way out of a misspelled word: the nearest name, or all of them."""
    near = difflib.get_close_matches(text.lower(), names, n=1)
    return f"did you mean {near[0]}?" if near else f"one of {', '.join(names)}"


def _formula(field: int, text: str) -> Complaint | None:
    if text.startswith("=") or ("#" in text and _SHEET_ERROR.fullmatch(text.strip())):
        return Complaint(field, "is a spreadsheet formula", "paste its value instead")
    return None


def _list(field: int, value: Value, told: list[Complaint]) -> tuple[str, ...]:
    items: dict[str, None] = {}
    if says_nothing(value):
        return ()
    for part in value.split(";") if isinstance(value, str) else value:
        if formula := _formula(field, part):
            told.append(formula)
            continue
        item, harmful = clean_text(part)
        if harmful:
            what = "holds control characters or line breaks"
            told.append(Complaint(field, what, f"taken as {item!r}", warning=True))
        if item:
            items[item] = None
    return tuple(items)


def _one(field: int, value: Value, told: list[Complaint]) -> str:
    if isinstance(value, str):
        return "" if says_nothing(value) else trim(value)
    told.append(Complaint(field, "takes one value, not a list"))
    return ""


def _word(field: int, value: Value, default: _Word, told: list[Complaint]) -> _Word:
    text = _one(field, value, told)
    if not text:
        return default
    kind = type(default)
    try:
        return kind(text.lower())
    except ValueError:
        names = [str(word) for word in kind]
        told.append(Complaint(field, f"unknown {FIELDS[field]} {text!r}", suggest(text, names)))
        return default


def _timezone(text: str, told: list[Complaint]) -> str | None:
    if not text:
        return None
    names = _zone_names()
    if text in names:
        return text
    folded = {name.lower(): name for name in names}
    near = [folded.get(text.lower(), "")]
    if not near[0]:
        near = [folded[n] for n in difflib.get_close_matches(text.lower(), list(folded), n=1)]
    mend = f"did you mean {near[0]}?" if near else "an IANA name such as Europe/Paris"
    told.append(Complaint(6, f"unknown time zone {text!r}", mend))
    return None


@lru_cache(maxsize=1)
def _zone_names() -> frozenset[str]:
    import zoneinfo

    return frozenset(zoneinfo.available_timezones()) - _NOT_ZONES


def _time(text: str, told: list[Complaint]) -> time | None:
    if not text:
        return None
    if match := _TIME.fullmatch(text):
        try:
            return time(int(match[1]), int(match[2]), int(match[3] or 0))
        except ValueError:
            told.append(Complaint(7, f"{text!r} is not a time of day", "from 0:00 to 23:59"))
            return None
    told.append(Complaint(7, f"{text!r} is not a time of day", "write hours:minutes, such as 8:30"))
    return None


def _day(field: int, text: str, told: list[Complaint]) -> date | None:
    if not text:
        return None
    if text.lower() == UNTIL_NOTICE:
        return FURTHER_NOTICE
    try:
        return date.fromisoformat(text)
    except ValueError:
        mend = f"write a day as 2026-12-24, or {UNTIL_NOTICE}"
        told.append(Complaint(field, f"{text!r} is no day", mend))
        return None


def _count(text: str, told: list[Complaint]) -> int | None:
    if not text:
        return None
    if match := _COUNT.fullmatch(text):
        return int(match[1])
    told.append(Complaint(8, f"{text!r} is not a number of papers", "a whole number from 1"))
    return None
