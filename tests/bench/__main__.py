"""`make bench`: a table of comparisons on this machine."""

from __future__ import annotations

import argparse
import os
import platform
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.bench.row import Row
from tests.bench.sending import measure_reading, measure_sending
from tests.bench.writing import measure_writing


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench")
    parser.add_argument("--readers", type=int, default=5_000, help="letters to send")
    parser.add_argument("--rows", type=int, default=200_000, help="rows of the list to read")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each; the median counts")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rows = measure_writing(options.rounds)
        rows += measure_reading(Path(folder), options.rows, options.rounds)
        rows += measure_sending(Path(folder), options.readers, options.rounds)
    show(rows, options.rounds)


def show(rows: list[Row], rounds: int) -> None:
    """Print the table; its ratio says how many times better than the peer (under 1: worse)."""
    title = (
        f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}; "
        f"medians of {rounds} interleaved runs"
    )
    table = Table("what", "ours", "peer's", "unit", "ratio", "peer", "note", title=title)
    for row in rows:
        figures = (
            (f"{row.ours:,.3g}", f"{row.peers:,.3g}")
            if row.ours < 100
            else (
                f"{row.ours:,.0f}",
                f"{row.peers:,.0f}",
            )
        )
        table.add_row(row.what, *figures, row.unit, f"{row.ratio:.2f}x", row.peer, row.note)
    Console(width=170).print(table)


if __name__ == "__main__":
    main()
