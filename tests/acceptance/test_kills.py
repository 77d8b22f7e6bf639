"""A run that is killed loses nobody; it repeats at most the letter that was on the wire."""

from __future__ import annotations

import random
import signal
import time
from collections import defaultdict

import pytest

from tests.support.newsroom import KeepingServer, Newsroom, finish, mail_server
from tests.support.smtp_server import Rule

READERS = 200
CONNECTIONS = 2
#: Slow enough that a run lasts some seconds, and a kill meets it at work.
SLOW = Rule("dot", delay=0.02)


def _room(folder, server: KeepingServer) -> Newsroom:
    room = Newsroom(folder)
    room.now = None  # the machine's own clock
    room.write_readers([{"email": f"reader{n}@example.org"} for n in range(READERS)])
    room.mail_by(server.port, connections=CONNECTIONS)
    return room


def _kill_in_the_middle(room: Newsroom, server: KeepingServer, chance: random.Random) -> bool:
    """Start a run and kill it after some letters more; False: it had ended before."""
    process = room.start("run")
    aim = len(server.accepted) + chance.randint(0, 25)
    while process.poll() is None and len(server.accepted) < aim:
        time.sleep(0.002)
    time.sleep(chance.random() * 0.03)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    return process.returncode == -signal.SIGKILL


def _trial(folder, kills: int, seed: int) -> None:
    chance = random.Random(seed)
    with mail_server(SLOW) as server:
        room = _room(folder, server)
        landed = sum(_kill_in_the_middle(room, server, chance) for _ in range(kills))
        last = room.run("run")
        while last.code == 75:
            last = room.run("run")
        assert last.code == 0, last.err
        taken = defaultdict(list)
        for letter in server.accepted:
            taken[letter.recipient].append((letter.message_id, letter.sha256))
        assert landed, "the kills came too late to prove anything"
        assert set(taken) == {f"reader{n}@example.org" for n in range(READERS)}, "lost"
        assert all(len(set(copies)) == 1 for copies in taken.values()), "not the same letter"
        assert len(server.accepted) - READERS <= landed * CONNECTIONS
        facts = room.status()
        assert (facts["sent"], facts["total"]) == (READERS, READERS)


def test_five_kills_lose_nobody_and_repeat_little(tmp_path):
    _trial(tmp_path, kills=5, seed=11)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(10))
def test_fifty_kills_lose_nobody_and_repeat_little(tmp_path, seed):
    _trial(tmp_path, kills=5, seed=seed)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_on_request_is_exact(tmp_path, number):
    with mail_server(SLOW) as server:
        room = _room(tmp_path, server)
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
        assert room.run("run").code == 0
        assert len(server.accepted) == READERS
        assert max(server.recipients.values()) == 1


def test_held_letters_wait_for_a_person(tmp_path):
    with mail_server(Rule("dot", "reader0@", times=1, stall=True)) as server:
        room = _room(tmp_path, server)
        room.write_readers([{"email": "reader0@example.org"}])
        room.configure(delivery={"unknown": "hold"})
        process = room.start("run")
        while not any(line == "DATA" for line in server.commands):
            time.sleep(0.01)
        time.sleep(0.2)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        room.run("run")
        assert server.accepted == []
        assert room.status()["unknown"] == 1
        (row,) = room.run("status", "--unknown", "--json").json["readers"]
        assert row["address"] == "reader0@example.org"
        assert room.run("send", "--resend-unknown").code == 0
        assert len(server.accepted) == 1
