"""`digest send` with its ledger on a PostgreSQL server, beside the same with SQLite.

python -m tests.bench.ledgers FOLDER [READERS] [ROUNDS]
"""

from __future__ import annotations

import shutil
import sys
import time
from pathlib import Path
from statistics import median

from tests.bench.rooms import Trial
from tests.bench.sink import sink
from tests.support.postgres import Server

_URL = "DIGEST_DATABASE_URL"


class _OnServer:
    """The trial's state on a server that waits for the disk, from the same beginning each time."""

    def __init__(self, trial: Trial, server: Server) -> None:
        self._trial, self._server = trial, server
        self._composed = server.make_database()
        self._state = trial.folder / "composed-on-server"
        shutil.rmtree(trial.room.state, ignore_errors=True)
        trial.room.state.mkdir()
        trial.room.environ[_URL] = self._composed
        assert (done := trial.room.run("compose")).code == 0, done.err
        shutil.copytree(trial.room.state, self._state)

    def begin(self) -> None:
        shutil.rmtree(self._trial.room.state, ignore_errors=True)
        shutil.copytree(self._state, self._trial.room.state)
        name = self._server.name_of(self._composed)
        self._trial.room.environ[_URL] = self._server.make_database(name)

    def end(self) -> None:
        self._server.drop_database(self._trial.room.environ.pop(_URL))


def measure_ledgers(folder: Path, readers: int, rounds: int) -> list[tuple[float, ...]]:
    """Pairs of (letters a second as it reports, letters a second of the whole) for both."""
    trial = Trial(folder, readers)
    server = Server(durable=True)
    kept = _OnServer(trial, server)
    found = []
    with sink() as port:
        trial.mail_by(port)
        for _ in range(rounds):
            trial.room.environ.pop(_URL, None)
            trial.begin()
            file = _send(trial)
            kept.begin()
            found.append((*file, *_send(trial)))
            kept.end()
            print("  ".join(f"{figure:8.0f}" for figure in found[-1]), flush=True)
    server.close()
    return found


def _send(trial: Trial) -> tuple[float, float]:
    begin = time.perf_counter()
    done = trial.send()
    wall = time.perf_counter() - begin
    (edition,) = done.json["editions"]
    assert edition["sent"] == trial.readers
    return edition["this_run"]["rate"], trial.readers / wall


if __name__ == "__main__":
    given = sys.argv[1:]
    rows = measure_ledgers(Path(given[0]), *map(int, given[1:] or ["20000", "5"]))
    print("file: sending, whole; server: sending, whole (letters/s)")
    print("  ".join(f"{median(column):8.0f}" for column in zip(*rows, strict=True)))
