"""An Excel file gives what a person typed into it; a hostile one gives one line."""

from __future__ import annotations

import tracemalloc
import zipfile
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from digest.errors import ListError
from digest.storage.lists.exchange.xlsx_table import cell_text
from tests.support.exchange import counted, planned, read, told


def save(path: Path, **sheets: list[list[Any]]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (8, "8"),
        (8.0, "8"),
        (8.25, "8.25"),
        (True, "TRUE"),
        (time(8, 30), "08:30"),
        (timedelta(hours=8, minutes=30), "8:30"),
        (datetime(2026, 12, 24), "2026-12-24"),
        (datetime(2026, 12, 24, 8, 30), "2026-12-24 08:30"),
        (date(2026, 12, 24), "2026-12-24"),
        ("x", "x"),
    ],
)
def test_a_cell_is_what_was_typed(value: Any, text: str) -> None:
    assert cell_text(value) == text


def test_numbers_times_and_days_become_a_readers_choices(tmp_path: Path) -> None:
    path = save(
        tmp_path / "people.xlsx",
        People=[
            ["Name", "E-Mail", "send_at", "max_papers", "paused_until", "tags"],
            ["Ada", "ada@example.org", time(8, 30), 12.0, datetime(2026, 12, 24), "lab;x"],
            [None, None, None, None, None, None],
            ["Bob", "bob@example", None, None, None, None],
        ],
    )
    assert read(path)[0].format == "xlsx"
    plan = planned(path)
    assert [dict(row) for row in plan.new] == [
        {
            "email": "ada@example.org",
            "name": "Ada",
            "send_at": "08:30",
            "max_papers": "12",
            "tags": "lab;x",
            "paused_until": "2026-12-24",
        }
    ]
    assert "people.xlsx:4: E-Mail: 'bob@example' is no address" in told(plan)


def test_of_several_sheets_the_first_with_addresses_is_read_and_others_are_named(
    tmp_path: Path,
) -> None:
    path = save(
        tmp_path / "book.xlsx",
        Notes=[["What", "When"], ["a list", 1]],
        Lab=[["Members of the lab"], [], ["Email"], ["ada@example.org"]],
        Old=[["Email"], ["bob@example.org"]],
    )
    plan = planned(path)
    assert [row["email"] for row in plan.new] == ["ada@example.org"]
    assert "book.xlsx (Lab):1: warning: what stands above the header is not read" in told(plan)
    assert "other sheets with addresses are not read: Old" in told(plan)


def test_a_formula_counts_as_its_value_never_as_itself(tmp_path: Path) -> None:
    path = save(
        tmp_path / "sums.xlsx", S=[["Email", "Name"], ["ada@example.org", "=A2"], ["=B9", "x"]]
    )
    raw = tmp_path / "cached.xlsx"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(raw, "w") as new:
        for part in old.infolist():
            content = old.read(part)
            if part.filename.endswith("sheet1.xml"):
                content = content.replace(
                    b'<c r="B2"><f>A2</f><v></v></c>', b'<c r="B2" t="str"><f>A2</f><v>Ada</v></c>'
                ).replace(
                    b'<c r="B2"><f>A2</f><v /></c>', b'<c r="B2" t="str"><f>A2</f><v>Ada</v></c>'
                )
            new.writestr(part, content)
    plan = planned(raw)
    assert [dict(row) for row in plan.new] == [{"email": "ada@example.org", "name": "Ada"}]
    assert counted(plan) == {"new": 1, "invalid": 1}
    assert "sums" not in told(plan)


def with_part(path: Path, part: str, content: bytes) -> Path:
    """The workbook with one part replaced."""
    out = path.with_name("hostile.xlsx")
    with (
        zipfile.ZipFile(path) as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as new,
    ):
        for each in old.infolist():
            if each.filename != part:
                new.writestr(each.filename, old.read(each))
        new.writestr(part, content)
    return out


SHEET = "xl/worksheets/sheet1.xml"
HEAD = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(12))
    + b"]>"
    + HEAD
    + b'<row><c t="inlineStr"><is><t>&m;</t></is></c></row></sheetData></worksheet>'
)
WIDE = HEAD + b"".join(
    b'<row r="%d"><c r="XFD%d"><v>1</v></c></row>' % (n, n) for n in range(1, 5_000)
)


def hostile(kind: str, folder: Path) -> Path:
    path = save(folder / "a.xlsx", S=[["Email"], ["ada@example.org"]])
    match kind:
        case "bomb":
            return with_part(path, SHEET, b" " * 300_000_000)
        case "shared texts":
            return with_part(path, "xl/sharedStrings.xml", b"<x>" + b" " * 60_000_000)
        case "laughs":
            return with_part(path, SHEET, LAUGHS)
        case "far row":
            rows = HEAD + b'<row r="1048576"><c r="A1048576"><v>1</v></c></row>'
            return with_part(path, SHEET, rows + b"</sheetData></worksheet>")
        case "wide":
            return with_part(path, SHEET, WIDE + b"</sheetData></worksheet>")
        case "cut":
            cut = folder / "cut.xlsx"
            cut.write_bytes(path.read_bytes()[:-200])
            return cut
        case "bad sheet":
            return with_part(path, SHEET, HEAD + b"<row><c")
        case "no sheet":
            return with_part(path, "xl/workbook.xml", b"<workbook/>")
        case "old":
            (folder / "old.xlsx").write_bytes(b"\xd0\xcf\x11\xe0" + b"x" * 600)
            return folder / "old.xlsx"
        case _:
            with zipfile.ZipFile(folder / "export.zip", "w") as archive:
                archive.writestr("subscribed.csv", "Email\n")
            return folder / "export.zip"


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("bomb", "unpacks to 300 MB, too much to read"),
        ("shared texts", "too much to read"),
        ("laughs", "declares a document type"),
        ("far row", "too many rows|no column of addresses"),
        ("wide", "too many rows or cells|no column of addresses"),
        ("cut", "cannot be read as an Excel file"),
        ("bad sheet", "cannot be read as an Excel file"),
        ("no sheet", "cannot be read as an Excel file|has no sheet"),
        ("old", "of the old kind"),
        ("archive", "unpack it and name its files"),
    ],
)
def test_a_hostile_workbook_ends_in_one_line_with_little_memory(
    kind: str, words: str, tmp_path: Path
) -> None:
    path = hostile(kind, tmp_path)
    if kind != "far row":  # a million empty rows take ten times as long when each is counted
        tracemalloc.start()
    try:
        with pytest.raises(ListError, match=words) as error:
            planned(path)
        peak = tracemalloc.get_traced_memory()[1]  # 0 when it was not started
    finally:
        tracemalloc.stop()
    assert len(error.value.lines()) == 1
    assert peak < 64_000_000
