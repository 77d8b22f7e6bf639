"""Of runs that start in one moment one works; the others say so at once and leave."""

from __future__ import annotations

import signal
import time

import pytest

from tests.support.counting import tally
from tests.support.killing import addresses, killing_room
from tests.support.newsroom import counting_server
from tests.support.racing import run_at_once
from tests.support.smtp_server import Rule

READERS = 40


@pytest.mark.parametrize("runs", [2, 4, pytest.param(10, marks=pytest.mark.soak)])
def test_runs_that_start_in_the_same_moment_are_exact_and_losers_leave_at_once(tmp_path, runs):
    """Less than a second of work each; the first has long to go when they are gone."""
    with counting_server(Rule("dot", delay=0.04)) as server:
        room = killing_room(tmp_path, server, READERS, 1)
        *losers, winner = run_at_once(room, runs)
        assert (winner.done.code, winner.done.err) == (0, "")
        assert [each.done.code for each in losers] == [75] * (runs - 1)
        for each in losers:
            assert each.worked < 1.0
            assert each.took < winner.took or runs > 2
            (line,) = each.done.lines
            assert "another run is at work" in line
        assert tally(server.accepted, addresses(READERS)).breaches() == []


def test_a_killed_run_leaves_no_lock_behind(tmp_path):
    """The file that names the dead run is still there; the kernel's lock is gone with it."""
    with counting_server(Rule("dot", delay=0.04)) as server:
        room = killing_room(tmp_path, server, READERS, 1)
        process = room.start("run")
        while len(server.accepted) < 3:
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert str(process.pid) in (room.state / "run.lock").read_text()
        server.rules.clear()
        done = room.run("run")
        assert done.code == 0
        assert "at work" not in done.err
        assert tally(server.accepted, addresses(READERS)).breaches(extra=1) == []
