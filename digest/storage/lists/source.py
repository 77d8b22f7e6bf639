"""A list file's bytes, read in one go, with the encoding they are in.

One read makes one snapshot: a list that is rewritten meanwhile is noticed, never mixed.
"""

from __future__ import annotations

import codecs
import io
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from digest.errors import Problem
from digest.storage.lists.row import Place, Unreadable

MAX_BYTES = 1 << 30
_CHUNK = 1 << 20
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
#: What old Office files begin with, .xls among them.
OLD_EXCEL = b"\xd0\xcf\x11\xe0"


class Source(NamedTuple):
    """`raw` whole, byte order mark included; the text starts at `bom` and is in `codec`."""

    path: Path
    shown: str
    raw: bytes
    codec: str
    bom: int
    warnings: tuple[Problem, ...] = ()

    def lines(self) -> Iterator[str]:
        """The text's lines with their line ends: LF, CR LF or CR, nothing else."""
        stream = io.BytesIO(self.raw)
        stream.seek(self.bom)
        return io.TextIOWrapper(stream, encoding=self.codec, newline="")

    @property
    def ends_with_line_break(self) -> bool:
        tail = self.raw[-2:].decode(self.codec, "replace")
        return tail.endswith(("\n", "\r"))


def looks_like_excel(head: bytes) -> bool:
    """Whether a file that begins with `head` is a zip archive, as .xlsx is, or an old .xls."""
    return head.startswith((b"PK\x03\x04", OLD_EXCEL))


def load_source(path: Path, shown: str, *, legacy: bool) -> Source:
    """Read a list file; with `legacy`, what is not UTF-8 may be Windows-1252 or Mac Roman.

    Raises:
        Unreadable: it cannot be read, changed meanwhile, is empty, or is no text.
    """
    return parse_source(_load_bytes(path, shown), path, shown, legacy=legacy)


def parse_source(raw: bytes, path: Path, shown: str, *, legacy: bool) -> Source:
    """Decide the encoding of a file's bytes.

    Raises:
        Unreadable: they are empty, or no text.
    """
    bom, codec = next(((len(b), c) for b, c in _BOMS if raw.startswith(b)), (0, "utf-8"))
    if not raw[bom:].strip():
        mend = "a half-written list looks like this; remove the file if nobody is meant"
        raise Unreadable(Problem(file=shown, line=1, what="is empty", mend=mend))
    if codec != "utf-8":
        _check_wide(raw[bom:], codec, shown)
        return Source(path, shown, raw, codec, bom)
    if looks_like_excel(raw):
        mend = f"if it is an Excel workbook, `digest subscribers import {shown}` reads it"
        raise Unreadable(Problem(file=shown, line=1, what="is not a text file", mend=mend))
    _refuse_nul(raw, shown)
    if (fault := _first_fault(raw, "utf-8")) is None:
        return Source(path, shown, raw, codec, bom)
    if not legacy or bom:
        raise _bad(shown, _place(raw, fault.start), "is not UTF-8 text", "save it as UTF-8")
    return _legacy(raw, path, shown, fault)


def _load_bytes(path: Path, shown: str) -> bytes:
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # reading a FIFO would wait for ever
            raise Unreadable(Problem(file=shown, what="is not a regular file"))
        with path.open("rb") as stream:
            before = os.fstat(stream.fileno())
            if before.st_size > MAX_BYTES:
                mend = "split it into several lists"
                raise Unreadable(Problem(file=shown, what="is larger than 1 GB", mend=mend))
            raw = stream.read()
            after = os.fstat(stream.fileno())
    except OSError as error:
        what = f"cannot be read: {error.strerror}"
        raise Unreadable(Problem(file=shown, what=what)) from None
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise Unreadable(
            Problem(file=shown, what="was changed while it was read", mend="try again")
        )
    return raw


def _legacy(raw: bytes, path: Path, shown: str, fault: UnicodeDecodeError) -> Source:
    place = _place(raw, fault.start)
    if fault.reason == "unexpected end of data" and fault.end >= len(raw):
        mend = "the file is cut off; if it is whole, end its last line with a line break"
        raise _bad(shown, place, "the file ends inside a character", mend)
    if not raw.decode("utf-8", "ignore").isascii():
        raise _bad(shown, place, "mixes UTF-8 with another encoding", "save it all as UTF-8")
    # Bare CR ends lines where a spreadsheet saved as "CSV (Macintosh)"; its letters are a Mac's.
    mac = b"\r" in raw and b"\n" not in raw
    codec, called = ("mac-roman", "Mac Roman") if mac else ("cp1252", "Windows-1252 (cp1252)")
    if (undefined := _first_fault(raw, codec)) is not None:
        place = _place(raw, undefined.start)
        raise _bad(shown, place, "is neither UTF-8 nor Windows-1252 text", "save it as UTF-8")
    warning = Problem(
        file=shown,
        line=place[0],
        column=place[1],
        what=f"is not UTF-8, so it is read as {called}",
        mend="save it as UTF-8",
        warning=True,
    )
    return Source(path, shown, raw, codec, 0, (warning,))


def _first_fault(raw: bytes, codec: str) -> UnicodeDecodeError | None:
    """Where decoding stops, found in chunks so that a large list is not held twice."""
    if raw.isascii():
        return None
    start = 0
    while start < len(raw):
        end = raw.find(b"\n", start + _CHUNK) + 1 or len(raw)
        try:
            raw[start:end].decode(codec)
        except UnicodeDecodeError as error:
            error.start, error.end = error.start + start, error.end + start
            return error
        start = end
    return None


def _check_wide(raw: bytes, codec: str, shown: str) -> None:
    try:
        text = raw.decode(codec)
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode(codec, "replace").encode()
        what = f"is not whole {codec[:6].upper()} text: cut off or damaged"
        raise _bad(shown, _place(before, len(before)), what, "save it as UTF-8") from None
    if "\0" in text:
        _refuse_nul(text.encode(), shown)


def _refuse_nul(raw: bytes, shown: str) -> None:
    position = raw.find(b"\0")
    if position >= 0:
        mend = "save it as UTF-8 text; a damaged disk looks like this"
        raise _bad(shown, _place(raw, position), "holds a NUL byte", mend)


def _place(raw: bytes, position: int) -> Place:
    """Line and column of a byte in text that is ASCII enough to have line feeds."""
    start = max(raw.rfind(b"\n", 0, position), raw.rfind(b"\r", 0, position)) + 1
    head = raw[:start]
    line = head.count(b"\n") + head.count(b"\r") - head.count(b"\r\n") + 1
    line_bytes = raw[start:position].removeprefix(codecs.BOM_UTF8)
    return line, len(line_bytes.decode("utf-8", "replace")) + 1


def _bad(shown: str, place: Place, what: str, mend: str) -> Unreadable:
    line, column = place
    return Unreadable(Problem(file=shown, line=line, column=column, what=what, mend=mend))
