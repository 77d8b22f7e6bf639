"""Answers behind the dot that get lost, counted to the letter on the server's side."""

import asyncio
from dataclasses import replace

import pytest

from digest.model import OutcomeKind
from digest.storage import census
from digest.storage.ledger import EditionLedger
from digest.storage.recovery import recover, resend_unknown
from digest.storage.states import State
from tests.support.chosen import Chosen, draw
from tests.support.counting import tally
from tests.support.delivering import smtp_run
from tests.support.smtp_server import ScriptedServer
from tests.support.state import KEY, NOW, freeze_readers, new_database, reader

READERS = [reader(f"r{n}") for n in range(240)]
ADDRESSES = {str(each.address) for each in READERS}
EACH = 4


class Losses:
    """What becomes of the answers of one seed: the letter is taken or not, and how it is lost."""

    def __init__(self, seed, addresses=ADDRESSES, each=EACH):
        groups = draw(addresses, seed, *[each] * 7)
        self.taken = frozenset().union(*groups[:4])
        self.refused = frozenset().union(*groups[4:])
        self.rules = [
            Chosen("dot", who=groups[0], tries=1, take=True, drop="before"),
            Chosen("dot", who=groups[1], tries=1, take=True, drop="before", reset=True),
            Chosen("dot", who=groups[2], tries=1, take=True, drop="half"),
            Chosen("dot", who=groups[3], tries=1, take=True, raw="what?\r\n", drop="after"),
            Chosen("dot", who=groups[4], tries=1, drop="before"),
            Chosen("dot", who=groups[5], tries=1, drop="before", reset=True),
            Chosen("body", who=groups[6], tries=1, octets=60),
        ]


async def one_run(database, port, connections):
    run = smtp_run(EditionLedger(database, KEY), port, connections=connections)
    run.now = NOW
    return await replace(run, stop=asyncio.Event()).go()


def unknown(database):
    return {row.address for row in census.rows(database, KEY, [State.UNKNOWN])}


@pytest.mark.parametrize("connections", [1, 8])
@pytest.mark.parametrize("seed", range(5))
async def test_resend_repeats_just_the_letters_that_were_taken_unanswered(
    tmp_path, seed, connections
):
    losses = Losses(seed)
    with new_database(tmp_path) as database:
        freeze_readers(database, READERS)
        async with ScriptedServer(losses.rules) as server:
            report = await one_run(database, server.port, connections)
            assert unknown(database) == losses.taken | losses.refused
            assert report.unknown == len(losses.taken | losses.refused)
            assert recover(database, "resend", NOW).resent == report.unknown
            assert (await one_run(database, server.port, connections)).sent == report.unknown
        assert census.counts(database, KEY)["sent"] == len(READERS)
    found = tally(server.accepted, ADDRESSES)
    assert found.breaches(extra=len(losses.taken)) == []
    twice = {who for who, count in server.recipients.items() if count > 1}
    assert twice == losses.taken
    assert found.extra == len(losses.taken)


@pytest.mark.parametrize("connections", [1, 8])
@pytest.mark.parametrize("seed", range(5))
async def test_hold_repeats_nothing_and_lists_every_letter_in_doubt(tmp_path, seed, connections):
    losses = Losses(seed)
    with new_database(tmp_path) as database:
        freeze_readers(database, READERS)
        async with ScriptedServer(losses.rules) as server:
            await one_run(database, server.port, connections)
            recover(database, "hold", NOW)
            await one_run(database, server.port, connections)
            found = tally(server.accepted, ADDRESSES)
            assert (found.extra, found.lost) == (0, losses.refused)
            assert unknown(database) == losses.taken | losses.refused
            resend_unknown(database, KEY, NOW)
            await one_run(database, server.port, connections)
    found = tally(server.accepted, ADDRESSES)
    assert found.breaches(extra=len(losses.taken)) == []
    assert found.extra == len(losses.taken)


async def test_a_reader_refused_for_good_harms_nobody_and_is_not_asked_again(tmp_path):
    (gone,) = draw(ADDRESSES, 17, 3)
    rule = Chosen("rcpt", who=gone, reply="550 5.1.1 no such user")
    with new_database(tmp_path) as database:
        freeze_readers(database, READERS)
        async with ScriptedServer([rule]) as server:
            report = await one_run(database, server.port, 8)
            assert (report.sent, report.rejected) == (len(READERS) - 3, 3)
            recover(database, "resend", NOW)
            assert (await one_run(database, server.port, 8)).sent == 0
        rows = list(census.rows(database, KEY, [State.REJECTED]))
        states = {state: n for state, n in census.counts(database, KEY).items() if n}
    assert {row.address for row in rows} == gone
    assert {row.attempt for row in rows} == {1}
    assert states == {OutcomeKind.SENT: len(READERS) - 3, OutcomeKind.REJECTED: 3}
    assert rule.used == 3
    assert tally(server.accepted, ADDRESSES - gone).breaches() == []
