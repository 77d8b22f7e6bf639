"""Reads gettext's PO files, and is strict with them.

The format: https://www.gnu.org/software/gettext/manual/html_node/PO-Files.html. A person edits
these files by hand, so a forgotten quote, a field that does not exist or a plural too few is
told with its line, and never shows in a letter.
"""

from __future__ import annotations

import gettext
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

from digest.errors import CatalogueError, Problem
from digest.model import Catalogue

#: A message's context ("" for none) and its English words (the singular, where there are two).
Key = tuple[str, str]
Plural = Callable[[int], int]
#: Notes what is wrong: line, what, and how to mend it.
Tell = Callable[..., None]

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


class _Line(NamedTuple):
    """Words in a file: behind a keyword, or (keyword "") more words for the one before it."""

    number: int
    keyword: str
    form: int
    words: str
    fuzzy: bool


@dataclass(slots=True)
class _Entry:
    """A message with all that the file says of it; `line` is where it begins."""

    line: int
    fuzzy: bool
    strings: dict[tuple[str, int], str] = field(default_factory=dict)

    def text(self, keyword: str, form: int = 0) -> str:
        return self.strings.get((keyword, form), "")

    @property
    def key(self) -> Key:
        return self.text("msgctxt"), self.text("msgid")


def fields_of(text: str) -> frozenset[str]:
    """The names of the `%(name)s` in `text`."""
    return frozenset(match[1] for match in _PERCENT.finditer(text) if match[1])


def parse_po(catalogue: Catalogue) -> Mapping[Key, Message]:
    """The messages that are translated. Those that are empty, fuzzy or obsolete are left out.

    Raises:
        CatalogueError: every line that is wrong. Where the file's form is broken what it says
            is not judged, since that would be told of lines that are right.
    """
    problems: list[Problem] = []
    tell = partial(_tell, catalogue, problems)
    lines = list(_lines(catalogue.text, tell))
    _stop(problems)
    entries = list(_entries(lines, tell))
    _stop(problems)
    messages: dict[Key, Message] = {}
    places: dict[Key, int] = {}
    forms, plural = 0, _no_plural
    for entry in entries:
        if entry.key == ("", ""):
            forms, plural = _plural_forms(entry, tell)
            continue
        if entry.key in places:
            what = f"{entry.key[1]!r} stands in line {places[entry.key]} already"
            tell(entry.line, what, "keep one of the two")
        places[entry.key] = entry.line
        for what, mend in _faults(entry, forms):
            tell(entry.line, what, mend)
        found = tuple(text for (word, _), text in sorted(entry.strings.items()) if word == "msgstr")
        if all(found) and not entry.fuzzy:
            rule = plural if len(found) > 1 else _no_plural
            messages[entry.key] = Message(forms=found, plural=rule)
    _stop(problems)
    return messages


def _tell(
    catalogue: Catalogue, problems: list[Problem], line: int, what: str, mend: str = ""
) -> None:
    problems.append(Problem(file=catalogue.place, line=line, what=what, mend=mend))


def _stop(problems: Sequence[Problem]) -> None:
    if problems:
        raise CatalogueError(problems)


def _no_plural(_: int, /) -> int:
    return 0


def _lines(text: str, tell: Tell) -> Iterator[_Line]:
    """Every line with words. Comments are passed over, and with them what is obsolete (#~)."""
    fuzzy = False
    for number, line in enumerate(text.split("\n"), 1):
        line = line.strip()
        if not line or line.startswith("#"):
            fuzzy = fuzzy or (line.startswith("#,") and "fuzzy" in line)
            continue
        match = _LINE.fullmatch(line)
        if match is None:
            mend = 'a line is a # comment, or msgid or msgstr and words in "quotes"'
            tell(number, "is not PO", mend)
            continue
        keyword, index, words = match.groups()
        unknown = [sign for sign in _ESCAPE.findall(words) if sign not in _ESCAPES]
        if unknown:
            tell(number, f"\\{unknown[0]} is not known", r"known are \n, \t, \" and \\")
        plain = _ESCAPE.sub(lambda match: _ESCAPES.get(match[1], ""), words)
        yield _Line(number, keyword or "", int(index or 0), plain, fuzzy)
        fuzzy = fuzzy and not keyword


def _entries(lines: Iterable[_Line], tell: Tell) -> Iterator[_Entry]:
    """The entries in the file's order; each begins with its msgctxt, if it has one, or msgid."""
    entry, at = None, ("", 0)
    for line in lines:
        if line.keyword == "msgctxt" or (line.keyword == "msgid" and at[0] != "msgctxt"):
            if entry:
                yield entry
            entry = _Entry(line.number, line.fuzzy)
        if entry is None:
            tell(line.number, "stands before the first msgid")
            continue
        if line.keyword:
            at = (line.keyword, line.form)
            if at in entry.strings:
                tell(line.number, f"a second {line.keyword} in one entry", "begin with a msgid")
        entry.strings[at] = entry.strings.get(at, "") + line.words
    if entry:
        yield entry


def _plural_forms(header: _Entry, tell: Tell) -> tuple[int, Plural]:
    """How many forms the language has (0: it says nothing), and which of them a count takes."""
    match = _PLURALS.search(header.text("msgstr"))
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
        tell(header.line, "Plural-Forms is no plural rule", mend)
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
