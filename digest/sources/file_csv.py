"""Records out of a table in CSV."""

from __future__ import annotations

import csv
from collections.abc import Iterator

from digest.sources.file_record import RawRecord, normal_key

_RECOVERIES = 20
_LONGEST_CELL = 1_000_000
_TITLES = ("title", "paper_title", "name", "primary_title")


def read_csv(text: str) -> Iterator[RawRecord]:
    """One record a row under a header row; commas, semicolons, tabs or bars between cells.

    Line numbers are those of the row's first line.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "").split("\n")
    first = next((n for n, line in enumerate(lines) if line.strip()), None)
    if first is None:
        return
    if lines[first].lower().startswith("sep=") and len(lines[first]) == 5:  # Excel's own hint
        first += 1
    sign = _delimiter(lines[first] if first < len(lines) else "")
    rows = _rows(lines, first, sign)
    header_line, header, _ = next(rows, (first + 1, [], ""))
    names = [normal_key(name) for name in header]
    if not any(name in _TITLES for name in names):
        yield RawRecord(
            line=header_line, fault="has no column `title`", mend="the first row names the columns"
        )
        return
    for line, cells, fault in rows:
        if fault:
            yield RawRecord(line=line, fault=fault)
        elif any(cell.strip() for cell in cells):
            yield _record(line, names, cells)


def _record(line: int, names: list[str], cells: list[str]) -> RawRecord:
    while len(cells) > len(names) and not cells[-1].strip():
        cells = cells[:-1]
    if len(cells) > len(names):
        return RawRecord(
            line=line,
            fault=f"has {len(cells)} cells under {len(names)} names",
            mend='put "…" around a cell that holds the delimiter',
        )
    return RawRecord(line=line, fields=dict(zip(names, cells, strict=False)))


def _delimiter(header: str) -> str:
    bare = "".join(header.split('"')[::2])
    return max(",;\t|", key=bare.count)


def _rows(lines: list[str], first: int, sign: str) -> Iterator[tuple[int, list[str], str]]:
    """Rows as (line, cells, fault). A quote that is never closed costs its own line only."""
    begin = first
    for _ in range(_RECOVERIES):
        reader = csv.reader((line + "\n" for line in lines[begin:]), delimiter=sign)
        start = begin
        try:
            for cells in _long_cells(reader):
                end = begin + reader.line_num
                unclosed = end >= len(lines) and end - start > 1 and _is_open(lines[start:end])
                if unclosed:
                    break
                yield start + 1, cells, ""
                start = end
            else:
                return
        except csv.Error as error:
            yield start + 1, [], f"cannot be read: {error}"
        else:
            yield start + 1, [], "opens a quote that is never closed"
        begin = start + 1
    yield begin + 1, [], "follows too many broken rows; the rest is not read"


def _long_cells(reader: Iterator[list[str]]) -> Iterator[list[str]]:
    """The limit is the whole process's, and lists of readers have another: it is put back."""
    cells: list[str] | None = []
    while cells is not None:
        usual = csv.field_size_limit(_LONGEST_CELL)
        try:
            cells = next(reader, None)
        finally:
            csv.field_size_limit(usual)
        if cells is not None:
            yield cells


def _is_open(lines: list[str]) -> bool:
    return sum(line.count('"') for line in lines) % 2 == 1
