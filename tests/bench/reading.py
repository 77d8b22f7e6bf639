"""A long list read by the command, beside `csv.DictReader`: seconds, and the peak of memory."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from subprocess import DEVNULL, Popen

from tests.bench.row import Row, interleaved
from tests.support.newsroom import Newsroom

_DICT_READER = """
import csv, sys
with open(sys.argv[1], encoding="utf-8", newline="") as file:
    assert sum(1 for _ in csv.DictReader(file)) > 1
"""


def measure_reading(folder: Path, rows: int, rounds: int) -> list[Row]:
    """Whole commands: `subscribers check`, and `send --dry-run`, which plans besides."""
    room = Newsroom(folder / "reading")
    with (room.folder / "readers.csv").open("w", encoding="utf-8") as file:
        file.write("email,name,themes\n")
        for n in range(rows):
            themes = f"Vision;Theme {n % 20}" if n % 4 == 0 else ""
            file.write(f"reader{n}@example.org,Reader {n},{themes}\n")
    room.configure(subscribers={"lists": ["readers.csv"]})
    assert (done := room.run("compose")).code == 0, done.err
    peaks: dict[str, int] = {}

    def ours(*words: str) -> float:
        return _watch(room.start(*words, stdout=DEVNULL), peaks, words[0])

    def peer() -> float:
        command = [sys.executable, "-c", _DICT_READER, str(room.folder / "readers.csv")]
        return _watch(Popen(command), peaks, "peer")

    works = [lambda: ours("subscribers", "check"), lambda: ours("send", "--dry-run"), peer]
    check, plan, theirs = interleaved(works, rounds)
    found = []
    for words, name, seconds in (
        ("subscribers check", "subscribers", check),
        ("send --dry-run", "send", plan),
    ):
        what = f"{words}: a CSV list of {rows:,} rows"
        found.append(Row(what, "csv.DictReader", seconds, theirs, "s", False))
        peak = Row("  its peak memory", "csv.DictReader", peaks[name], peaks["peer"], "MB", False)
        found.append(peak)
    return found


def _watch(process: Popen[str] | Popen[bytes], peaks: dict[str, int], name: str) -> float:
    """Seconds until the end; notes the most megabytes it held, seen every 10 ms."""
    begin = time.perf_counter()
    status = Path(f"/proc/{process.pid}/status")
    while process.poll() is None:
        peak = status.read_text().partition("VmHWM:")[2].split()[:1]
        peaks[name] = max(peaks.get(name, 0), int(peak[0]) // 1024 if peak else 0)
        time.sleep(0.01)
    if process.stderr:
        process.stderr.close()
    assert process.returncode == 0
    return time.perf_counter() - begin
