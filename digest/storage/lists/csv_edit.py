"""One row put into, or taken out of, CSV bytes that otherwise stay as they are."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from digest.errors import ListError, Problem
from digest.storage.lists.csv_rows import Header, read_header
from digest.storage.lists.row import FIELDS
from digest.storage.lists.source import Source

_RISKY = re.compile(r"""^[\s#"]|["\r\n]|\s$|^sep=""", re.IGNORECASE)


def new_csv() -> bytes:
    """An empty list with every column."""
    return (",".join(FIELDS) + "\n").encode()


def add_row(source: Source, fields: Mapping[str, str]) -> bytes:
    """The list with one row more at its end, in its own delimiter, quoting and line ends.

    Raises:
        ListError: a field has no column, or a value has no form in the list's encoding.
    """
    header = read_header(source)
    missing = [name for name in fields if name not in header.names]
    if missing:
        raise ListError([_no_column(source, header, name) for name in missing])
    row = header.delimiter.join(_cell(header, fields.get(name, "")) for name in header.names)
    try:
        encoded = row.encode(source.codec)
        line_end = header.line_end.encode(source.codec)
    except UnicodeEncodeError as error:
        bad = row[error.start : error.end]
        what = f"{bad!r} cannot be written in this list's encoding, {source.codec}"
        raise ListError([Problem(file=source.shown, what=what, mend="save it as UTF-8")]) from None
    if source.ends_with_line_break:
        return source.raw + encoded + line_end
    return source.raw + line_end + encoded


def cut_lines(source: Source, spans: Sequence[tuple[int, int]]) -> bytes:
    """The bytes without some lines; a span is its first line (from 1) and the line behind it.

    Where the last line goes and it had no line break, the line before it gives its own up.
    """
    kept: list[bytes] = [source.raw[: source.bom]]
    starts = dict(spans)
    behind = 0
    for number, line in enumerate(_byte_lines(source), start=1):
        if number in starts:
            behind = starts[number]
        if number >= behind:
            kept.append(line)
    text_end = behind > number and not source.ends_with_line_break
    if text_end and len(kept) > 1:
        kept[-1] = kept[-1].decode(source.codec).rstrip("\r\n").encode(source.codec)
    return b"".join(kept)


def _byte_lines(source: Source) -> list[bytes]:
    return [line.encode(source.codec) for line in source.lines()]


def _cell(header: Header, value: str) -> str:
    if header.all_quoted or header.delimiter in value or _RISKY.search(value):
        return '"' + value.replace('"', '""') + '"'
    return value


def _no_column(source: Source, header: Header, name: str) -> Problem:
    what = f"this list has no column {name}"
    mend = f"add it to the header on line {header.line}"
    return Problem(file=source.shown, line=header.line, key=name, what=what, mend=mend)
