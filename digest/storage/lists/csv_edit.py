"""Rows put into, changed in, or taken out of CSV bytes that otherwise stay as they are."""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from digest.errors import ListError, Problem
from digest.storage.lists.csv_rows import Header, RowLines, read_header, scan_cells
from digest.storage.lists.row import FIELDS
from digest.storage.lists.source import Source

_RISKY = re.compile(r"""^[\s#"]|["\r\n]|\s$|^sep=""", re.IGNORECASE)


class _Span(NamedTuple):
    """A row's bytes with its line end: from `start` to before `end`. `raw` is their text."""

    line: int
    start: int
    end: int
    raw: str


def new_csv() -> bytes:
    """An empty list with every column."""
    return (",".join(FIELDS) + "\n").encode()


def add_rows(source: Source, rows: Sequence[Mapping[str, str]]) -> bytes:
    """The list with more rows at its end, in its own delimiter, quoting and line ends.

    A column that it lacks is added at the end of the header and of every row.

    Raises:
        ListError: a value has no form in the list's encoding.
    """
    source = with_columns(source, [name for row in rows for name in row])
    header = read_header(source)
    join = header.delimiter.join
    texts = [join(_cell(header, row.get(name, "")) for name in header.names) for row in rows]
    end = header.line_end
    if source.ends_with_line_break:
        return source.raw + _encode(source, "".join(text + end for text in texts))
    return source.raw + _encode(source, "".join(end + text for text in texts))


def change_rows(source: Source, changes: Mapping[int, Mapping[str, str]]) -> bytes:
    """The list with other values in the cells of the rows that start on these lines.

    Raises:
        ListError: a value has no form in the list's encoding.
    """
    wanted = [name for fields in changes.values() for name, value in fields.items() if value]
    wider = with_columns(source, wanted)
    header = read_header(wider)
    raw = memoryview(wider.raw)
    kept: list[bytes | memoryview] = []
    behind = 0
    left = set(changes)
    for span in _spans(wider, header):
        if span.line in left:
            left.discard(span.line)
            kept.append(raw[behind : span.start])
            kept.append(_encode(wider, _changed(header, span.raw, changes[span.line])))
            behind = span.end
            if not left:
                break
    kept.append(raw[behind:])
    return b"".join(kept)


def _changed(header: Header, raw: str, changes: Mapping[str, str]) -> str:
    cells = _raw_cells(raw, header.delimiter)
    line_end = raw[len(raw.rstrip("\r\n")) :]
    for name, value in changes.items():
        if name not in header.names:
            continue  # there is nothing to clear
        number = header.names.index(name)
        empty = '""' if header.all_quoted else ""
        cells.extend([empty] * (number + 1 - len(cells)))
        cells[number] = _cell(header, value, quoted=_fond_of_quotes(header, cells[number]))
    return header.delimiter.join(cells) + line_end


def cut_rows(source: Source, lines: Collection[int]) -> bytes:
    """The bytes without the rows that start on `lines`.

    Where the last row goes and it had no line break, the line before it gives its own up.
    """
    kept: list[bytes] = []
    behind = 0
    left = set(lines)
    for span in _spans(source, read_header(source)):
        if span.line in left:
            left.discard(span.line)
            kept.append(source.raw[behind : span.start])
            behind = span.end
            if not left:
                break
    kept.append(source.raw[behind:])
    content = b"".join(kept)
    if behind == len(source.raw) and not source.ends_with_line_break:
        return _without_last_break(source, content)
    return content


def with_columns(source: Source, names: Sequence[str]) -> Source:
    """The list with the columns that it lacks, empty, at the end of the header and the rows.

    A row that is shorter than the header stays so, one that is longer has the cell already.
    """
    header = read_header(source)
    missing = [name for name in dict.fromkeys(names) if name not in header.names]
    if not missing:
        return source
    empty = '""' if header.all_quoted else ""
    kept = bytearray()  # not a list: a million short pieces would take 100 MB
    behind = 0
    for span in _spans(source, header, head=True):
        if len(_raw_cells(span.raw, header.delimiter)) != header.width:
            continue
        is_head = span.line == header.line
        cells = [_cell(header, name) if is_head else empty for name in missing]
        line_end = span.raw[len(span.raw.rstrip("\r\n")) :]
        at = span.end - len(_encode(source, line_end))
        kept += source.raw[behind:at]
        kept += _encode(source, "".join(header.delimiter + cell for cell in cells))
        behind = at
    kept += source.raw[behind:]
    return source._replace(raw=bytes(kept))


class _Counted:
    """The lines of a list, with the bytes that they took so far."""

    __slots__ = ("_codec", "_lines", "offset")

    def __init__(self, source: Source) -> None:
        self._lines, self._codec, self.offset = source.lines(), source.codec, source.bom

    def __iter__(self) -> _Counted:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self.offset += len(line.encode(self._codec))
        return line


def _spans(source: Source, header: Header, *, head: bool = False) -> Iterator[_Span]:
    counted = _Counted(source)
    lines = RowLines(counted)
    rows = csv.reader(lines, delimiter=header.delimiter, strict=True, skipinitialspace=True)
    while True:
        lines.fresh = True
        if next(rows, None) is None:
            return
        if head or lines.start != header.line:
            raw = "".join(lines.buffer)
            length = len(raw.encode(source.codec))
            yield _Span(lines.start, counted.offset - length, counted.offset, raw)


def _raw_cells(raw: str, delimiter: str) -> list[str]:
    """The cells as they are written: with their quotes and the blanks before them."""
    text = raw.rstrip("\r\n")
    starts = scan_cells(raw, delimiter).starts
    cuts = [text.rfind(delimiter, 0, start) for start in starts[1:]]
    return [text[a + 1 : b] for a, b in zip([-1, *cuts], [*cuts, len(text)], strict=True)]


def _fond_of_quotes(header: Header, cell: str) -> bool:
    """Whether a cell is quoted without need, as whoever wrote it likes it."""
    text = cell.strip(" ")
    return text.startswith('"') and not _needs_quotes(header, text[1:-1])


def _without_last_break(source: Source, content: bytes) -> bytes:
    for text in ("\r\n", "\n", "\r"):
        if content[source.bom :].endswith(end := text.encode(source.codec)):
            return content[: -len(end)]
    return content


def _encode(source: Source, text: str) -> bytes:
    try:
        return text.encode(source.codec)
    except UnicodeEncodeError as error:
        bad = text[error.start : error.end]
        what = f"{bad!r} cannot be written in this list's encoding, {source.codec}"
        raise ListError([Problem(file=source.shown, what=what, mend="save it as UTF-8")]) from None


def _cell(header: Header, value: str, *, quoted: bool = False) -> str:
    if quoted or header.all_quoted or _needs_quotes(header, value):
        return '"' + value.replace('"', '""') + '"'
    return value


def _needs_quotes(header: Header, value: str) -> bool:
    return header.delimiter in value or _RISKY.search(value) is not None
