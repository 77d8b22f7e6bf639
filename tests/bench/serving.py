"""What `digest serve` answers in a second, beside the same steps in plain Starlette."""

from __future__ import annotations

import asyncio
import re
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from statistics import median, quantiles

from digest.mailing.token import UNSUBSCRIBE, TokenSigner
from tests.bench.peer_site import KEYS
from tests.bench.row import Row
from tests.support.newsroom import Newsroom

POSTS = 4_000
PAGES = 4_000
CLIENTS = 64
IDLE = 500
_CLICK = b"List-Unsubscribe=One-Click"
_READER = """
    INSERT INTO delivery (edition, address_key, address, name, reader_id, segment, due_at, state,
      updated_at)
    SELECT edition, ?1, ?1, '', ?2, '', 0, 'sent', 0 FROM campaign LIMIT 1
"""
_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)


def measure_serving(folder: Path, rounds: int) -> list[Row]:
    """Rows of leaving and of looking; every leaver is in the database before its answer."""
    left: dict[str, list[tuple[float, float]]] = {"ours": [], "peer": []}
    seen: dict[str, list[tuple[float, float]]] = {"ours": [], "peer": []}
    with ExitStack() as stack:
        ports = {
            "ours": stack.enter_context(_ours(folder / "ours", rounds)),
            "peer": stack.enter_context(_peer(folder / "peer.db")),
        }
        for number in range(rounds):
            for name in ("ours", "peer") if number % 2 else ("peer", "ours"):
                port, keys = ports[name]
                left[name].append(_leave(port, keys, number))
                seen[name].append(asyncio.run(_load(port, [_get("/")] * PAGES)))
    peer = "starlette, a commit each"
    what = f"one-click POSTs, all durable, {IDLE} idle clients"
    (posts, late), (peers, peers_late) = _medians(left["ours"]), _medians(left["peer"])
    (pages, _), (peers_pages, _) = _medians(seen["ours"]), _medians(seen["peer"])
    note = f"{CLIENTS} clients at once"
    return [
        Row(what, peer, posts, peers, "POSTs/s", note=note),
        Row(f"p99 of them at {CLIENTS} clients", peer, late, peers_late, "ms", False),
        Row(
            "pages of an edition of 40 papers", "starlette + jinja2", pages, peers_pages, "pages/s"
        ),
    ]


def _medians(rounds: Sequence[tuple[float, float]]) -> tuple[float, float]:
    return median(rate for rate, _ in rounds), median(late for _, late in rounds)


@contextmanager
def _ours(folder: Path, rounds: int) -> Iterator[tuple[int, tuple[bytes, ...]]]:
    """The site with an edition in its archive, and a ledger with all who will leave."""
    room = Newsroom(folder)
    room.now = None
    room.write_papers(
        [
            {"id": f"d{n}", "title": f"Study {n:03d}", "abstract": "We look into it. " * 40}
            for n in range(40)
        ]
    )
    assert room.run("run").code == 0
    with closing(sqlite3.connect(room.state / "digest.db")) as database, database:
        rows = ((f"r{n}@example.org", _name(n)) for n in range(POSTS * rounds))
        database.executemany(_READER, rows)
    keys = tuple((room.state / "secret.key").read_bytes().split())
    process = room.start("serve", "--port", "0")
    assert process.stderr is not None
    line = process.stderr.readline()
    try:
        yield int(re.findall(r":(\d+)/ ", line)[0]), keys
    finally:
        process.terminate()
        process.communicate()


@contextmanager
def _peer(path: Path) -> Iterator[tuple[int, tuple[bytes, ...]]]:
    command = [sys.executable, "-m", "tests.bench.peer_site", str(path)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield int(process.stdout.readline()), KEYS
    finally:
        process.terminate()
        process.communicate()


def _name(number: int) -> str:
    return f"{number:022d}"


def _leave(port: int, keys: tuple[bytes, ...], number: int) -> tuple[float, float]:
    sign = TokenSigner(keys, UNSUBSCRIBE).sign
    first = number * POSTS
    requests = [_post(f"/u/{sign(_name(n))}") for n in range(first, first + POSTS)]
    with ExitStack() as stack:
        for _ in range(IDLE):
            stack.enter_context(socket.create_connection(("127.0.0.1", port)))
        return asyncio.run(_load(port, requests))


def _post(path: str) -> bytes:
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(_CLICK)}\r\n"
    kind = "Content-Type: application/x-www-form-urlencoded\r\n\r\n"
    return (head + kind).encode() + _CLICK


def _get(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()


async def _load(port: int, requests: Sequence[bytes]) -> tuple[float, float]:
    """Answers a second, and the 99th percentile of their times in ms; all must be 200."""
    waiting = iter(requests)
    times: list[float] = []

    async def client() -> None:
        reading, writing = await asyncio.open_connection("127.0.0.1", port)
        for request in waiting:
            begin = time.perf_counter()
            writing.write(request)
            head = await reading.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200"), head
            found = _LENGTH.search(head)
            assert found is not None
            await reading.readexactly(int(found[1]))
            times.append(time.perf_counter() - begin)
        writing.close()

    begin = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(CLIENTS)))
    seconds = time.perf_counter() - begin
    return len(times) / seconds, quantiles(times, n=100)[98] * 1000
