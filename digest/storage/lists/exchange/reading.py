"""Takes foreign files apart: whoever wrote one, its rows come out under our names."""

from __future__ import annotations

import difflib
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from pathlib import Path

from digest.errors import ListError, Problem, UsageError
from digest.storage.lists.exchange.any_tool import all_left, watches, who_left
from digest.storage.lists.exchange.columns import FIRST, LAST, join_name, plain
from digest.storage.lists.exchange.csv_table import read_csv_lines
from digest.storage.lists.exchange.foreign import Budget, Foreign, Format, Incoming, Line, Origin
from digest.storage.lists.exchange.header import SAMPLE, Header, find_header
from digest.storage.lists.exchange.shield import unshield
from digest.storage.lists.exchange.vcards import looks_like_vcards, read_vcards
from digest.storage.lists.exchange.xlsx_table import Workbook
from digest.storage.lists.files import is_yaml
from digest.storage.lists.row import FIELDS, Row, Unreadable
from digest.storage.lists.source import Source, load_source, looks_like_excel
from digest.storage.lists.text import clean_text

MAX_FILE = 128_000_000


def read_foreign(
    files: Sequence[tuple[Path, str]], *, format_: Format, columns: Mapping[str, str]
) -> tuple[Foreign, ...]:
    """Every file whole. Each comes with the name by which it is shown; `columns` is what the
    person said of theirs (`foreign.parse_columns`).

    Raises:
        ListError: with the problems of all files that cannot be read.
        UsageError: no file has a column that the person named.
    """
    budget = Budget()
    read: list[Foreign] = []
    problems: list[Problem] = []
    for path, shown in files:
        try:
            read.append(_read_file(path, shown, format_, columns, budget))
        except Unreadable as error:
            problems.append(error.problem)
    if problems:
        raise ListError(problems)
    _refuse_unknown(columns, read)
    return tuple(read)


def _refuse_unknown(columns: Mapping[str, str], read: Sequence[Foreign]) -> None:
    """A column that the person named must be in one of the files."""
    names = {name.casefold(): name for file in read for name in file.names if name}
    widest = max((len(file.names) for file in read), default=0)
    for theirs in columns:
        if theirs.casefold() in names or (theirs.isdecimal() and 0 < int(theirs) <= widest):
            continue
        near = difflib.get_close_matches(theirs.casefold(), names, n=1)
        mend = (
            f"did you mean {names[near[0]]}?" if near else f"there are {', '.join(names.values())}"
        )
        raise UsageError(f"--column {theirs}: no file has such a column; {mend}")


def _read_file(
    path: Path, shown: str, format_: Format, columns: Mapping[str, str], budget: Budget
) -> Foreign:
    written = _written_as(path, shown, format_)
    if written is Format.XLSX:
        return _read_workbook(path, shown, format_, columns, budget)
    source = load_source(path, shown, legacy=written is not Format.YAML)
    notes = list(source.warnings)
    if written is Format.VCARD:
        return Foreign(shown, written, list(budget.spend(read_vcards(source))), notes)
    if written is Format.YAML:
        return Foreign(shown, written, list(budget.spend(_own_list(source))), notes)
    lines = read_csv_lines(source, notes)
    return _read_table(Origin(shown), path.name, lines, format_, columns, budget, notes)


def _written_as(path: Path, shown: str, format_: Format) -> Format:
    """How the file is written, whoever wrote it: csv, xlsx, vcard or yaml."""
    head = _head(path, shown)
    if format_ in (Format.XLSX, Format.VCARD, Format.YAML):
        return format_
    if looks_like_excel(head):
        return Format.XLSX
    if is_yaml(path):
        return Format.YAML
    if format_ is Format.AUTO and looks_like_vcards(head.decode("utf-8", "replace")):
        return Format.VCARD
    return Format.CSV


def _head(path: Path, shown: str) -> bytes:
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):  # reading a FIFO would wait for ever
            raise Unreadable(Problem(file=shown, what="is not a regular file"))
        if found.st_size > MAX_FILE:
            what = f"is larger than {MAX_FILE // 1_000_000} MB"
            raise Unreadable(Problem(file=shown, what=what, mend="split it into several files"))
        with path.open("rb") as stream:
            return stream.read(512)
    except OSError as error:
        what = f"cannot be read: {error.strerror}"
        raise Unreadable(Problem(file=shown, what=what)) from None


def _read_table(
    origin: Origin,
    file_name: str,
    lines: Iterable[Line],
    format_: Format,
    columns: Mapping[str, str],
    budget: Budget,
    notes: list[Problem],
) -> Foreign:
    rows = iter(lines)
    sample = list(islice(rows, SAMPLE))
    header = find_header(origin.shown, sample, columns, format_)
    body = chain(sample[header.at + 1 :], rows)
    people = list(budget.spend(_people(origin, file_name, header, body)))
    notes = [*notes, *header.notes]
    return Foreign(origin.shown, header.tool.format, people, notes, header.names)


def _people(
    origin: Origin, file_name: str, header: Header, lines: Iterable[Line]
) -> Iterator[Incoming]:
    fields, tool, names = header.mapped.fields, header.tool, header.names
    origin.columns = _shown_columns(names, fields)
    own = [(plain(name), n) for n, name in enumerate(names) if plain(name) in tool.reads]
    watched = [(plain(name), n) for n, name in enumerate(names) if watches(plain(name))]
    everybody = None if watched else all_left(file_name)
    by_file = tool.leaving({}, file_name) is not None
    for number, cells in lines:
        width = len(cells)
        found = {}
        for ours, n in fields.items():
            if n < width and (text := unshield(cells[n].strip())):
                found[ours] = text
        read = {name: cells[n].strip() for name, n in own if n < width}
        leaving = tool.leaving(read, file_name) if read or by_file else None
        if leaving is None and watched:
            told = ((name, cells[n].strip()) for name, n in watched if n < width)
            leaving = who_left(told, file_name)
        leaving = leaving or everybody
        if tool.read is not None:
            found.update(tool.read(read))
        if FIRST in found or LAST in found:
            parts = found.pop(FIRST, ""), found.pop(LAST, "")
            found["name"] = join_name(found.get("name", ""), *parts)
        yield Incoming(origin, number, found, leaving, _surplus(origin, header, number, cells))


def _shown_columns(names: Sequence[str], fields: Mapping[str, int]) -> dict[str, str]:
    shown = {ours: names[n] for ours, n in fields.items() if n < len(names) and names[n]}
    parts = [shown.pop(part) for part in (FIRST, LAST) if part in shown]
    if parts:
        shown.setdefault("name", " + ".join(parts))
    return shown


def _surplus(
    origin: Origin, header: Header, number: int, cells: Sequence[str]
) -> tuple[Problem, ...]:
    width = len(header.names)
    if len(cells) <= width or header.at < 0 or not any(cells[width:]):
        return ()
    what = f"has {len(cells)} cells, the header has {width}"
    mend = "put a value that holds the delimiter in quotes"
    return (Problem(file=origin.shown, line=number, what=what, mend=mend),)


def _read_workbook(
    path: Path, shown: str, format_: Format, columns: Mapping[str, str], budget: Budget
) -> Foreign:
    book = Workbook(path, shown)
    try:
        found: Foreign | None = None
        others: list[str] = []
        first: Unreadable | None = None
        several = len(book.sheets) > 1
        for sheet in book.sheets:
            origin = Origin(f"{shown} ({clean_text(sheet)[0]})" if several else shown)
            try:
                if found is not None:
                    sample = list(islice(book.lines(sheet), SAMPLE))
                    find_header(origin.shown, sample, columns, Format.AUTO)
                    others.append(clean_text(sheet)[0])
                    continue
                lines = book.lines(sheet)
                found = _read_table(origin, path.name, lines, format_, columns, budget, [])
            except Unreadable as error:
                first = first or error
        if found is None:
            raise first or Unreadable(Problem(file=shown, what="has no sheet"))
        if found.format is Format.CSV:  # what a table is called that no known program wrote
            found.format = Format.XLSX
        if others:
            what = f"other sheets with addresses are not read: {', '.join(others)}"
            mend = "save each as a file of its own"
            found.notes.append(Problem(file=shown, what=what, mend=mend, warning=True))
        return found
    finally:
        book.close()


def _own_list(source: Source) -> Iterator[Incoming]:
    """The rows of a YAML list of ours."""
    from digest.storage.lists.yaml_rows import read_yaml

    origin = Origin(source.shown)
    for row in read_yaml(source):
        yield _own_row(origin, row)


def _own_row(origin: Origin, row: Row) -> Incoming:
    fields, problems = {}, list(row.problems)
    for name, value in zip(FIELDS, row.values, strict=True):
        if isinstance(value, str):
            text = value
        else:
            text = ";".join(value)
            if any(";" in item for item in value):
                what, mend = "holds a semicolon inside a value", "it parts values in a list"
                problems.append(origin.problem(row.line, name, what, mend))
        if text:
            fields[name] = text
    return Incoming(origin, row.line, fields, None, tuple(problems))
