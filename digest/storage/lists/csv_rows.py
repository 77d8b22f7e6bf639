"""Rows out of CSV text as spreadsheets and people write it.

The delimiter (comma, semicolon or tab) shows in the header. Blank lines are skipped, so is a line
that starts with `#`: that is how a person takes a reader out for a while. Numbers of lines are
those of an editor, also behind quoted cells that span several lines.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from functools import partial
from operator import itemgetter
from typing import NamedTuple

from digest.errors import Problem
from digest.storage.lists.columns import check_names, column_warnings, field_name
from digest.storage.lists.row import FIELDS, Place, Row, Unreadable
from digest.storage.lists.source import Source
from digest.storage.lists.text import trim

_CELL_ERROR = re.compile(r"#(?:N/A|NAME\?|REF!|VALUE!|DIV/0!|NUM!|NULL!)(?=[,;\t\r\n]|$)")
_SEPARATOR_LINE = re.compile(r'"?sep=.?"?\s*', re.IGNORECASE)  # Excel's own first line


class Header(NamedTuple):
    """`columns` holds, for each of `FIELDS`, the number of its cell or None."""

    line: int
    delimiter: str
    names: tuple[str, ...]
    columns: tuple[int | None, ...]
    all_quoted: bool
    line_end: str
    warnings: tuple[Problem, ...]

    @property
    def width(self) -> int:
        return len(self.names)


class RowLines:
    """Lines for `csv.reader` that remembers which of them the row at hand is made of.

    Set `fresh` before each row: blank lines and comments are skipped there, never inside quotes.
    """

    __slots__ = ("_lines", "buffer", "fresh", "number", "start")

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self.number = self.start = 0
        self.buffer: list[str] = []
        self.fresh = True

    def __iter__(self) -> RowLines:
        return self

    def __next__(self) -> str:
        for line in self._lines:
            self.number += 1
            if not self.fresh:
                self.buffer.append(line)
                return line
            if _is_comment(line) or not line.strip() or self._is_separator(line):
                continue
            self.fresh = False
            self.start = self.number
            self.buffer = [line]
            return line
        raise StopIteration

    def _is_separator(self, line: str) -> bool:
        return self.number == 1 and _SEPARATOR_LINE.fullmatch(line) is not None


def _is_comment(line: str) -> bool:
    """A row that begins with a spreadsheet's error value, such as #N/A, is a broken row."""
    return line[0] == "#" and _CELL_ERROR.match(line) is None


class CellScan(NamedTuple):
    """Where the cells of a raw row start; where a quote stays open, or text follows one."""

    starts: tuple[int, ...]
    opened: int | None
    stray: int | None


def read_header(source: Source) -> Header:
    """The header row of a CSV list.

    Raises:
        Unreadable: there is none, it has no email column, or a column twice.
    """
    first = next(RowLines(source.lines()), None)
    if first is None:
        what = "has no header row"
        raise Unreadable(Problem(file=source.shown, line=1, what=what, mend="start with: email"))
    delimiter = max(",;\t", key=lambda d: _header_score(first, d))
    lines = RowLines(source.lines())
    cells = next(_raw_rows(source, lines, delimiter))
    raw = "".join(lines.buffer)
    names = tuple(field_name(cell) for cell in cells)
    places = partial(_cell_place, lines.buffer, lines.start, delimiter)
    check_names(source.shown, cells, names, places, mend=_no_email(cells))
    scan = scan_cells(raw, delimiter)
    return Header(
        line=lines.start,
        delimiter=delimiter,
        names=names,
        columns=tuple(names.index(f) if f in names else None for f in FIELDS),
        all_quoted=all(raw[start : start + 1] == '"' for start in scan.starts),
        line_end=raw[len(raw.rstrip("\r\n")) :] or "\n",
        warnings=tuple(column_warnings(source.shown, cells, names, places)),
    )


def read_csv(source: Source, header: Header) -> Iterator[Row]:
    """The rows behind the header, one at a time.

    Raises:
        Unreadable: a quote is never closed, or the file is cut off; raised where it shows.
    """
    lines = RowLines(source.lines())
    rows = _raw_rows(source, lines, header.delimiter)
    next(rows)
    width = header.width
    pick = itemgetter(*(width if c is None else c for c in header.columns))
    short = told = False
    for cells in rows:
        problems: tuple[Problem, ...] = ()
        count = len(cells)
        short = count < width
        if count != width:
            if not any(cells):
                continue
            problems = _extra_cells(source.shown, header, lines, cells)
            if short and not told:  # once: some lists are written so throughout
                told, problems = True, (_few_cells(source.shown, header, lines, count),)
            cells = (cells + [""] * width)[:width]
        elif not any(cells):
            continue
        cells.append("")
        locate = partial(_field_place, lines.buffer, lines.start, header)
        yield Row(lines.start, pick(cells), locate, problems)
    if short and not source.ends_with_line_break:
        what = "the last row is cut off: it has fewer cells than the header and no line break"
        mend = "complete it; if it is whole, end it with a line break"
        raise Unreadable(Problem(file=source.shown, line=lines.start, what=what, mend=mend))


def scan_cells(raw: str, delimiter: str) -> CellScan:
    """Walk a raw row by hand, as `csv.reader` does but with the places kept."""
    starts: list[int] = []
    position, end = 0, len(raw.rstrip("\r\n"))
    while True:
        while raw[position : position + 1] == " ":
            position += 1
        starts.append(position)
        if raw[position : position + 1] == '"':
            closed = _closing_quote(raw, position)
            if closed is None:
                return CellScan(tuple(starts), position, None)
            position = closed + 1
            if position < end and raw[position] != delimiter:
                return CellScan(tuple(starts), starts[-1], position)
        else:
            found = raw.find(delimiter, position, end)
            position = end if found < 0 else found
        if position >= end:
            return CellScan(tuple(starts), None, None)
        position += 1


def _closing_quote(raw: str, opened: int) -> int | None:
    position = opened + 1
    while (position := raw.find('"', position)) >= 0:
        if raw[position + 1 : position + 2] != '"':
            return position
        position += 2
    return None


def _raw_rows(source: Source, lines: RowLines, delimiter: str) -> Iterator[list[str]]:
    reader = csv.reader(lines, delimiter=delimiter, strict=True, skipinitialspace=True)
    while True:
        lines.fresh = True
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise _quote_fault(source.shown, lines, delimiter, str(error)) from None
        if cells is None:
            return
        yield cells


def _quote_fault(shown: str, lines: RowLines, delimiter: str, reason: str) -> Unreadable:
    raw = "".join(lines.buffer)
    scan = scan_cells(raw, delimiter)
    if "field larger" in reason:
        what, mend = "holds a cell that is longer than 128 KB", "look for a quote that is left open"
        return Unreadable(Problem(file=shown, line=lines.start, what=what, mend=mend))
    if scan.opened is None:
        return Unreadable(Problem(file=shown, line=lines.start, what=f"is not CSV: {reason}"))
    line, column = _offset_place(raw, lines.start, scan.opened)
    what, mend = "the quote opened here is never closed", "close it, or write two for one"
    if scan.stray is not None:
        at, _ = _offset_place(raw, lines.start, scan.stray)
        what = "text follows the closing quote of this cell"
        if at != line:
            what = f"the quote opened here is closed only on line {at}, where another begins"
    return Unreadable(Problem(file=shown, line=line, column=column, what=what, mend=mend))


def _no_email(cells: list[str]) -> str:
    if any("@" in cell for cell in cells):
        return "this row is a reader: put a header row such as email,name above it"
    return "name one column email"


def _header_score(line: str, delimiter: str) -> tuple[int, int]:
    try:
        cells = next(csv.reader([line], delimiter=delimiter, skipinitialspace=True))
    except csv.Error:  # a cell as long as a file that is no list
        return 0, 0
    return sum(field_name(cell) in FIELDS for cell in cells), len(cells)


def _extra_cells(
    shown: str, header: Header, lines: RowLines, cells: list[str]
) -> tuple[Problem, ...]:
    extra = next((n for n in range(header.width, len(cells)) if trim(cells[n])), None)
    if extra is None:
        return ()
    line, column = _cell_place(lines.buffer, lines.start, header.delimiter, extra)
    what = f"has {len(cells)} cells, the header has {header.width}"
    mend = f"put a value that holds {header.delimiter!r} in quotes"
    return (Problem(file=shown, line=line, column=column, what=what, mend=mend),)


def _few_cells(shown: str, header: Header, lines: RowLines, count: int) -> Problem:
    what = f"has {count} cells, the header has {header.width}".replace("1 cells", "1 cell", 1)
    mend = "what is not there is taken as empty, here and in all rows like this"
    return Problem(file=shown, line=lines.start, column=1, what=what, mend=mend, warning=True)


def _field_place(buffer: list[str], start: int, header: Header, field: int) -> Place:
    return _cell_place(buffer, start, header.delimiter, header.columns[field] or 0)


def _cell_place(buffer: list[str], start: int, delimiter: str, cell: int) -> Place:
    raw = "".join(buffer)
    starts = scan_cells(raw, delimiter).starts
    return _offset_place(raw, start, starts[min(cell, len(starts) - 1)])


def _offset_place(raw: str, start: int, offset: int) -> Place:
    head = raw[:offset]
    breaks = head.count("\n") + head.count("\r") - head.count("\r\n")
    column = offset - max(head.rfind("\n"), head.rfind("\r"))
    return start + breaks, column
