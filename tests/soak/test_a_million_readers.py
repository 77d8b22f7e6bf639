"""A million readers are planned, handed out, checked and mailed in bounded memory."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.bench.sink import sink
from tests.support.newsroom import Newsroom, finish

pytestmark = pytest.mark.soak

READERS = 1_000_000
PRELUDE = '''
import sys
from pathlib import Path

folder, count = Path(sys.argv[1]), int(sys.argv[2])

def peak():
    """Most memory held so far, in KB; getrusage would tell the parent's where that was more."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0])

def grown(before):
    return (peak() - before) // 1024
'''
FREEZE = """
from digest.model import EditionKey
from digest.storage import census
from digest.storage.ledger import EditionLedger
from tests.support.state import KEY, NOW, freeze_readers, new_database, outcome, reader
from digest.model import OutcomeKind

with new_database(folder) as database:
    eve = EditionKey("2026-11-22")
    freeze_readers(database, [reader("warm", key=eve)], key=eve)
    before = peak()
    assert freeze_readers(database, (reader(f"r{n}") for n in range(count)))
    ledger = EditionLedger(database, KEY)
    served = 0
    while claimed := ledger.claim(2_000, NOW):
        sent = [(each, outcome(OutcomeKind.SENT)) for each in claimed]
        ledger.record(claimed, (), NOW)
        ledger.record((), sent, NOW)
        served += len(claimed)
    assert census.counts(database, KEY)["sent"] == served == count, served
print(grown(before))
"""
CHECK = """
from digest.errors import ListError
from digest.storage.lists.reading import open_lists
from tests.support.lists import config_for

path = folder / "readers.csv"
with path.open("w", encoding="utf-8") as file:
    file.write("email,name,themes\\n")
    for n in range(count - 1):
        file.write(f"reader{n}@example.org,Reader {n},Vision;Theme {n % 20}\\n")
    file.write("nobody-at-all,Bad Row,\\n")
before = peak()
reading = open_lists(config_for(folder, "readers.csv"), skip_bad_rows=True)
assert sum(1 for _ in reading) == count - 1
assert (reading.rows, reading.rejected) == (count, 1)
assert [(problem.line) for problem in reading.problems] == [count + 1]
print(grown(before))
"""


def megabytes(code: str, folder: Path) -> int:
    """Run the trial in a process of its own; how far its memory grew at most."""
    command = [sys.executable, "-c", PRELUDE + code, str(folder), str(READERS)]
    done = subprocess.run(
        command, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return int(done.stdout)


def test_a_million_readers_are_frozen_and_served_in_bounded_memory(tmp_path: Path) -> None:
    """Rows stream into the ledger, batches out of it: what is held does not grow with them."""
    assert megabytes(FREEZE, tmp_path) < 120


def test_a_list_of_a_million_rows_is_checked_in_bounded_memory(tmp_path: Path) -> None:
    """Held are the file's bytes with one short key a reader, to find her second row."""
    assert megabytes(CHECK, tmp_path) < 400


def test_a_million_readers_are_mailed_within_400_mb(tmp_path: Path) -> None:
    """The whole command: list, plan, freeze, and small letters over sixteen connections."""
    room = Newsroom(tmp_path / "newsroom")
    with (room.folder / "readers.csv").open("w", encoding="utf-8") as file:
        file.write("email,name,format\n")
        file.writelines(f"reader{n}@example.org,Reader {n},text\n" for n in range(READERS))
    room.configure(subscribers={"lists": ["readers.csv"]})
    with sink() as port:
        room.mail_by(port, connections=16, letters_per_connection=1_000_000)
        process = room.start("send", "--json")
        status, peak = Path(f"/proc/{process.pid}/status"), 0
        while process.poll() is None:
            found = status.read_text().partition("VmHWM:")[2].split()
            peak = max(peak, int(found[0]) // 1024 if found else 0)
            time.sleep(0.2)
    done = finish(process)
    (edition,) = done.json["editions"]
    run = edition["this_run"]
    print(f"{run['rate']:.0f} letters/s, {peak} MB")
    assert (done.code, edition["sent"], edition["total"]) == (0, READERS, READERS)
    assert 0 < peak < 400
