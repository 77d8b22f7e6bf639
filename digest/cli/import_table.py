"""Readers who would be imported, as a table on the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from digest.cli.desk import note

_WIDEST = 32


def show_table(rows: Sequence[Mapping[str, str]], *, more: int) -> None:
    """The first rows as they will stand in the list, and how many follow."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    table = Table(box=box.SIMPLE, pad_edge=False)
    for name in names:
        table.add_column(name, overflow="ellipsis", no_wrap=True, max_width=_WIDEST)
    for row in rows:
        table.add_row(*(Text(row.get(name, "")) for name in names))
    console = Console(stderr=True, markup=False, highlight=False)
    with console.capture() as captured:
        console.print(table)
    for line in captured.get().rstrip("\n").split("\n"):
        note(line.rstrip())
    if more > 0:
        note(f"  ... and {more:,} more")
