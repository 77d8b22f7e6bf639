"""The rows of a CSV file of any program: delimiter, quoting and encoding as they come."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from itertools import islice

from digest.errors import Problem
from digest.storage.lists.exchange.columns import field_of
from digest.storage.lists.exchange.foreign import Line
from digest.storage.lists.row import Unreadable
from digest.storage.lists.source import Source

_DELIMITERS = ",;\t|"
_SAMPLE = 20
_SEPARATOR_LINE = re.compile(r'"?sep=.?"?\s*', re.IGNORECASE)  # Excel's own first line
_CELL_ERROR = re.compile(r"#(?:N/A|NAME\?|REF!|VALUE!|DIV/0!|NUM!|NULL!)", re.IGNORECASE)
_ADDRESS = re.compile(r"\s*<?[^\s@<>;,|]+@[^\s@<>;,|]+\.[^\s@<>;,|]+>?\s*")


def read_csv_lines(source: Source, notes: list[Problem]) -> Iterator[Line]:
    """Every row that is not blank, the header among them.

    A line that begins with `#` is a comment, as in our own lists, unless the first line does.

    Raises:
        Unreadable: a quote is never closed, or a cell is huge; raised where it shows.
    """
    first = next(source.lines(), "")
    lines = _Lines(source, comments=not first.startswith("#"))
    reader = csv.reader(lines, delimiter=_delimiter(source), skipinitialspace=True, strict=True)
    while True:
        start = lines.number + 1
        lines.fresh = True
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise _broken(source.shown, lines.start or start, str(error)) from None
        if cells is None:
            break
        if any(map(str.strip, cells)):
            yield Line(lines.start, cells)
    if lines.comments:
        few = lines.comments == 1
        what = f"{lines.comments:,} line{'' if few else 's'} with # in front {_are(few)} not read"
        notes.append(Problem(file=source.shown, what=what, warning=True))


def _are(few: bool) -> str:
    return "is" if few else "are"


class _Lines:
    """Lines for `csv.reader`; set `fresh` before each row, and `start` is where that row began."""

    __slots__ = ("_comments_allowed", "_lines", "comments", "fresh", "number", "start")

    def __init__(self, source: Source, *, comments: bool) -> None:
        self._lines = source.lines()
        self._comments_allowed = comments
        self.number = self.start = self.comments = 0
        self.fresh = True

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        for line in self._lines:
            self.number += 1
            if self.fresh:
                if self.number == 1 and _SEPARATOR_LINE.fullmatch(line):
                    continue
                if self._comments_allowed and line[0] == "#" and not _CELL_ERROR.match(line):
                    self.comments += 1
                    continue
                self.start, self.fresh = self.number, False
            return line
        raise StopIteration


def _delimiter(source: Source) -> str:
    """What parts most cells that make sense: a column's name, or an address."""
    sample = [line for line in islice(source.lines(), _SAMPLE) if line.strip()]
    if sample and (match := re.fullmatch(r'"?sep=([,;\t|])"?\s*', sample[0], re.IGNORECASE)):
        return match[1]
    return max(_DELIMITERS, key=lambda delimiter: _sense(sample, delimiter))


def _sense(sample: list[str], delimiter: str) -> tuple[int, int]:
    named = addresses = cells = 0
    try:
        for row in csv.reader(sample, delimiter=delimiter, skipinitialspace=True):
            cells += len(row)
            named = max(named, sum(field_of(cell) is not None for cell in row))
            addresses += any(_ADDRESS.fullmatch(cell) for cell in row)
    except csv.Error:
        return 0, 0
    return named + addresses, cells


def _broken(shown: str, line: int, reason: str) -> Unreadable:
    what, mend = f"is not CSV: {reason}", ""
    if "unexpected end" in reason:
        what, mend = "a quote opened in this row is never closed", "close it, or write two for one"
    elif "expected after" in reason:
        what = "text follows the closing quote of a cell in this row"
        mend = "write two quotes for one inside a cell"
    elif "field larger" in reason:
        what, mend = "a cell of this row is longer than 128 KB", "look for a quote left open"
    return Unreadable(Problem(file=shown, line=line, what=what, mend=mend))
