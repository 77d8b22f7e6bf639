"""A machine with few open files or little memory sends more slowly or not at all, and exactly."""

from __future__ import annotations

import resource
import signal
import subprocess
import sys

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


@pytest.mark.parametrize("more", [1, 2, 3, 4])
def test_too_little_memory_to_load_a_library_is_told_in_a_line(tmp_path, more):
    with counting_server() as server:
        room = killing_room(tmp_path, server, READERS, CONNECTIONS)
        limit = _address_space_of_the_bare_command() + more * MEGABYTES
        done = room.run("run", preexec_fn=_limited(resource.RLIMIT_AS, limit))
        assert (done.code, done.out, len(done.lines)) == (1, "", 1)
        assert "no more memory" in done.err
        assert server.connects == []


@pytest.mark.parametrize("megabytes", [40, 60, 80])
def test_memory_that_ends_anywhere_sends_nothing_and_costs_nobody_a_letter(tmp_path, megabytes):
    with counting_server() as server:
        room = killing_room(tmp_path, server, READERS, CONNECTIONS)
        done = room.run("run", preexec_fn=_limited(resource.RLIMIT_AS, megabytes * MEGABYTES))
        # Where pydantic's core gets no memory it aborts the process, which no Python code can help.
        assert done.code in (1, -signal.SIGABRT)
        assert (done.code == 1) == ("no more memory" in done.err)
        assert server.connects == []
        run_to_the_end(room)
        assert tally(server.accepted, addresses(READERS)).breaches() == []


def _address_space_of_the_bare_command() -> int:
    """Octets of address space that Python takes for the command before any other library."""
    code = "import digest.cli.root; print(open('/proc/self/status').read())"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return int(told.stdout.split("VmPeak:")[1].split()[0]) * 1024
