"""Finds the header of a table and the column of addresses, and says what it did not find."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from digest.errors import Problem
from digest.storage.lists.exchange.any_tool import ANY_TOOL, watches
from digest.storage.lists.exchange.columns import Mapped, field_of, map_columns, plain, tell_unread
from digest.storage.lists.exchange.foreign import Format, Line
from digest.storage.lists.exchange.google_groups import GOOGLE_GROUPS, TITLE
from digest.storage.lists.exchange.listmonk import LISTMONK
from digest.storage.lists.exchange.mailchimp import MAILCHIMP
from digest.storage.lists.exchange.substack import SUBSTACK
from digest.storage.lists.exchange.tool import Tool
from digest.storage.lists.fields import parse_email
from digest.storage.lists.row import Unreadable
from digest.storage.lists.text import clean_text, trim

TOOLS = (MAILCHIMP, LISTMONK, SUBSTACK, GOOGLE_GROUPS)
#: How many rows are looked at to understand a table.
SAMPLE = 50
#: Formats that say how a file is written, not by whom.
_BY_COLUMNS = (Format.AUTO, Format.CSV, Format.XLSX)
_DEEPEST = 20  # a header stands within so many rows


class Header(NamedTuple):
    """`at` is the header's place among the sampled rows, -1 where there is none."""

    at: int
    names: tuple[str, ...]
    mapped: Mapped
    tool: Tool
    notes: tuple[Problem, ...]


def find_header(
    shown: str, sample: Sequence[Line], given: Mapping[str, str], format_: Format
) -> Header:
    """Understand the first rows of a table. `given` is what `--column` said.

    Raises:
        Unreadable: there is no column of addresses, or the file is not of `format_`.
    """
    at = _named_header(sample, given)
    by_content = at is None
    if at is None:
        at = _header_above_addresses(sample)
    names = _names(sample, at)
    tool = _tool(shown, names, format_)
    mapped = map_columns(names, given, tool.reads | tool.ignores)
    notes = _skipped(shown, sample[: max(at, 0)])
    if "email" not in mapped.fields:
        column = _address_column(sample[at + 1 :])
        if column is None:
            raise _no_addresses(shown, names, sample, at)
        mapped = _with_email(mapped, column)
        notes.append(_guessed(shown, names[column], headed=at >= 0))
    elif by_content and at < 0:
        notes.append(Problem(file=shown, what="has no header row", warning=True))
    heard = [n for n in mapped.unread if watches(plain(names[n]))]
    unread = [n for n in mapped.unread if plain(names[n]) not in tool.reads and n not in heard]
    notes += tell_unread(shown, names, unread)
    return Header(at, names, mapped, tool, tuple(notes))


def is_address(text: str) -> bool:
    """Whether a cell is an address, maybe behind a name, and nothing else."""
    if "@" not in text:
        return False
    try:
        parse_email(trim(text))
    except ValueError:
        return False
    return True


def _named_header(sample: Sequence[Line], given: Mapping[str, str]) -> int | None:
    """The first row with a column for addresses by its name."""
    said = {theirs.casefold() for theirs, ours in given.items() if ours == "email"}
    for at, line in enumerate(sample[:_DEEPEST]):
        if any(map(is_address, line.cells)):
            return None
        if any(field_of(c) == "email" or c.strip().casefold() in said for c in line.cells):
            return at
    return None


def _header_above_addresses(sample: Sequence[Line]) -> int:
    """The row above the first address; -1 when an address stands in the first row of all."""
    for at, line in enumerate(sample):
        if any(map(is_address, line.cells)):
            return at - 1
    return 0


def _names(sample: Sequence[Line], at: int) -> tuple[str, ...]:
    width = max((len(line.cells) for line in sample), default=0)
    if at < 0 or not sample:
        return tuple(f"column {n + 1}" for n in range(width))
    return tuple(clean_text(cell)[0] for cell in sample[at].cells)


def _tool(shown: str, names: Sequence[str], format_: Format) -> Tool:
    bare = frozenset(map(plain, names))
    for tool in TOOLS:
        if format_ is tool.format:
            if not tool.fits(bare):
                what = f"has not the columns of an export from {tool.called}"
                mend = f"it has: {', '.join(names[:8])}"
                raise Unreadable(Problem(file=shown, what=what, mend=mend))
            return tool
        if format_ in _BY_COLUMNS and tool.fits(bare):
            return tool
    return ANY_TOOL


def _address_column(rows: Sequence[Line]) -> int | None:
    """The column where most of the filled cells are addresses."""
    filled: Counter[int] = Counter()
    addresses: Counter[int] = Counter()
    for line in rows:
        for number, cell in enumerate(line.cells):
            filled[number] += bool(cell.strip())
            addresses[number] += is_address(cell)
    fit = [n for n, count in addresses.items() if count and count * 2 > filled[n]]
    return max(fit, key=lambda n: (addresses[n], -n), default=None)


def _with_email(mapped: Mapped, column: int) -> Mapped:
    fields = {name: number for name, number in mapped.fields.items() if number != column}
    unread = tuple(n for n in mapped.unread if n != column)
    return Mapped({**fields, "email": column}, unread)


def _skipped(shown: str, above: Sequence[Line]) -> list[Problem]:
    rows = [line for line in above if not is_title(line)]
    if not rows:
        return []
    what = f"what stands above the header is not read: {rows[0].cells[0][:60]!r}"
    return [Problem(file=shown, line=rows[0].number, what=what, warning=True)]


def is_title(line: Line) -> bool:
    """Whether this is the first line of an export from Google Groups."""
    return line.cells[0].lower().startswith(TITLE)


def _guessed(shown: str, name: str, *, headed: bool) -> Problem:
    what = f"no column is named for addresses; {name!r} holds them and is read as email"
    if not headed:
        what = f"has no header row; {name} holds addresses"
    mend = "--column THEIRS=OURS (a column's name or number) says more"
    return Problem(file=shown, what=what, mend=mend, warning=True)


def _no_addresses(shown: str, names: Sequence[str], sample: Sequence[Line], at: int) -> Unreadable:
    listed = ", ".join(repr(name) for name in names[:12] if name)
    line = sample[at].number if sample and at >= 0 else 1
    what = f"has no column of addresses; it has: {listed or 'nothing'}"
    mend = "name it with --column THEIRS=email"
    return Unreadable(Problem(file=shown, line=line, what=what, mend=mend))
