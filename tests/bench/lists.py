"""A long list checked and edited by command, beside who only reads it: seconds and memory."""

from __future__ import annotations

import os
import shutil
import sys
import time
from pathlib import Path

from tests.bench.row import Row, interleaved
from tests.support.newsroom import Newsroom

_DICT_READER = """
import csv, sys
with open(sys.argv[1], encoding="utf-8", newline="") as file:
    assert sum(1 for _ in csv.DictReader(file)) > 1
"""
_MAILMERGE = """
import pathlib, sys
from mailmerge.__main__ import read_csv_database
assert sum(1 for _ in read_csv_database(pathlib.Path(sys.argv[1]))) > 1
"""
_PEERS = {"csv.DictReader": _DICT_READER, "mailmerge's reading": _MAILMERGE}
_WORKS = {
    "subscribers check": ("check",),
    "subscribers add": ("add", "new@example.org"),
    "subscribers pause": ("pause", "reader900@example.org"),
    "subscribers remove": ("remove", "reader901@example.org"),
}


def measure_lists(folder: Path, rows: int, rounds: int) -> list[Row]:
    """Processor seconds of whole commands on a CSV list, and on a YAML list a fiftieth as long."""
    found: list[Row] = []
    for name, length in (("readers.csv", rows), ("readers.yaml", max(rows // 50, 1_000))):
        room = Newsroom(folder / "lists" / name)
        room.configure(subscribers={"lists": [name]})
        original = _write(folder / f"original-{name}", length)
        peaks: dict[str, int] = {}

        def ours(what: str, room: Newsroom = room, original: Path = original) -> float:
            shutil.copy(original, room.folder / original.name.removeprefix("original-"))
            words = ["-m", "digest", "-c", str(room.folder / "config.yaml"), "subscribers"]
            return _run([*words, *_WORKS[what]], what, peaks)  # noqa: B023 - called at once

        def peer(what: str, original: Path = original) -> float:
            return _run(["-c", _PEERS[what], str(original)], what, peaks)  # noqa: B023

        peers = list(_PEERS) if name.endswith(".csv") else []
        works = [lambda what=what: ours(what) for what in _WORKS]
        works += [lambda what=what: peer(what) for what in peers]
        figures = dict(zip([*_WORKS, *peers], interleaved(works, rounds), strict=True))
        if not peers:  # nobody else reads our YAML: the most that it may take
            figures["the limit"], peaks["the limit"] = 3.0, 400
        others = peers or ["the limit"]
        for what in _WORKS:
            title = f"{what}: {length:,} rows of {name.rpartition('.')[2].upper()}"
            found += [Row(title, o, figures[what], figures[o], "s CPU", False) for o in others]
            most = others[0]
            found.append(
                Row("  its peak memory", most, peaks[what], peaks[most], "MB", more_is_better=False)
            )
    return found


def _write(path: Path, rows: int) -> Path:
    with path.open("w", encoding="utf-8") as file:
        if path.suffix == ".csv":
            file.write("email,name,themes,paused_until\n")
        for n in range(rows):
            if path.suffix == ".csv":
                themes = f"Robotics*;Theme {n % 20}*" if n % 4 == 0 else ""
                file.write(f"reader{n}@example.org,Reader {n},{themes},\n")
            else:
                file.write(f"- email: reader{n}@example.org\n  name: Reader {n}\n")
                file.write(f"  themes: [Robotics*, Theme {n % 20}*]\n  send_at: 7:30\n")
    return path


def _run(words: list[str], name: str, peaks: dict[str, int]) -> float:
    """Processor seconds of a Python process; notes the most megabytes that it held."""
    environ = os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}
    actions = [(os.POSIX_SPAWN_OPEN, fd, os.devnull, os.O_RDWR, 0) for fd in (0, 1, 2)]
    pid = os.posix_spawn(sys.executable, [sys.executable, *words], environ, file_actions=actions)
    status_file = Path(f"/proc/{pid}/status")  # its own peak: wait4 would tell ours if it is higher
    while True:
        peak = status_file.read_text().partition("VmHWM:")[2].split()[:1]
        ended, status, usage = os.wait4(pid, os.WNOHANG)
        if ended:
            break
        peaks[name] = max(peaks.get(name, 0), int(peak[0]) // 1024 if peak else 0)
        time.sleep(0.01)
    assert os.waitstatus_to_exitcode(status) == 0, words
    return usage.ru_utime + usage.ru_stime
