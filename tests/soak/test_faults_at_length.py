"""Crashes, cuts, full disks and locks, many times or for long: the promises hold every time."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.acceptance.test_durability import cut_power, traced_run
from tests.acceptance.test_sick_ledgers import frozen_room
from tests.support.counting import tally
from tests.support.killing import addresses, killed_run, killing_room, run_to_the_end
from tests.support.newsroom import counting_server, finish
from tests.support.racing import run_at_once
from tests.support.smtp_server import Rule
from tests.support.state import held_database

pytestmark = pytest.mark.soak

CONNECTIONS = 8
READERS = 2_000


@pytest.mark.parametrize("stage", ["connect", "ehlo", "mail", "rcpt", "data", "body", "dot"])
def test_a_kill_at_any_stage_among_two_thousand(tmp_path, stage):
    chance = random.Random(stage)
    nth = 8 if stage in ("connect", "ehlo") else chance.randint(300, 1_700)
    rule = Rule(stage, skip=nth - 1, times=1, octets=100, signal=signal.SIGKILL)
    with counting_server(rule, Rule("dot", delay=0.002)) as server:
        room = killing_room(tmp_path, server, READERS, CONNECTIONS)
        killed_run(room, server)
        run_to_the_end(room)
        assert tally(server.accepted, addresses(READERS)).breaches(extra=CONNECTIONS) == []


@pytest.mark.parametrize("nth", [1, 57, READERS])
def test_a_kill_at_the_dot_among_two_thousand_repeats_one_letter(tmp_path, nth):
    rule = Rule("dot", skip=nth - 1, times=1, delay=0.1, take=True, signal=signal.SIGKILL)
    with counting_server(rule) as server:
        room = killing_room(tmp_path, server, READERS, 1)
        killed_run(room, server)
        run_to_the_end(room)
        found = tally(server.accepted, addresses(READERS))
        assert found.breaches(extra=1) == []
        assert found.extra == 1


@pytest.mark.parametrize("runs", [2, 10])
@pytest.mark.parametrize("turn", range(20))
def test_runs_of_one_moment_are_exact(tmp_path, runs, turn):
    with counting_server(Rule("dot", delay=0.04)) as server:
        room = killing_room(tmp_path, server, 40, 1)
        ended = run_at_once(room, runs)
        assert sorted(each.done.code for each in ended) == [0] + [75] * (runs - 1)
        assert tally(server.accepted, addresses(40)).breaches() == []


def test_between_a_250_and_the_next_content_of_two_thousand_the_log_is_synced(tmp_path):
    with counting_server() as server:
        found = traced_run(tmp_path, server, READERS, CONNECTIONS, "full")
    assert found.answers == READERS
    sessions = len({letter.session for letter in server.accepted})
    assert found.proven == found.contents == READERS - sessions


@pytest.mark.parametrize("turn", range(40))
def test_a_power_cut_at_a_chance_moment_repeats_at_most_a_letter_of_each_connection(tmp_path, turn):
    chance = random.Random(turn)
    with counting_server() as server:
        room = killing_room(tmp_path, server, 150, 4)
        cut_power(room, chance.randint(100, 240), chance)
        assert room.run("run").code == 0
        assert tally(server.accepted, addresses(150)).breaches(extra=4) == []


def test_a_ledger_that_another_program_holds_for_a_minute_sends_nothing_meanwhile(tmp_path):
    with counting_server() as server:
        room = frozen_room(tmp_path, server.port, 20)
        with held_database(room.state):
            done = room.run("run")
            assert done.code == 1
            assert "locked by another program" in done.err
            assert server.accepted == []
        assert room.run("run").code == 0
        assert tally(server.accepted, addresses(20)).breaches() == []


def test_a_real_full_disk_stops_the_run_and_the_rest_goes_when_there_is_room(tmp_path):
    """A file system of 2.5 MB in a name space of its own; it is made larger for the second run."""
    with counting_server() as server:
        room = frozen_room(tmp_path / "room", server.port, READERS)
        room.state.rename(tmp_path / "kept")
        room.state.mkdir(mode=0o700)
        script = textwrap.dedent(f"""
            mount -t tmpfs -o size=2560k,mode=700 tmpfs {room.state} || exit 9
            cp -a {tmp_path}/kept/. {room.state}
            {sys.executable} -m digest run; echo "first $?"
            mount -o remount,size=64m {room.state}
            {sys.executable} -m digest run; echo "second $?"
        """)
        assert room.now is not None
        ended = subprocess.run(
            ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script],
            cwd=Path("/"),
            env={"DIGEST_CONFIG": str(room.folder / "config.yaml"), "DIGEST_NOW": room.now,
                 "PATH": "/usr/bin:/bin:/usr/sbin:/sbin"},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )  # fmt: skip
        assert ended.returncode == 0, ended.stderr
        assert ended.stdout.splitlines() == ["first 1", "second 0"]
        assert "full" in ended.stderr
        assert tally(server.accepted, addresses(READERS)).breaches(extra=CONNECTIONS) == []


@pytest.mark.parametrize("turn", range(10))
def test_a_second_signal_at_a_chance_moment_costs_at_most_a_letter_of_each(tmp_path, turn):
    with counting_server(Rule("dot", delay=0.005)) as server:
        room = killing_room(tmp_path, server, 600, CONNECTIONS)
        process = room.start("run")
        while len(server.accepted) < 50 * (turn + 1):
            assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        process.send_signal(signal.SIGINT)
        assert finish(process).code == 75
        run_to_the_end(room)
        assert tally(server.accepted, addresses(600)).breaches(extra=CONNECTIONS) == []
