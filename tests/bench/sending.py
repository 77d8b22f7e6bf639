"""`digest send` as a whole, beside bare SMTP clients that send the same bytes to the same sink."""

from __future__ import annotations

import asyncio
import os
import shutil
import smtplib
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from tests.bench.row import Row, interleaved
from tests.bench.sink import sink
from tests.support.newsroom import Newsroom, paper

CONNECTIONS = 4


def measure_sending(folder: Path, readers: int, rounds: int) -> list[Row]:
    """Letters a second. Ours reads the list, plans, writes the ledger and renders; peers do not."""
    with sink() as port:
        room = _room(folder, readers, port)
        letters = _letters(room)
        size = sum(map(len, letters)) / len(letters)
        figures = interleaved(
            [
                lambda: readers / _send(room),
                lambda: readers / asyncio.run(_aiosmtplib(port, letters, readers)),
                lambda: readers / _smtplib(port, letters, readers),
            ],
            rounds,
        )
    what = f"digest send, {readers:,} letters of {size / 1000:.0f} KB, ledger on"
    note = f"whole command against the bare client; {CONNECTIONS} connections"
    return [
        Row(what, "aiosmtplib.sendmail", figures[0], figures[1], "letters/s", note=note),
        Row(what, "smtplib, one connection", figures[0], figures[2], "letters/s"),
    ]


def _room(folder: Path, readers: int, port: int) -> Newsroom:
    room = Newsroom(folder / "newsroom")
    words = "We look into the matter at length, count what there is, and find that it holds. "
    room.write_papers([paper(n, abstract=f"Study {n}. " + words * 8) for n in range(11)])
    rows = "".join(f"reader{n}@example.org,Reader {n}\n" for n in range(readers))
    room.write("readers.csv", "email,name\n" + rows)
    room.configure(subscribers={"lists": ["readers.csv"]})
    room.mail_by(port, connections=CONNECTIONS)
    done = room.run("compose")
    assert done.code == 0, done.err
    shutil.copytree(room.state, folder / "composed")
    return room


def _letters(room: Newsroom) -> list[bytes]:
    """A few of the very letters, for the peers to send again and again."""
    before = dict(room.settings["delivery"])
    everybody = (room.folder / "readers.csv").read_text("utf-8")
    room.write("readers.csv", "".join(everybody.splitlines(keepends=True)[:21]))
    room.configure(delivery={"transport": "outbox"})
    done = room.run("send")
    assert done.code == 0, done.err
    letters = [path.read_bytes() for path in (room.state / "outbox" / "new").iterdir()]
    room.write("readers.csv", everybody)
    room.configure(delivery=before)
    return letters


def _send(room: Newsroom) -> float:
    shutil.rmtree(room.state)
    shutil.copytree(room.folder.parent / "composed", room.state)
    begin = time.perf_counter()
    done = room.run("send", timeout=600)
    taken = time.perf_counter() - begin
    assert done.code == 0, done.err
    return taken


async def _aiosmtplib(port: int, letters: list[bytes], readers: int) -> float:
    import aiosmtplib

    numbers = iter(range(readers))

    async def converse() -> None:
        client = aiosmtplib.SMTP(hostname="127.0.0.1", port=port, start_tls=False)
        await client.connect()
        for number in numbers:
            letter = letters[number % len(letters)]
            await client.sendmail("papers@example.org", f"reader{number}@example.org", letter)
        await client.quit()

    begin = time.perf_counter()
    await asyncio.gather(*(converse() for _ in range(CONNECTIONS)))
    return time.perf_counter() - begin


def _smtplib(port: int, letters: list[bytes], readers: int) -> float:
    begin = time.perf_counter()
    with smtplib.SMTP("127.0.0.1", port) as client:
        for number in range(readers):
            letter = letters[number % len(letters)]
            client.sendmail("papers@example.org", f"reader{number}@example.org", letter)
    return time.perf_counter() - begin


def measure_reading(folder: Path, rows: int, rounds: int) -> list[Row]:
    """Seconds to read a list, every row checked, beside `csv.DictReader`; peak memory of both."""
    path = folder / "readers.csv"
    lines = (f"reader{n}@example.org,Reader {n},Vision;Theme {n % 20}\n" for n in range(rows))
    path.write_text("email,name,themes\n" + "".join(lines), encoding="utf-8")
    memory: dict[str, list[float]] = {"ours": [], "peer": []}

    def run(who: str, code: str) -> float:
        command = [sys.executable, "-c", _HEAD + code + _TAIL, str(folder)]
        told = subprocess.run(
            command,
            cwd=Path(__file__).parents[2],
            env=os.environ | {"PYTHONHASHSEED": "0"},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()
        memory[who].append(float(told[1]))
        return float(told[0])

    ours, peer = interleaved([lambda: run("ours", _OURS), lambda: run("peer", _PEER)], rounds)
    what = f"reading a CSV list of {rows:,} rows"
    return [
        Row(what, "csv.DictReader", ours, peer, "CPU s", False, "ours checks every cell"),
        Row("  its peak memory", "csv.DictReader", *_peaks(memory), "MB", False, "whole process"),
    ]


def _peaks(memory: dict[str, list[float]]) -> Iterator[float]:
    return (max(memory[who]) for who in ("ours", "peer"))


_HEAD = """
import csv, sys, time
from pathlib import Path
folder = Path(sys.argv[1])
"""
_OURS = """
from digest.storage.lists.reading import open_lists
from tests.support.lists import config_for
config = config_for(folder, "readers.csv")
begin = time.process_time()
count = sum(1 for _ in open_lists(config))
"""
_PEER = """
begin = time.process_time()
with open(folder / "readers.csv", encoding="utf-8", newline="") as file:
    count = sum(1 for _ in csv.DictReader(file))
"""
_TAIL = """
assert count > 1
used = time.process_time() - begin
# getrusage would tell the parent's peak where that was more.
peak = Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]
print(used, int(peak) / 1024)
"""
