"""One edition sent by one process or by workers, and what each part of it took."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg

from tests.bench.rooms import Trial
from tests.support.newsroom import Newsroom
from tests.support.pg_wire import PgWire, pg_wire
from tests.support.postgres import Server

_TICK = os.sysconf("SC_CLK_TCK")
_KEY = "a key that only benchmarks know"
_SPAN = "SELECT count(*), min(updated_at), max(updated_at) FROM delivery WHERE state = 'sent'"
# A job is gone when its batch is done.
_DONE = "SELECT NOT EXISTS (SELECT FROM procrastinate_jobs WHERE status IN ('todo', 'doing'))"
_TRANSACTIONS = """
    SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = current_database()
"""


@dataclass(frozen=True, kw_only=True)
class Sent:
    """Letters a second from the first 250 to the last, and processor seconds a letter from when
    the relay has something to do: without start and plan.

    `transactions` and `round_trips` are a letter's, `peak` is the megabytes of the largest sender.
    """

    rate: float
    senders: float
    database: float
    relay: float
    transactions: float = 0.0
    round_trips: float = 0.0
    peak: int = 0


def send_alone(trial: Trial, relay: Sequence[int]) -> Sent:
    """`digest send` on SQLite, by one process."""
    trial.begin()
    process = trial.room.start("send", "--json", stdout=subprocess.DEVNULL)
    _await_traffic(relay)
    before, until_then = cpu_of(relay), cpu_of([process.pid])
    seconds, peak = await_end(process)
    with closing(sqlite3.connect(trial.room.state / "digest.db")) as database:
        span = database.execute(_SPAN).fetchone()
    each = 1 / trial.readers
    return Sent(
        rate=_rate(span, trial.readers),
        senders=(seconds - until_then) * each,
        database=0.0,
        relay=(cpu_of(relay) - before) * each,
        peak=peak,
    )


def send_by_workers(
    trial: Trial, server: Server, workers: int, relay: Sequence[int], *, counted: bool = False
) -> Sent:
    """`run --enqueue` to so many workers, who were idle until then.

    `counted`: round trips too, which makes the way to the database longer.
    """
    with (
        new_state(trial.room, server) as url,
        pg_wire(url) if counted else nullcontext() as wire,
        fleet(trial.room, workers, wire.url if wire else url) as senders,
    ):
        facts = lambda: _facts(server, url, senders, relay, wire)  # noqa: E731
        planner = trial.room.start("run", "--enqueue", stdout=subprocess.DEVNULL)
        _await_traffic(relay)
        before = facts()
        await_end(planner)
        await_sent(url)
        after = facts()
        peak = max(map(peak_of, senders))
        with psycopg.connect(url) as database:
            span = database.execute(_SPAN).fetchone()
    rest = [(late - early) / trial.readers for early, late in zip(before, after, strict=True)]
    mine, postgres, taker, transactions, trips = rest
    return Sent(
        rate=_rate(span, trial.readers),
        senders=mine,
        database=postgres,
        relay=taker,
        transactions=transactions,
        round_trips=trips,
        peak=peak,
    )


@contextmanager
def new_state(room: Newsroom, server: Server) -> Iterator[str]:
    """An empty database for a newsroom, with its tables made; its URI."""
    shutil.rmtree(room.state, ignore_errors=True)
    url = server.make_database()
    room.environ |= {"DIGEST_DATABASE_URL": url, "DIGEST_SECRET_KEY": _KEY}
    done = room.run("db", "upgrade")
    assert done.code == 0, done.err
    try:
        yield url
    finally:
        del room.environ["DIGEST_DATABASE_URL"], room.environ["DIGEST_SECRET_KEY"]
        shutil.rmtree(room.state, ignore_errors=True)
        server.drop_database(url)


@contextmanager
def fleet(room: Newsroom, workers: int, url: str) -> Iterator[list[int]]:
    """So many workers that wait for work; their process ids."""
    known = room.environ["DIGEST_DATABASE_URL"]
    room.environ["DIGEST_DATABASE_URL"] = url
    null = subprocess.DEVNULL
    processes = [room.start("worker", stdout=null, stderr=null) for _ in range(workers)]
    room.environ["DIGEST_DATABASE_URL"] = known
    try:
        _await(known, f"SELECT count(*) >= {workers} FROM worker")
        yield [process.pid for process in processes]
    finally:
        for process in processes:
            process.send_signal(signal.SIGTERM)
        for process in processes:
            process.wait(60)


def plan(room: Newsroom) -> tuple[float, int]:
    """Plan the edition and hand its batches out: seconds of the clock, peak megabytes."""
    begin = time.perf_counter()
    process = room.start("run", "--enqueue", stdout=subprocess.DEVNULL)
    _, peak = await_end(process)
    return time.perf_counter() - begin, peak


def await_sent(url: str) -> None:
    """Until all batches are done."""
    _await(url, _DONE)


def _await_traffic(relay: Sequence[int]) -> None:
    """Until letters come to the relay, which is idle."""
    idle = cpu_of(relay)
    while cpu_of(relay) - idle < 2 / _TICK:
        time.sleep(0.005)


def _await(url: str, query: str, *, within: float = 3_600) -> None:
    limit = time.monotonic() + within
    with psycopg.connect(url, autocommit=True) as database:
        while database.execute(query).fetchone() != (True,):
            assert time.monotonic() < limit, query
            time.sleep(0.1)


def await_end(process: subprocess.Popen[str]) -> tuple[float, int]:
    """Processor seconds of a process until its end, and its peak in megabytes."""
    peak = 0
    while True:
        peak = max(peak, peak_of(process.pid))
        ended, status, usage = os.wait4(process.pid, os.WNOHANG)
        if ended:
            break
        time.sleep(0.02)
    process.returncode = os.waitstatus_to_exitcode(status)
    words = process.stderr.read() if process.stderr else ""
    assert process.returncode == 0, words
    return usage.ru_utime + usage.ru_stime, peak


def peak_of(pid: int) -> int:
    """The most megabytes that a process has held (proc(5))."""
    with suppress(OSError):
        found = Path(f"/proc/{pid}/status").read_text().partition("VmHWM:")[2].split()
        return int(found[0]) // 1024 if found else 0
    return 0


def cpu_of(pids: Iterable[int], *, children: bool = False) -> float:
    """Processor seconds of processes, perhaps with those of children that have ended."""
    ticks = 0
    for pid in pids:
        with suppress(OSError):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += sum(map(int, fields[11:15] if children else fields[11:13]))
    return ticks / _TICK


def cpu_of_server(server: Server) -> float:
    """Processor seconds of PostgreSQL: its postmaster, and all its children ever."""
    postmaster = int((Path(server.server.pgdata) / "postmaster.pid").read_text().split()[0])
    tasks = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
    return cpu_of([postmaster], children=True) + cpu_of(map(int, tasks))


def child_called(name: str) -> list[int]:
    """Our own children of that name."""
    pids = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    return [int(pid) for pid in pids if Path(f"/proc/{pid}/comm").read_text().strip() == name]


def _facts(
    server: Server, url: str, senders: Iterable[int], relay: Iterable[int], wire: PgWire | None
) -> tuple[float, ...]:
    with psycopg.connect(url) as database:
        database.execute("SELECT pg_stat_force_next_flush()")
        row = database.execute(_TRANSACTIONS).fetchone()
    trips = wire.round_trips if wire else 0
    return (cpu_of(senders), cpu_of_server(server), cpu_of(relay), row[0] if row else 0, trips)


def _rate(span: tuple[int, int, int] | None, readers: int) -> float:
    assert span is not None
    count, first, last = span
    assert count == readers, f"{count} of {readers} sent"
    return (count - 1) / ((last - first) / 1e6)
