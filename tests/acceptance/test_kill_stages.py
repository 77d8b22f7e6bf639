"""A kill at each stage of the conversation costs what the stage puts at stake, and no more."""

from __future__ import annotations

import signal

import pytest

from tests.support.counting import tally
from tests.support.killing import addresses, killed_run, killing_room, run_to_the_end
from tests.support.newsroom import counting_server
from tests.support.smtp_server import Rule

EIGHT = 8
READERS = 30


def _killer(stage: str, nth: int, **more) -> Rule:
    return Rule(stage, skip=nth - 1, times=1, octets=100, signal=signal.SIGKILL, **more)


@pytest.mark.parametrize(
    ("stage", "nth", "extra"),
    [
        ("connect", 8, 7),
        ("ehlo", 8, 7),
        ("mail", 60, 8),
        ("rcpt", 60, 8),
        ("data", 60, 8),
        ("body", 60, 7),
        ("dot", 60, 8),
    ],
)
def test_a_kill_among_eight_connections_repeats_at_most_a_letter_of_each(
    tmp_path, stage, nth, extra
):
    """Where the killed one has no answered letter behind it, only the seven others can."""
    readers = 200
    # Slow answers, so that the seven others have letters on the wire when the kill comes.
    rules = (_killer(stage, nth), Rule("dot", delay=0.02))
    with counting_server(*rules) as server:
        room = killing_room(tmp_path, server, readers, EIGHT)
        killed_run(room, server)
        assert len(server.accepted) < readers
        server.rules.clear()
        run_to_the_end(room)
        assert tally(server.accepted, addresses(readers)).breaches(extra=extra) == []
        assert server.violations == []


@pytest.mark.parametrize("take", [True, False])
@pytest.mark.parametrize("nth", [1, READERS // 2, READERS])
def test_a_kill_at_the_dot_of_any_letter_repeats_it_alone_and_alike(tmp_path, nth, take):
    """The first, one amid and the last; the copy has the same Message-ID and the same octets."""
    with counting_server(_killer("dot", nth, delay=0.1, take=take)) as server:
        room = killing_room(tmp_path, server, READERS, 1)
        killed_run(room, server)
        assert len(server.accepted) == (nth if take else nth - 1)
        run_to_the_end(room)
        found = tally(server.accepted, addresses(READERS))
        assert found.breaches(extra=1) == []
        assert found.extra == int(take)
        copies = [letter for letter in server.accepted if letter.recipient in _twice(server)]
        assert len(copies) == 2 * int(take)
        assert len({(letter.message_id, letter.sha256) for letter in copies}) == int(take)


@pytest.mark.parametrize("take", [True, False])
@pytest.mark.parametrize("nth", [1, READERS])
def test_held_the_letter_at_whose_dot_a_run_died_is_listed_and_not_sent(tmp_path, nth, take):
    with counting_server(_killer("dot", nth, delay=0.1, take=take)) as server:
        room = killing_room(tmp_path, server, READERS, 1)
        room.configure(delivery={"unknown": "hold"})
        killed_run(room, server)
        room.run("run")
        found = tally(server.accepted, addresses(READERS))
        assert (found.extra, len(found.lost)) == (0, 0 if take else 1)
        facts = room.run("status", "--unknown", "--json").json
        assert (facts["unknown"], facts["sent"]) == (1, READERS - 1)
        (row,) = facts["readers"]
        assert take or {row["address"]} == found.lost
        assert room.run("send", "--resend-unknown").code == 0
        found = tally(server.accepted, addresses(READERS))
        assert found.breaches(extra=1) == []
        assert found.extra == int(take)


def _twice(server) -> set[str]:
    return {who for who, count in server.recipients.items() if count > 1}
