"""A run that is killed loses nobody; it repeats at most the letters that were on the wire."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support import careless
from tests.support.counting import tally
from tests.support.killing import addresses, kill_at_random, killing_room, run_to_the_end
from tests.support.newsroom import counting_server, finish, mail_server
from tests.support.smtp_server import Options, Rule

READERS = 200
CONNECTIONS = 2
#: Slow enough that a run lasts some seconds, and a kill meets it at work.
SLOW = Rule("dot", delay=0.02)


def _die_once(room, server) -> None:
    """A run that the server kills; then the server lets everybody live."""
    process = room.start("run")
    server.pid = process.pid
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    server.rules.clear()


def test_five_kills_lose_nobody_and_repeat_little(tmp_path):
    with counting_server(SLOW) as server:
        room = killing_room(tmp_path, server, READERS, CONNECTIONS)
        landed = kill_at_random(lambda: room.start("run"), server, 5, 25, random.Random(11))
        run_to_the_end(room)
        assert landed, "the kills came too late to prove anything"
        found = tally(server.accepted, addresses(READERS))
        assert found.breaches(extra=landed * CONNECTIONS) == []
        assert server.violations == []
        facts = room.status()
        assert (facts["sent"], facts["total"]) == (READERS, READERS)


@pytest.mark.parametrize("stage", ["connect", "ehlo", "mail", "rcpt", "data", "body"])
def test_a_kill_300_ms_before_the_dot_is_exact(tmp_path, stage):
    """What was answered is on record soon, whatever the relay does with the next envelope."""
    skip = 0 if stage in ("connect", "ehlo") else 5
    rule = Rule(stage, skip=skip, times=1, delay=0.3, octets=100, signal=signal.SIGKILL)
    with counting_server(rule) as server:
        room = killing_room(tmp_path, server, 12, 1)
        _die_once(room, server)
        run_to_the_end(room)
        assert tally(server.accepted, addresses(12)).breaches() == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_stop_on_request_is_exact(tmp_path, number):
    with counting_server(SLOW) as server:
        room = killing_room(tmp_path, server, READERS, CONNECTIONS)
        process = room.start("run")
        while len(server.accepted) < 20:
            time.sleep(0.005)
        process.send_signal(number)
        stopped = finish(process)
        assert stopped.code == 75
        assert "stopped on request" in stopped.err
        sent = len(server.accepted)
        assert sent < READERS
        facts = room.status()
        assert (facts["sent"], facts["in_flight"], facts["unknown"]) == (sent, 0, 0)
        run_to_the_end(room)
        assert tally(server.accepted, addresses(READERS)).breaches() == []


def test_a_server_that_knows_copies_sees_each_letter_once(tmp_path):
    rule = Rule("dot", skip=5, times=1, delay=0.3, take=True, signal=signal.SIGKILL)
    with counting_server(rule, options=Options(dedupe=True)) as server:
        room = killing_room(tmp_path, server, 12, 1)
        _die_once(room, server)
        run_to_the_end(room)
        assert tally(server.accepted, addresses(12)).breaches() == []
        assert server.duplicates == 1


@pytest.mark.parametrize(
    ("way", "caught"), [("each", ""), ("hundreds", "copies over"), ("cursor", "lost")]
)
def test_the_trial_catches_a_careless_sender(tmp_path, way, caught):
    """The same kills and the same count pass a careful sender and no other."""
    readers = 900
    with mail_server(Rule("dot", delay=0.01)) as server:
        words = [way, str(server.port), str(readers), str(tmp_path / "memory")]

        def start() -> subprocess.Popen[str]:
            return subprocess.Popen(
                [sys.executable, "-m", "tests.support.careless", *words],
                cwd=Path(__file__).parents[2],
                stderr=subprocess.PIPE,
                text=True,
            )

        landed = kill_at_random(start, server, 4, 190, random.Random(3))
        assert start().wait(60) == 0
        found = tally(server.accepted, addresses(readers))
        breaches = found.breaches(extra=landed * careless.CONNECTIONS)
        assert landed
        assert caught in " ".join(breaches) if caught else breaches == []
