"""The rows of an Excel file, each cell as the text that a person typed.

A formula counts as the value that the spreadsheet last had for it. The file is streamed; what it
unpacks to is known, and refused when it is too much, before anything is unpacked.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from digest.errors import Problem
from digest.storage.lists.exchange.foreign import MAX_ROWS, Line
from digest.storage.lists.row import Unreadable
from digest.storage.lists.source import OLD_EXCEL
from digest.storage.lists.text import clean_text

MAX_UNPACKED = 256_000_000
#: Of the parts that are held whole: shared texts, styles, names.
MAX_HELD = 48_000_000
_MAX_CELLS = 20_000_000
_MAX_COLUMNS = 500  # behind them nobody keeps an address


class Workbook:
    """An .xlsx file, open. Close it.

    Raises:
        Unreadable: it is none, is damaged, or unpacks to too much.
    """

    def __init__(self, path: Path, shown: str) -> None:
        import openpyxl

        self._shown = shown
        _check_archive(path, shown)
        try:
            self._book = openpyxl.load_workbook(
                path, read_only=True, data_only=True, keep_links=False
            )
        except Exception as error:  # a hostile file makes openpyxl raise anything at all
            raise _damaged(shown, error) from None

    @property
    def sheets(self) -> tuple[str, ...]:
        """Names, in the order of the file."""
        return tuple(sheet.title for sheet in self._book.worksheets)

    def lines(self, sheet: str) -> Iterator[Line]:
        """The rows of a sheet that are not blank.

        Raises:
            Unreadable: the sheet is damaged or has too many rows or cells.
        """
        found: Any = self._book[sheet]
        found.reset_dimensions()  # a file may claim a million columns
        cells_left = _MAX_CELLS
        rows = found.iter_rows(values_only=True)
        number = 0
        while True:
            try:
                values = next(rows, None)
            except Exception as error:
                raise _damaged(self._shown, error) from None
            if values is None:
                return
            number += 1
            cells_left -= len(values) + 1
            if number > MAX_ROWS + 1000 or cells_left < 0:
                raise _too_much(self._shown, f"the sheet {sheet!r} has too many rows or cells")
            cells = [cell_text(value) for value in values[:_MAX_COLUMNS]]
            while cells and not cells[-1].strip():
                cells.pop()
            if cells:
                yield Line(number, cells)

    def close(self) -> None:
        self._book.close()


def cell_text(value: Any) -> str:
    """A cell's value as typed: 8 for 8.0, 08:30 for a time, 2026-12-24 for a day."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        midnight = value.time() == time()
        return f"{value:%Y-%m-%d}" if midnight else f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, time):
        return f"{value:%H:%M:%S}" if value.second else f"{value:%H:%M}"
    if isinstance(value, timedelta):
        minutes = round(value.total_seconds() / 60)
        return f"{minutes // 60}:{minutes % 60:02}"
    return str(value)


def _check_archive(path: Path, shown: str) -> None:
    with path.open("rb") as stream:
        if stream.read(4) == OLD_EXCEL:
            what = "is an Excel file of the old kind (.xls), or has a password"
            raise Unreadable(Problem(file=shown, what=what, mend="save it as .xlsx without one"))
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
            _check_parts(parts, shown)
            for part in parts:
                _check_doctype(archive, part, shown)
    except (
        zipfile.BadZipFile,
        OSError,
        ValueError,
        EOFError,
        NotImplementedError,
        RuntimeError,
    ) as error:
        raise _damaged(shown, error) from None
    except zipfile.zlib.error as error:  # type: ignore[attr-defined]
        raise _damaged(shown, error) from None


def _check_parts(parts: list[zipfile.ZipInfo], shown: str) -> None:
    names = {part.filename for part in parts}
    if not any(name.startswith("xl/") for name in names):
        tables = any(name.lower().endswith((".csv", ".vcf")) for name in names)
        mend = "unpack it and name its files" if tables else "save it as .xlsx or .csv"
        what = "is an archive, not an Excel file"
        raise Unreadable(Problem(file=shown, what=what, mend=mend))
    held = sum(p.file_size for p in parts if not p.filename.startswith("xl/worksheets/"))
    everything = sum(part.file_size for part in parts)
    if everything > MAX_UNPACKED or held > MAX_HELD or len(parts) > 10_000:
        raise _too_much(shown, f"unpacks to {everything / 1e6:,.0f} MB")


def _check_doctype(archive: zipfile.ZipFile, part: zipfile.ZipInfo, shown: str) -> None:
    """No .xlsx has a document type; entities that unfold without end need one."""
    if not part.filename.endswith((".xml", ".rels")):
        return
    with archive.open(part) as stream:
        head = stream.read(4096)
    if b"<!DOCTYPE" in head or b"<!DOCTYPE".decode().encode("utf-16-le") in head:
        what = f"its part {part.filename!r} declares a document type, which no Excel file does"
        raise Unreadable(Problem(file=shown, what=what, mend="do not trust this file"))


def _too_much(shown: str, what: str) -> Unreadable:
    mend = "save the one sheet with the addresses as .csv"
    return Unreadable(Problem(file=shown, what=f"{what}, too much to read", mend=mend))


def _damaged(shown: str, error: Exception) -> Unreadable:
    words = clean_text(str(error))[0][:100] or type(error).__name__
    what = f"cannot be read as an Excel file: {words}"
    return Unreadable(Problem(file=shown, what=what, mend="save it again, or as .csv"))
