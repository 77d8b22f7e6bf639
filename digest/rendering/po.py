"""Reads gettext's PO files, and is strict with them.

The format: https://www.gnu.org/software/gettext/manual/html_node/PO-Files.html. A person edits
these files by hand, so a forgotten quote, a field that does not exist or a plural too few is
told with its line, and never shows in a letter.
"""

from __future__ import annotations

import gettext
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import cast

from digest.errors import CatalogueError, Problem
from digest.model import Catalogue

#: A message's context ("" for none) and its English words (the singular, where there are two).
Key = tuple[str, str]
Plural = Callable[[int], int]

_LINE = re.compile(
    r'(?:(msgctxt|msgid_plural|msgid|msgstr)(?:\[(\d)\])?)?\s*"((?:[^"\\]|\\.)*)"\s*'
)
_ESCAPE = re.compile(r"\\(.)")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\"}
_PLURALS = re.compile(
    r"^Plural-Forms:\s*nplurals\s*=\s*(\d)\s*;\s*plural\s*=\s*([^;\n]+)", re.MULTILINE
)
_PERCENT = re.compile(r"%%|%\((\w+)\)s|%")
# Counts that a plural rule is tried on: all known rules repeat after 100.
_TRIED = range(1000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What stands for a key: one form, or one for each number that `plural` gives."""

    forms: tuple[str, ...]
    plural: Plural

    def form(self, count: int) -> str:
        return self.forms[self.plural(count)]


@dataclass(slots=True)
class _Entry:
    """An entry while it is read: its strings, and the line of its `msgid`."""

    line: int = 0
    fuzzy: bool = False
    strings: dict[tuple[str, int], str] = field(default_factory=dict)

    def text(self, keyword: str, number: int = 0) -> str:
        return self.strings.get((keyword, number), "")


def fields_of(text: str) -> frozenset[str]:
    """The names of the `%(name)s` in `text`."""
    return frozenset(match[1] for match in _PERCENT.finditer(text) if match[1])


def parse_po(catalogue: Catalogue) -> Mapping[Key, Message]:
    """The messages that are translated. Those that are empty, fuzzy or obsolete are left out.

    Raises:
        CatalogueError: every line that is wrong.
    """
    problems: list[Problem] = []
    messages: dict[Key, Message] = {}
    places: dict[Key, int] = {}
    forms, plural = 0, cast(Plural, _no_plural)
    for entry in _entries(catalogue, problems):
        key = (entry.text("msgctxt"), entry.text("msgid"))
        if key == ("", ""):
            forms, plural = _plural_forms(entry.text("msgstr"), entry.line, catalogue, problems)
            continue
        if key in places:
            what = f"{key[1]!r} stands in line {places[key]} already"
            problems.append(_problem(catalogue, entry.line, what, "keep one of the two"))
        places[key] = entry.line
        for what, mend in _faults(entry, forms):
            problems.append(_problem(catalogue, entry.line, what, mend))
        found = tuple(text for (word, _), text in sorted(entry.strings.items()) if word == "msgstr")
        if all(found) and not entry.fuzzy:
            messages[key] = Message(forms=found, plural=plural if len(found) > 1 else _no_plural)
    if problems:
        raise CatalogueError(problems)
    return messages


def _no_plural(_: int) -> int:
    return 0


def _problem(catalogue: Catalogue, line: int, what: str, mend: str = "") -> Problem:
    return Problem(file=catalogue.place, line=line, what=what, mend=mend)


def _entries(catalogue: Catalogue, problems: list[Problem]) -> Iterator[_Entry]:
    """The entries in their order, header first where there is one; an obsolete one (#~) is none."""
    entry, at, fuzzy = _Entry(), ("", 0), False
    for number, line in enumerate(catalogue.text.split("\n"), 1):
        line = line.strip()
        if not line or line.startswith("#"):
            fuzzy = fuzzy or (line.startswith("#,") and "fuzzy" in line)
            continue
        match = _LINE.fullmatch(line)
        if match is None:
            mend = 'a line is a # comment, or msgid or msgstr and words in "quotes"'
            problems.append(_problem(catalogue, number, "is not PO", mend))
            continue
        keyword, index, text = match.groups()
        if keyword:
            at = (keyword, int(index or 0))
            begins = keyword == "msgctxt" or (
                keyword == "msgid" and entry.strings.keys() - _CONTEXT
            )
            if begins:
                if entry.strings:
                    yield entry
                entry, fuzzy = _Entry(fuzzy=fuzzy), False
            if keyword == "msgid":
                entry.line = number
            if at in entry.strings:
                what = f"a second {keyword} in one entry"
                problems.append(_problem(catalogue, number, what, "each entry begins with msgid"))
        elif not entry.strings:
            problems.append(_problem(catalogue, number, "words without a msgid or msgstr"))
            continue
        unknown = [sign for sign in _ESCAPE.findall(text) if sign not in _ESCAPES]
        if unknown:
            what = f"\\{unknown[0]} is not known"
            problems.append(_problem(catalogue, number, what, r"known are \n, \t, \" and \\"))
            continue
        plain = _ESCAPE.sub(lambda match: _ESCAPES[match[1]], text)
        entry.strings[at] = entry.strings.get(at, "") + plain
    if entry.strings:
        yield entry


_CONTEXT = {("msgctxt", 0)}


def _plural_forms(
    header: str, line: int, catalogue: Catalogue, problems: list[Problem]
) -> tuple[int, Plural]:
    """How many forms the language has (0: it says nothing), and which of them a count takes."""
    match = _PLURALS.search(header)
    if match is None:
        return 0, _no_plural
    forms = int(match[1])
    try:
        plural: Plural = gettext.c2py(match[2].strip())
        fits = all(0 <= plural(count) < forms for count in _TRIED)
    except (ValueError, ArithmeticError, RecursionError):
        fits = False
    if not fits:
        mend = "copy the line of a shipped catalogue, or your language's from the gettext manual"
        problems.append(_problem(catalogue, line, "Plural-Forms is no plural rule", mend))
        return 0, _no_plural
    return forms, plural


def _faults(entry: _Entry, forms: int) -> Iterator[tuple[str, str]]:
    """What is wrong with one entry, and how to mend it."""
    said = entry.text("msgid")
    if ("msgid", 0) not in entry.strings or ("msgstr", 0) not in entry.strings:
        yield "an entry needs a msgid and a msgstr", ""
        return
    found = sorted(number for keyword, number in entry.strings if keyword == "msgstr")
    plural = ("msgid_plural", 0) in entry.strings
    if plural and not forms:
        yield f"{said!r} has a plural, and the file no Plural-Forms", "begin it with a header entry"
    elif found != list(range(forms if plural else 1)):
        words = f"msgstr[0] to msgstr[{forms - 1}]" if plural else "one msgstr"
        yield f"{said!r} needs {words}", "the header's Plural-Forms says how many"
    known = fields_of(said) | fields_of(entry.text("msgid_plural"))
    for number in found:
        for match in _PERCENT.finditer(entry.text("msgstr", number)):
            if match[0] == "%":
                yield f"a lone % in the words for {said!r}", "write %%, or a field as %(name)s"
            elif match[1] and match[1] not in known:
                there = ", ".join(sorted(known)) or "none"
                yield f"%({match[1]})s is no field of {said!r}", f"its fields: {there}"
