"""A newsletter whose state is a PostgreSQL database, with the workers that mail it."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from tests.support.killing import addresses
from tests.support.newsroom import Newsroom
from tests.support.postgres import fresh_database
from tests.support.smtp_server import ScriptedServer

#: What the planner and its workers sign with.
KEY = "a key that the planner knows"
BATCH = 20


class Cluster:
    """`planner` is the room with lists and papers; `ask` answers an SQL question."""

    def __init__(self, folder: Path, url: str, server: ScriptedServer, readers: int) -> None:
        self.folder, self.url = folder, url
        self.readers = addresses(readers)
        self.planner = Newsroom(folder / "planner")
        self.planner.now = None
        self.planner.environ |= {"DIGEST_DATABASE_URL": url, "DIGEST_SECRET_KEY": KEY}
        rows = "".join(f"{address}\n" for address in self.readers)
        self.planner.write("readers.csv", "email\n" + rows)
        self.planner.configure(subscribers={"lists": ["readers.csv"]})
        self._furnish(self.planner, server.port)

    def elsewhere(self, name: str, port: int) -> Newsroom:
        """A worker's machine: a config and the keys, neither lists nor papers."""
        room = Newsroom(self.folder / name)
        room.now = self.planner.now
        room.environ |= self.planner.environ
        for file in ("readers.yaml", "papers.json"):
            (room.folder / file).unlink()
        room.configure(subscribers={"lists": ["nobody.yaml"]}, templates={"daily": "nowhere"})
        self._furnish(room, port)
        return room

    def _furnish(self, room: Newsroom, port: int) -> None:
        room.configure(workers={"heartbeat": 0.3, "timeout": 1.5, "batches": 2})
        room.mail_by(port, connections=2)
        room.configure(delivery={"batch_size": BATCH})

    def plan(self) -> None:
        done = self.planner.run("run", "--enqueue")
        assert (done.code, done.out, done.err) == (0, "", "")

    def ask(self, query: str, *given: Any) -> Any:
        """The one value that answers, or all rows of several columns or several rows."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            cursor = connection.execute(query, given)
            rows = cursor.fetchall() if cursor.description else []
        return rows[0][0] if len(rows) == 1 and len(rows[0]) == 1 else rows

    def jobs(self) -> dict[int, str]:
        """The state of each batch's job."""
        with psycopg.connect(self.url) as connection:
            query = "SELECT (args ->> 'batch')::int, status::text FROM procrastinate_jobs"
            return dict(connection.execute(query).fetchall())

    def states(self) -> dict[str, int]:
        """The letters' states."""
        with psycopg.connect(self.url) as connection:
            query = "SELECT state, count(*) FROM delivery GROUP BY state"
            return dict(connection.execute(query).fetchall())


@contextmanager
def cluster(folder: Path, server: ScriptedServer, readers: int) -> Iterator[Cluster]:
    """With a database of its own."""
    with fresh_database() as url:
        yield Cluster(folder, url, server, readers)


@contextmanager
def worker(room: Newsroom, *words: str) -> Iterator[subprocess.Popen[str]]:
    """One that runs until it is told to end, or killed at the end of the block."""
    process = room.start("worker", *words)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            process.communicate()


def wait_until(so: Callable[[], bool], seconds: float = 60) -> None:
    """Until it is so; that it never comes so is a failure."""
    limit = time.monotonic() + seconds
    while not so():
        assert time.monotonic() < limit, "it does not come so"
        time.sleep(0.02)
