"""A machine with few open files or little memory sends more slowly or not at all, and exactly."""

from __future__ import annotations

import resource

import pytest

from tests.support.counting import tally
from tests.support.killing import addresses, killing_room, run_to_the_end
from tests.support.newsroom import counting_server
from tests.support.smtp_server import Rule

READERS = 100
CONNECTIONS = 8
MEGABYTES = 2**20


def _limited(kind: int, limit: int):
    """For `preexec_fn`: what `ulimit` does in a shell."""
    return lambda: resource.setrlimit(kind, (limit, limit))


@pytest.mark.parametrize("files", [9, 13])
def test_too_few_open_files_for_any_connection_leave_everybody_pending(tmp_path, files):
    with counting_server() as server:
        room = killing_room(tmp_path, server, READERS, CONNECTIONS)
        done = room.start("run", preexec_fn=_limited(resource.RLIMIT_NOFILE, files))
        done.communicate(timeout=60)
        assert done.returncode in (1, 75)
        assert server.accepted == []
        run_to_the_end(room)
        assert tally(server.accepted, addresses(READERS)).breaches() == []


def test_little_memory_is_enough(tmp_path):
    with counting_server(Rule("dot", delay=0.01)) as server:
        room = killing_room(tmp_path, server, READERS, CONNECTIONS)
        limit = _limited(resource.RLIMIT_AS, 400 * MEGABYTES)
        assert room.run("run", preexec_fn=limit).code == 0
        assert tally(server.accepted, addresses(READERS)).breaches() == []


def test_too_little_memory_is_told_in_a_line_and_sends_nothing(tmp_path):
    with counting_server() as server:
        room = killing_room(tmp_path, server, READERS, CONNECTIONS)
        done = room.run("run", preexec_fn=_limited(resource.RLIMIT_AS, 60 * MEGABYTES))
        assert (done.code, done.out, len(done.lines)) == (1, "", 1)
        assert "no more memory" in done.err
        assert server.connects == []
        run_to_the_end(room)
        assert tally(server.accepted, addresses(READERS)).breaches() == []
