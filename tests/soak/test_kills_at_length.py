"""Fifty kills, twenty signals, many runs at once: the promises hold every time."""

from __future__ import annotations

import random
import signal
import time

import pytest

from tests.support.counting import tally
from tests.support.killing import addresses, kill_at_random, killing_room, run_to_the_end
from tests.support.newsroom import counting_server, finish
from tests.support.smtp_server import Rule

pytestmark = pytest.mark.soak

CONNECTIONS = 8


def test_fifty_kills_among_twenty_thousand_readers(tmp_path):
    """Lost 0; at most one copy too many a connection and kill, on average half of that."""
    readers, kills = 20_000, 50
    with counting_server() as server:
        room = killing_room(tmp_path, server, readers, CONNECTIONS)
        start = lambda: room.start("run")  # noqa: E731
        landed = kill_at_random(start, server, kills, 700, random.Random(5))
        run_to_the_end(room)
        found = tally(server.accepted, addresses(readers))
        print(f"{landed} kills, {found.extra} copies")
        assert landed >= kills // 2
        assert found.breaches(extra=landed * CONNECTIONS // 2) == []
        assert server.violations == []


def test_fifty_kills_with_hold_repeat_nothing(tmp_path):
    readers, kills = 5_000, 50
    with counting_server(Rule("dot", delay=0.005)) as server:
        room = killing_room(tmp_path, server, readers, CONNECTIONS)
        room.configure(delivery={"unknown": "hold"})
        start = lambda: room.start("run")  # noqa: E731
        kill_at_random(start, server, kills, 150, random.Random(7))
        room.run("run", timeout=300)
        found = tally(server.accepted, addresses(readers))
        held = room.run("status", "--unknown", "--json").json["readers"]
        assert found.extra == 0
        assert found.lost <= {row["address"] for row in held}


@pytest.mark.parametrize("turn", range(20))
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_every_stop_on_request_is_exact(tmp_path, number, turn):
    with counting_server(Rule("dot", delay=0.005)) as server:
        room = killing_room(tmp_path, server, 1_000, CONNECTIONS)
        process = room.start("run")
        while len(server.accepted) < 17 * (turn + 1):
            time.sleep(0.002)
        process.send_signal(number)
        assert finish(process).code in (0, 75)
        facts = room.status()
        assert (facts["sent"], facts["unknown"]) == (len(server.accepted), 0)
        run_to_the_end(room)
        assert tally(server.accepted, addresses(1_000)).breaches() == []


@pytest.mark.parametrize("turn", range(20))
@pytest.mark.parametrize("runs", [2, 10])
def test_runs_at_once_are_exact(tmp_path, runs, turn):
    with counting_server(Rule("dot", delay=0.01)) as server:
        room = killing_room(tmp_path, server, 300, CONNECTIONS)
        ended = [finish(process) for process in [room.start("run") for _ in range(runs)]]
        assert {done.code for done in ended} <= {0, 75}
        assert all(len(done.lines) <= 1 for done in ended)
        assert tally(server.accepted, addresses(300)).breaches() == []
