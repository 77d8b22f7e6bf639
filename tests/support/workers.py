"""Workers that share an edition: started, stopped and killed, beside one database and one sink.

with Works(tmp_path, readers=2_000) as works:
    works.plan()
    works.start_workers(2)
    works.wait_for(500)
    works.kill_one(chance)
    works.wait_till_done()
    works.stop_all()
    assert works.account().breaches(unknown=works.at_stake) == []
"""

from __future__ import annotations

import contextlib
import os
import random
import re
import signal
import subprocess
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

import psycopg

from tests.support.account import Account, draw_up
from tests.support.killing import addresses
from tests.support.newsroom import Done, Newsroom
from tests.support.postgres import Server
from tests.support.recording_sink import Ways, recording_sink

#: What planner, workers and pages sign with: as on machines of their own.
KEY = "a key that only trials know"
_OPEN = "state IN ('pending', 'claimed', 'data', 'deferred')"


class Works:
    """A newsletter, its PostgreSQL server, its mail server and its workers.

    `at_stake` counts the connections that killed workers had: so many letters may be in doubt.
    """

    def __init__(
        self,
        folder: Path,
        *,
        readers: int,
        server: Server | None = None,
        ways: Ways = Ways(),
        connections: int = 4,
        **delivery: Any,
    ) -> None:
        self.readers = addresses(readers)
        self.folder = folder
        self.room = Newsroom(folder / "newsroom")
        self.room.now = None
        self.processes: list[subprocess.Popen[str]] = []
        self._logs: dict[int, Path] = {}
        self.at_stake = 0
        self.kills = 0
        self._stack = ExitStack()
        self._started = 0
        self._server, self._ways = server, ways
        self._delivery = {"batch_size": 200, "unknown": "hold"} | delivery
        self._connections = connections

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            if self._server is None:
                self._server = Server(durable=True)
                stack.callback(self._server.close)
            self.server = self._server
            self.url = self.server.make_database()
            self.sink = stack.enter_context(recording_sink(self.folder / "sink", self._ways))
            stack.callback(self._end)
            self._configure()
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _configure(self) -> None:
        room = self.room
        rows = "".join(f"{address}\n" for address in self.readers)
        room.write("readers.csv", "email\n" + rows)
        room.configure(
            subscribers={"lists": ["readers.csv"]}, workers={"heartbeat": 0.5, "timeout": 3}
        )
        room.mail_by(self.sink.port, connections=self._connections)
        room.configure(delivery=self._delivery)
        room.environ |= {"DIGEST_DATABASE_URL": self.url, "DIGEST_SECRET_KEY": KEY}

    def plan(self) -> None:
        """Plan the day's edition and hand its batches out."""
        done = self.room.run("run", "--enqueue", timeout=300)
        assert done.code == 0, done.err
        planned = self.ask("SELECT count(*) FROM delivery")
        assert planned == len(self.readers), planned

    def planned(self) -> tuple[int, int]:
        """How many rows of the ledger and how many jobs there are; no tables hold none."""
        tables = "to_regclass('delivery') IS NOT NULL AND to_regclass('procrastinate_jobs')"
        if not self.ask(f"SELECT {tables} IS NOT NULL"):
            return 0, 0
        jobs = "SELECT count(*) FROM procrastinate_jobs WHERE args ? 'batch'"
        return self.ask("SELECT count(*) FROM delivery"), self.ask(jobs)

    def start_worker(self, url: str | None = None) -> subprocess.Popen[str]:
        """One more worker, perhaps by another way to the database; its words go to a file."""
        self._started += 1
        log = (self.folder / f"worker-{self._started}.log").open("w")
        known = dict(self.room.environ)
        if url:
            self.room.environ["DIGEST_DATABASE_URL"] = url
        process = self.room.start("-v", "worker", stdout=log, stderr=log)
        self.room.environ = known
        log.close()
        self._logs[process.pid] = Path(log.name)
        self.processes.append(process)
        return process

    def start_workers(self, count: int) -> None:
        for _ in range(count):
            self.start_worker()

    def kill(self, process: subprocess.Popen[str]) -> None:
        """SIGKILL; what connections it had then counts as at stake."""
        process.send_signal(signal.SIGSTOP)
        self.at_stake += connections_of(process.pid, self.sink.port)
        process.send_signal(signal.SIGKILL)
        process.wait()
        self.processes.remove(process)
        self.kills += 1

    def kill_one(self, chance: random.Random) -> None:
        """Kill any worker, and start another as systemd does."""
        alive = [each for each in self.processes if each.poll() is None]
        if alive:
            self.kill(chance.choice(alive))
        self.start_worker()

    def stop(self, process: subprocess.Popen[str], *, timeout: float = 60) -> None:
        """Ask one to end, and wait for it."""
        self._hear_from(process)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout) in (0, 75), self.words()
        self.processes.remove(process)

    def stop_all(self, *, timeout: float = 60) -> None:
        """Ask all at once."""
        for process in self.processes:
            self._hear_from(process)
        for process in self.processes:
            process.send_signal(signal.SIGTERM)
        for process in list(self.processes):
            assert process.wait(timeout) in (0, 75), self.words()
            self.processes.remove(process)

    def _hear_from(self, process: subprocess.Popen[str]) -> None:
        """Before its first word a program ends as any other does that is asked to."""
        limit = time.monotonic() + 20
        while process.poll() is None and not self._logs[process.pid].stat().st_size:
            assert time.monotonic() < limit, f"{process.pid} says nothing"
            time.sleep(0.02)

    def restart_dead(self) -> None:
        """Start a worker for each that ended by itself, as systemd does."""
        for process in [each for each in self.processes if each.poll() is not None]:
            self.processes.remove(process)
            self.start_worker()

    def ask(self, query: str) -> Any:
        """One value out of the database."""
        with psycopg.connect(self.url) as connection:
            row = connection.execute(query).fetchone()
        return row[0] if row else None

    def wait_for(self, letters: int, *, within: float = 60) -> None:
        """Until the sink has taken so many letters in all."""
        limit = time.monotonic() + within
        while self.sink.count() < letters:
            assert time.monotonic() < limit, f"{self.sink.count()} letters; {self.words()}"
            time.sleep(0.01)

    def left(self) -> int:
        """How many letters are still to come; a database that is away has told nothing."""
        with contextlib.suppress(psycopg.OperationalError):
            return int(self.ask(f"SELECT count(*) FROM delivery WHERE {_OPEN}"))
        return len(self.readers)

    def wait_till_done(self, *, within: float = 120) -> None:
        """Until no letter is still to come."""
        limit = time.monotonic() + within
        while left := self.left():
            assert time.monotonic() < limit, f"{left} letters still to come; {self.words()}"
            time.sleep(0.1)

    def account(self) -> Account:
        return draw_up(self.url, self.sink.record(), self.readers)

    def jobs(self) -> dict[str, int]:
        """How many jobs there are in each of Procrastinate's states."""
        query = "SELECT status::text, count(*) FROM procrastinate_jobs GROUP BY 1"
        with psycopg.connect(self.url) as connection:
            return dict(connection.execute(query).fetchall())

    def words(self) -> str:
        """What the workers said last; none may ever show a traceback."""
        texts = [(path.name, path.read_text()) for path in sorted(self.folder.glob("worker-*.log"))]
        return "\n".join(f"{name}: {text[-400:]}" for name, text in texts)

    def check_words(self) -> None:
        for path in self.folder.glob("worker-*.log"):
            text = path.read_text()
            assert "Traceback" not in text, f"{path.name}: {text[-3000:]}"
            assert "a bug in digest" not in text, f"{path.name}: {text[-3000:]}"

    def run(self, *words: str) -> Done:
        return self.room.run(*words)

    def _end(self) -> None:
        for process in self.processes:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            process.wait()
        with contextlib.suppress(psycopg.OperationalError):
            self.server.drop_database(self.url)


def connections_of(pid: int, port: int) -> int:
    """How many TCP connections a process has to a port of this machine (proc(5))."""
    inodes = set()
    for file in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(OSError):
            inodes |= set(re.findall(r"socket:\[(\d+)\]", os.readlink(file)))
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    there = f"0100007F:{port:04X}"
    return sum(row[2] == there and row[9] in inodes for row in lines)
