"""A run that gets fewer connections than it may open serves everybody all the same, at once."""

from __future__ import annotations

import resource

import pytest

from tests.support.counting import tally
from tests.support.killing import addresses, killing_room
from tests.support.newsroom import counting_server
from tests.support.smtp_server import Options, Rule

READERS = 100
CONNECTIONS = 8
#: A run of a hundred letters takes one second; the rest is room for a busy machine.
SECONDS = 15


def test_a_relay_that_takes_three_connections_of_eight_keeps_no_reader_waiting(tmp_path):
    """A slot that cannot connect must not sit on a reader whom the open ones could serve."""
    options = Options(max_connections=3)
    with counting_server(Rule("dot", delay=0.01), options=options) as server:
        room = killing_room(tmp_path, server, READERS, CONNECTIONS)
        assert room.run("run", timeout=SECONDS).code == 0
        assert tally(server.accepted, addresses(READERS)).breaches() == []


@pytest.mark.parametrize("files", [20, 24])
def test_few_open_files_make_fewer_connections_and_neither_an_error_nor_a_wait(tmp_path, files):
    """The ledger has what it needs open before the relay's connections take the rest."""
    with counting_server(Rule("dot", delay=0.01)) as server:
        room = killing_room(tmp_path, server, READERS, CONNECTIONS)
        narrow = lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))  # noqa: E731
        assert room.run("run", timeout=SECONDS, preexec_fn=narrow).code == 0
        assert 0 < len(server.connects) < CONNECTIONS
        assert tally(server.accepted, addresses(READERS)).breaches() == []
