"""Whoever is in a hurry, or no longer listens, costs no reader a letter and none a second one."""

from __future__ import annotations

import os
import signal
import subprocess
import time

import pytest

from tests.support.counting import tally
from tests.support.killing import addresses, killing_room, run_to_the_end
from tests.support.newsroom import counting_server, finish
from tests.support.smtp_server import Rule, ScriptedServer

READERS = 60
CONNECTIONS = 2
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def _wait_for(server: ScriptedServer, letters: int) -> None:
    limit = time.monotonic() + 30
    while len(server.accepted) < letters:
        assert time.monotonic() < limit, "the letters do not come"
        time.sleep(0.005)


@pytest.mark.parametrize("first", SIGNALS)
def test_a_second_signal_ends_a_run_within_a_second_however_long_the_server_is_silent(
    tmp_path, first
):
    """The first one waits for the answer that is due; the second is a kill: one letter is in doubt.

    The second is another signal than the first: any of the three will do.
    """
    with counting_server(Rule("dot", skip=9, stall=True, take=True)) as server:
        room = killing_room(tmp_path, server, READERS, CONNECTIONS)
        process = room.start("run")
        _wait_for(server, 9 + CONNECTIONS)
        process.send_signal(first)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.5)
        process.send_signal(SIGNALS[SIGNALS.index(first) - 1])
        began = time.monotonic()
        ended = finish(process)
        assert time.monotonic() - began < 1.0
        assert ended.code == 75
        server.rules.clear()
        run_to_the_end(room)
        found = tally(server.accepted, addresses(READERS))
        assert found.breaches(extra=CONNECTIONS) == []
        assert found.extra == CONNECTIONS


def test_a_stop_ends_at_the_dot_timeout_where_the_server_is_silent(tmp_path):
    """One signal alone is bounded too; the letter that got no answer is told as unknown."""
    with counting_server(Rule("dot", skip=9, stall=True, take=True)) as server:
        room = killing_room(tmp_path, server, READERS, 1)
        room.mail_by(server.port, connections=1, dot_timeout=2)
        room.configure(delivery={"unknown": "hold"})
        process = room.start("run")
        _wait_for(server, 10)
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert finish(process).code == 75
        assert time.monotonic() - began < 60, "not the ten minutes of a server that may answer yet"
        facts = room.status()
        assert (facts["sent"], facts["unknown"], facts["in_flight"]) == (9, 1, 0)


def _unheard(room, server, stream, words):
    """A run whose reader of `stream` goes away after five letters."""
    reading, writing = os.pipe()
    process = room.start(*words, fresh=True, **{stream: writing})
    os.close(writing)
    _wait_for(server, 5)
    os.close(reading)
    return finish(process)


@pytest.mark.parametrize("words", [("run", "--json"), ("send", "--json"), ("-v", "run", "--json")])
def test_a_reader_of_stdout_who_goes_away_amid_the_run_changes_nothing(tmp_path, words):
    with counting_server(Rule("dot", delay=0.01)) as server:
        room = killing_room(tmp_path, server, READERS, CONNECTIONS)
        ended = _unheard(room, server, "stdout", words)
        assert ended.code == 0
        assert "roken pipe" not in ended.err
        assert tally(server.accepted, addresses(READERS)).breaches() == []
        assert room.status()["sent"] == READERS


@pytest.mark.parametrize("words", [("-v", "run"), ("--log-json", "-", "run")])
def test_a_reader_of_stderr_who_goes_away_amid_the_run_changes_nothing(tmp_path, words):
    """As in `digest -v run 2>&1 | head`: what nobody hears stops no letter."""
    with counting_server(Rule("dot", delay=0.01)) as server:
        room = killing_room(tmp_path, server, READERS, CONNECTIONS)
        assert _unheard(room, server, "stderr", words).code == 0
        assert tally(server.accepted, addresses(READERS)).breaches() == []
        assert room.status()["sent"] == READERS


def test_a_full_disk_under_the_cron_log_stops_no_letter(tmp_path):
    """/dev/full stands for a disk that has no room for what `digest run` says."""
    with counting_server(Rule("rcpt", "reader7@", reply="550 5.1.1 no such user")) as server:
        room = killing_room(tmp_path, server, READERS, CONNECTIONS)
        with open("/dev/full", "w") as full:
            assert finish(room.start("-v", "run", stderr=full, fresh=True)).code == 3
        assert room.status()["sent"] == READERS - 1
