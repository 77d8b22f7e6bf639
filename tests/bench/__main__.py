"""`make bench`: a table of comparisons on this machine."""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.bench.interests import measure_interests
from tests.bench.lists import measure_lists
from tests.bench.ranking import measure_ranking
from tests.bench.reading import measure_reading
from tests.bench.rendering import measure_rendering
from tests.bench.rooms import Trial
from tests.bench.row import Row
from tests.bench.scaling import measure_scaling
from tests.bench.sending import measure_distance, measure_sending, measure_signing
from tests.bench.serving import measure_serving
from tests.bench.sink import sink
from tests.bench.summaries import measure_summaries
from tests.bench.writing import measure_writing


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench")
    parser.add_argument("--readers", type=int, default=20_000, help="letters to send")
    parser.add_argument("--rows", type=int, default=1_000_000, help="rows of the list to read")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each; the median counts")
    parser.add_argument("--quick", action="store_true", help="small numbers, one round")
    parser.add_argument("--only", default="", help="some of: " + ", ".join(_parts("", 1, 1, 1, 1)))
    parser.add_argument("--largest", type=int, default=100_000, help="readers of the largest plan")
    parser.add_argument("--profile", action="store_true", help="where one send spends its time")
    options = parser.parse_args()
    if options.quick:
        options.readers, options.rows, options.rounds = 2_000, 50_000, 1
        options.largest = 10_000
    with tempfile.TemporaryDirectory() as folder:
        if options.profile:
            profile(Path(folder), options.readers)
            return
        parts = _parts(folder, options.readers, options.rows, options.rounds, options.largest)
        wanted = options.only.split(",") if options.only else list(parts)
        rows = [row for name in wanted for row in parts[name]()]
    show(rows, options.rounds)


def _parts(
    folder: str, readers: int, rows: int, rounds: int, largest: int
) -> dict[str, Callable[[], list[Row]]]:
    place = Path(folder)
    return {
        "writing": lambda: measure_writing(rounds),
        "rendering": lambda: measure_rendering(place / "peers", rounds),
        "sending": lambda: measure_sending(place, readers, rounds),
        "choices": lambda: measure_sending(place, readers, rounds, 2_000),
        "distance": lambda: measure_distance(place, max(readers // 20, 200), rounds),
        "reading": lambda: measure_reading(place, rows, rounds),
        "lists": lambda: measure_lists(place, rows, rounds),
        "ranking": measure_ranking,
        "interests": lambda: measure_interests(rounds),
        "signing": lambda: measure_signing(place, readers, rounds),
        "summaries": lambda: measure_summaries(rounds),
        "serving": lambda: measure_serving(place / "serving", rounds),
        "scaling": lambda: measure_scaling(place / "scaling", readers, rounds, largest),
    }


def profile(folder: Path, readers: int) -> None:
    """Print where the main thread of one send is."""
    trial = Trial(folder / "profile", readers)
    with sink() as port:
        trial.mail_by(port)
        here = str(Path(__file__).parents[2])
        trial.room.environ["PYTHONPATH"] = here
        trial.begin()
        done = trial.send(command="tests.bench.profile")
    sys.stdout.write(done.err)


def show(rows: list[Row], rounds: int) -> None:
    """Print the table; its ratio says how many times better than the peer (under 1: worse)."""
    title = (
        f"{_machine()}, {os.cpu_count()} cores, Python {platform.python_version()}; "
        f"medians of {rounds} interleaved runs"
    )
    table = Table("what", "ours", "peer's", "unit", "ratio", "peer", "note", title=title)
    for row in rows:
        places = ",.3g" if row.ours < 100 else ",.0f"
        figures = (f"{row.ours:{places}}", f"{row.peers:{places}}")
        table.add_row(row.what, *figures, row.unit, f"{row.ratio:.2f}x", row.peer, row.note)
    Console(width=170).print(table)


def _machine() -> str:
    """The processor's name, where the system tells it."""
    known = Path("/proc/cpuinfo")
    text = known.read_text() if known.exists() else ""
    names = [line.partition(":")[2].strip() for line in text.splitlines() if "model name" in line]
    return names[0] if names else platform.machine()


if __name__ == "__main__":
    main()
