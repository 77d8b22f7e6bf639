"""Workers on PostgreSQL, beside one process on SQLite: letters/s, processor, round trips, growth.

python -m tests.bench --only scaling
python -m tests.bench --only scaling --largest 1000000
"""

from __future__ import annotations

import asyncio
import subprocess
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from statistics import median

import psycopg

from digest.model import EditionKey
from digest.storage.postgres.database import open_postgres
from digest.storage.postgres.leases import Lease
from digest.storage.postgres.ledger import PostgresLedger
from tests.bench.fleet import (
    Sent,
    await_end,
    await_sent,
    child_called,
    fleet,
    new_state,
    peak_of,
    plan,
    send_alone,
    send_by_workers,
)
from tests.bench.rooms import CONNECTIONS, Trial
from tests.bench.row import Row
from tests.bench.sink import sink
from tests.support.newsroom import Newsroom
from tests.support.postgres import Server
from tests.support.recording_sink import Ways, recording_sink

#: Seconds until a relay that is not next door has taken a letter.
LATENCY = 0.03
#: Connections that each worker adds to a relay that is far.
_EACH = 4
PEER = "one process, SQLite"
_LONE = f"{PEER}, {CONNECTIONS} connections"
_CLAIMS = 20
_BATCHES = "SELECT edition, max(batch) FROM delivery GROUP BY edition"
_SIZES = (10_000, 100_000, 1_000_000)
Figures = Sequence[Sent]


def measure_scaling(folder: Path, readers: int, rounds: int, largest: int) -> list[Row]:
    """Each comparison in turn; `largest` ends the table of growth."""
    server = Server(durable=True)
    try:
        return [
            *_near_relay(folder, server, readers, rounds),
            *_far_relay(folder, server, readers // 4, rounds),
            *_growth(folder, server, largest),
        ]
    finally:
        server.close()


def _near_relay(folder: Path, server: Server, readers: int, rounds: int) -> list[Row]:
    """A sink next door, which costs next to nothing: here processors are the limit."""
    trial = Trial(folder / "near", readers)
    with sink() as port:
        relay = child_called("smtp-sink") or child_called("python")

        def alone() -> Sent:
            trial.mail_by(port)
            return send_alone(trial, relay)

        def together(count: int, connections: int, *, counted: bool = False) -> Sent:
            trial.mail_by(port, connections=connections)
            return send_by_workers(trial, server, count, relay, counted=counted)

        works = {
            f"{workers} x worker, {connections} connections": partial(
                together, workers, connections
            )
            for connections in (CONNECTIONS, 2 * CONNECTIONS)
            for workers in (1, 2)
        }
        found = _take_turns({"alone": alone, **works}, rounds)
        counted = together(1, CONNECTIONS, counted=True)
    lone, one = found.pop("alone"), found[next(iter(works))]
    what = f"{readers:,} letters of {trial.size:,} octets"
    rows = [_rate_row(f"{name}: {what}", each, lone, _LONE) for name, each in found.items()]
    rows += [
        Row(f"  {name}: processor of the {part}", _LONE, mine, peers, "µs a letter", False)
        for part, field in (("senders", "senders"), ("sink", "relay"))
        for name, each in found.items()
        for mine, peers in [(_middle(each, field) * 1e6, _middle(lone, field) * 1e6)]
    ]
    rows += [
        Row(
            f"  {name}: processor of PostgreSQL",
            "the sender's own, SQLite in it",
            _middle(each, "database") * 1e6,
            _middle(lone, "senders") * 1e6,
            "µs a letter",
            False,
        )
        for name, each in found.items()
    ]
    rows.append(
        Row(
            f"  1 x worker, {CONNECTIONS} connections: transactions of the database",
            "a commit for each letter",
            _middle(one, "transactions"),
            1.0,
            "a letter",
            False,
            f"{counted.transactions:.2f} where round trips are counted",
        )
    )
    rows.append(
        Row(
            f"  1 x worker, {CONNECTIONS} connections: round trips to the database",
            "one for each letter",
            counted.round_trips,
            1.0,
            "a letter",
            False,
        )
    )
    return rows


def _far_relay(folder: Path, server: Server, readers: int, rounds: int) -> list[Row]:
    """A relay that takes its time: connections are the limit, which all workers share."""
    trial = Trial(folder / "far", readers)
    # Small batches: else few of the workers would have one.
    trial.room.configure(delivery={"batch_size": 50})
    with recording_sink(folder / "far-sink", Ways(delay=LATENCY)) as far:

        def alone() -> Sent:
            trial.mail_by(far.port, connections=_EACH)
            return send_alone(trial, [far.pid])

        def together(count: int) -> Sent:
            trial.mail_by(far.port, connections=_EACH * count)
            return send_by_workers(trial, server, count, [far.pid])

        works = {"alone": alone}
        for count in (1, 2, 4, 8):
            works[f"{count} x {_EACH} connections"] = lambda count=count: together(count)
        found = _take_turns(works, rounds)
    lone = found.pop("alone")
    what = f"{readers:,} letters, a relay that takes {LATENCY * 1000:.0f} ms"
    return [_rate_row(f"workers, {name}: {what}", each, lone) for name, each in found.items()]


def _growth(folder: Path, server: Server, largest: int) -> list[Row]:
    """How plan, jobs and memory grow, beside a plan of as many on SQLite."""
    rows: list[Row] = []
    first = 0.0
    with sink() as port:
        for size in (size for size in _SIZES if size <= largest):
            room = _small_letters(folder / f"growth-{size}", size, port)
            alone, alone_peak = _plan_alone(room)
            with new_state(room, server):
                plain, _ = _plan_alone(room)
            with new_state(room, server) as url:
                seconds, peak = plan(room)
                claimed = _claiming(url, room.state)
                with fleet(room, 1, url) as (worker,):
                    begin = time.perf_counter()
                    await_sent(url)
                    rate, worker_peak = size / (time.perf_counter() - begin), peak_of(worker)
            first = first or claimed
            each, what, peer = 1e6 / size, f"{size:,} readers", "a plan on SQLite"
            note, sent = f"{seconds:.1f} s, {alone:.1f} s", f"{rate:,.0f} small letters/s"
            rows += [
                Row(f"run --enqueue: {what}", peer, seconds * each, alone * each, "µs a reader",
                    False, note),
                Row("  the same without jobs", peer, plain * each, alone * each, "µs a reader",
                    False),
                Row("  its peak memory", peer, peak, alone_peak, "MB", False),
                Row("  claim of a batch", f"of {_SIZES[0]:,} readers", claimed * 1e6, first * 1e6,
                    "µs a letter", False),
                Row("  a worker's peak memory when all are sent", peer, worker_peak, alone_peak,
                    "MB", False, sent),
            ]  # fmt: skip
    return rows


def _claiming(url: str, state: Path) -> float:
    """Seconds a letter that a worker's claim of a whole batch takes, in batches here and there."""
    database = open_postgres(url, create=False, state=state)
    with psycopg.connect(url) as connection:
        ((edition, batches),) = connection.execute(_BATCHES).fetchall()

    async def claim() -> float:
        lease = Lease(database, command="bench", heartbeat=60, timeout=60)
        await lease.begin()
        ledger = PostgresLedger(database, EditionKey(edition), lease, batches=True)
        found = []
        for number in range(1, batches + 1, max(batches // _CLAIMS, 1)):
            ledger.add_batch(number)
            begin = time.perf_counter()
            readers = await ledger.claim(batches * 1_000_000, datetime.now(UTC))
            found.append((time.perf_counter() - begin) / len(readers))
            await ledger.release(readers)
            await ledger.drop_batch(number)
        await ledger.close()
        await lease.end()
        return median(found)

    try:
        return asyncio.run(claim())
    finally:
        database.close()


def _small_letters(folder: Path, readers: int, port: int) -> Newsroom:
    room = Newsroom(folder)
    room.now = None
    with (room.folder / "readers.csv").open("w", encoding="utf-8") as file:
        file.write("email,name,format\n")
        file.writelines(f"reader{n}@example.org,Reader {n},text\n" for n in range(readers))
    room.configure(subscribers={"lists": ["readers.csv"]})
    room.mail_by(port, connections=CONNECTIONS, letters_per_connection=1_000_000)
    return room


def _plan_alone(room: Newsroom) -> tuple[float, int]:
    """The same plan on SQLite: nobody is due yet, so that `run` plans and sends nothing."""
    listed = room.folder / "readers.csv"
    now = listed.read_text()
    listed.write_text(
        now.replace(",text\n", ",text,23:59\n").replace("format\n", "format,send_at\n")
    )
    room.now = "2026-11-23T07:00:00+00:00"
    begin = time.perf_counter()
    _, peak = await_end(room.start("run", stdout=subprocess.DEVNULL))
    seconds = time.perf_counter() - begin
    assert room.status()["pending"], "nothing was planned"
    room.now = None
    listed.write_text(now)
    return seconds, peak


def _take_turns(works: dict[str, Callable[[], Sent]], rounds: int) -> dict[str, list[Sent]]:
    """The works one after the other, in a turning order."""
    found: dict[str, list[Sent]] = {name: [] for name in works}
    names = list(works)
    for number in range(rounds):
        turn = number % len(names)
        for name in names[turn:] + names[:turn]:
            found[name].append(works[name]())
    return found


def _rate_row(what: str, ours: Figures, alone: Figures, peer: str = PEER) -> Row:
    """Its ratio is the median of those of single rounds, which is less shaken than of medians."""
    ratios = [a.rate / b.rate for a, b in zip(ours, alone, strict=True)]
    return Row(
        what,
        peer,
        _middle(ours, "rate"),
        _middle(alone, "rate"),
        "letters/s",
        note=f"in pairs {median(ratios):.2f}x",
    )


def _middle(figures: Figures, field: str) -> float:
    return median(getattr(each, field) for each in figures)
