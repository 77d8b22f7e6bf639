"""A reader who leaves during a run gets no letter that has not begun, and none afterwards."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from digest.model import EditionKey, EmailAddress
from digest.storage.census import DeliveryRow, rows
from digest.storage.database import open_database
from digest.storage.states import State
from digest.storage.suppressions import suppress_address, suppress_reader
from tests.support.newsroom import Newsroom, counting_server, finish
from tests.support.smtp_server import Rule, ScriptedServer

KEY = EditionKey("2026-11-23")
COUNT = 24
HERS = "reader20@example.org"


def address(number: int) -> str:
    return f"reader{number:02d}@example.org"


def room_of(folder, server: ScriptedServer, connections: int, **delivery: object) -> Newsroom:
    room = Newsroom(folder)
    room.write_readers([{"email": address(n)} for n in range(COUNT)])
    room.mail_by(server.port, connections=connections)
    room.configure(delivery=delivery)
    return room


def by_link(room: Newsroom, row: DeliveryRow) -> None:
    with open_database(room.state / "digest.db", create=False) as database:
        now = datetime.now(UTC)
        suppress_reader(database, row.reader_id, reason="left", source="link", at=now)


def by_address(room: Newsroom, row: DeliveryRow) -> None:
    with open_database(room.state / "digest.db", create=False) as database:
        who, now = EmailAddress.parse(row.address), datetime.now(UTC)
        suppress_address(database, who, reason="left", source="page", at=now)


def by_command(room: Newsroom, row: DeliveryRow) -> None:
    assert room.run("subscribers", "suppress", row.address).code == 0


def row_of(room: Newsroom, wanted: Callable[[DeliveryRow], bool]) -> DeliveryRow:
    """A reader of the edition under way; the last one of those wanted."""
    with open_database(room.state / "digest.db", create=False) as database:
        return [row for row in rows(database, KEY, list(State)) if wanted(row)][-1]


def wait_for(process, happened: Callable[[], object]) -> None:
    while not happened():
        assert process.poll() is None, process.communicate()
        time.sleep(0.005)


def next_day_mails(room: Newsroom, who: str, server: ScriptedServer) -> int:
    """How many letters of another edition a reader gets, while her list names her still."""
    before = server.recipients[who]
    server.rules.clear()
    room.later(days=1)
    room.write_papers([{"id": "next", "title": "The next day's only study"}])
    done = room.run("run")
    assert done.code == 0, done.err
    assert len(server.accepted) > COUNT
    return server.recipients[who] - before


#: By address it is the same row; the long trials look at that as well.
LEAVING = [by_link, pytest.param(by_address, marks=pytest.mark.soak)]


@pytest.mark.parametrize("leave", [*LEAVING, by_command])
@pytest.mark.parametrize(("batch", "state"), [(4, State.PENDING), (500, State.CLAIMED)])
def test_who_leaves_before_her_letter_begins_gets_none(tmp_path, leave, batch, state):
    slow = Rule("dot", delay=0.2 if leave is by_command else 0.05)
    with counting_server(slow) as server:
        room = room_of(tmp_path, server, 2, batch_size=batch)
        process = room.start("run")
        wait_for(process, lambda: len(server.accepted) >= 4)
        row = row_of(room, lambda row: row.state == state)
        leave(room, row)
        assert server.recipients[row.address] == 0, "she left too late to prove anything"
        assert finish(process).code == 0
        everyone = Counter(address(n) for n in range(COUNT))
        assert server.recipients == everyone - Counter([row.address])
        if leave is by_link:
            assert next_day_mails(room, row.address, server) == 0


@pytest.mark.parametrize("leave", LEAVING)
@pytest.mark.parametrize("stage", ["mail", "rcpt", "data"])
def test_who_leaves_while_her_envelope_is_on_the_wire_gets_none(tmp_path, leave, stage):
    """Up to the relay's 354; behind it her content has begun."""
    hers = Rule(stage, HERS if stage != "mail" else "", skip=9 * (stage == "mail"), delay=0.4)
    hers.times = 1
    with counting_server(hers, Rule("dot", delay=0.01)) as server:
        room = room_of(tmp_path, server, 1)
        process = room.start("run")
        wait_for(process, lambda: hers.used)
        # At MAIL the server does not know whose it is: the one who comes next is asked for.
        taken = set(server.recipients)
        row = row_of(
            room,
            lambda row: row.state == State.CLAIMED and (stage == "mail" or row.address == HERS),
        )
        leave(room, row)
        assert row.address not in taken
        assert finish(process).code == 0
        everyone = Counter(address(n) for n in range(COUNT))
        assert server.recipients == everyone - Counter([row.address])
        assert server.violations == []


@pytest.mark.parametrize("leave", LEAVING)
def test_who_leaves_while_her_letter_is_on_the_wire_gets_that_one_and_no_other(tmp_path, leave):
    hers = Rule("dot", HERS, delay=0.4)
    with counting_server(hers, Rule("dot", delay=0.01)) as server:
        room = room_of(tmp_path, server, 2)
        process = room.start("run")
        wait_for(process, lambda: hers.used)
        row = row_of(room, lambda row: row.address == HERS)
        assert row.state == State.DATA
        leave(room, row)
        assert finish(process).code == 0
        assert server.recipients == Counter(address(n) for n in range(COUNT))
        assert next_day_mails(room, HERS, server) == 0


@pytest.mark.parametrize("leave", LEAVING)
@pytest.mark.parametrize(
    ("fault", "state", "mails"),
    [
        (Rule("rcpt", HERS, reply="450 4.2.0 busy"), State.DEFERRED, 0),
        (Rule("dot", HERS, drop="before"), State.UNKNOWN, 0),
        (Rule("dot", HERS, drop="before", take=True), State.UNKNOWN, 1),
    ],
)
def test_who_leaves_between_two_tries_is_not_tried_again(tmp_path, leave, fault, state, mails):
    with counting_server(fault) as server:
        room = room_of(tmp_path, server, 2)
        assert room.run("run").code == 3
        row = row_of(room, lambda row: row.address == HERS)
        assert row.state == state
        leave(room, row)
        server.rules.clear()
        room.later(hours=1)
        done = room.run("run")
        assert done.code in (0, 3), done.err
        assert server.recipients[HERS] == mails
        assert len(server.recipients) == COUNT - 1 + mails
