"""What midnight, summer time and a wrong clock do to an edition: it keeps its date, and is one."""

from __future__ import annotations

import signal
import sqlite3
from collections import Counter
from datetime import datetime

import pytest

from tests.support.counting import tally
from tests.support.killing import addresses, killed_run
from tests.support.newsroom import Newsroom, counting_server, mail_server, paper, text_of
from tests.support.smtp_server import Rule, ScriptedServer

GREYLISTED = "451 4.7.1 greylisted, come back later"
READERS = 12


def _killer(nth: int, **more) -> Rule:
    return Rule("dot", skip=nth - 1, times=1, delay=0.1, signal=signal.SIGKILL, **more)


def _room(folder, server: ScriptedServer, now: str, readers: int = READERS) -> Newsroom:
    room = Newsroom(folder, now=now)
    room.write_readers([{"email": address} for address in addresses(readers)])
    room.mail_by(server.port, connections=1)
    return room


def _editions(room: Newsroom) -> list[str]:
    return sorted(each["edition"] for each in room.run("editions", "list", "--json").json)


def test_a_run_killed_before_midnight_is_ended_after_it_under_its_own_date(tmp_path):
    """The next day has an edition of its own, made of its own papers, and each goes once."""
    with mail_server(_killer(7, take=True)) as server:
        room = _room(tmp_path, server, "2026-11-23T23:59:00+00:00")
        killed_run(room, server)
        room.now = "2026-11-24T00:05:00+00:00"
        room.write_papers([paper(9, title="A study of Tuesday")])
        assert room.run("run").code == 0
        assert _editions(room) == ["2026-11-23", "2026-11-24"]
        for day in ("2026-11-23", "2026-11-24"):
            assert (room.status(day)["sent"], room.status(day)["total"]) == (READERS, READERS)
        tuesday = {who for who, letter in server.letters if "A study of Tuesday" in text_of(letter)}
        assert tuesday == set(addresses(READERS))
        monday = [t for t in server.accepted if t.message_id not in _later_ids(server)]
        found = tally(monday, addresses(READERS))
        assert found.breaches(extra=1) == []
        assert found.extra == 1


def _later_ids(server) -> set[str]:
    """Message-IDs of the letters with Tuesday's paper."""
    pairs = zip(server.accepted, server.letters, strict=True)
    return {t.message_id for t, (_, letter) in pairs if "A study of Tuesday" in text_of(letter)}


def test_an_edition_unfinished_when_the_next_day_comes_goes_on_beside_it(tmp_path):
    with mail_server(_killer(5)) as server:
        room = _room(tmp_path, server, "2026-11-23T07:00:00+00:00")
        room.configure(delivery={"give_up_after": "30h"})
        killed_run(room, server)
        room.later(days=1)
        room.write_papers([paper(9, title="A study of Tuesday")])
        assert room.run("run").code == 0
        assert room.run("run").code == 0
        by_letter = Counter((t.recipient, t.message_id) for t in server.accepted)
        assert set(by_letter.values()) == {1}
        assert server.recipients == Counter(dict.fromkeys(addresses(READERS), 2))
        told = {day: room.run("status", "--date", day).out for day in ("2026-11-23", "2026-11-24")}
        assert told == {day: f"{day}: {READERS} sent\n" for day in told}


def test_an_edition_out_of_date_when_the_next_day_comes_is_given_up_and_said(tmp_path):
    """Who got yesterday's keeps it, the others get today's alone; both days are in the status."""
    with mail_server(_killer(5)) as server:
        room = _room(tmp_path, server, "2026-11-23T07:00:00+00:00")
        room.configure(delivery={"give_up_after": "20h"})
        killed_run(room, server)
        room.later(days=1)
        room.write_papers([paper(9, title="A study of Tuesday")])
        done = room.run("run")
        assert done.code == 3
        assert f"{READERS - 4} letters of older editions were given up" in done.err
        assert room.run("run").code == 0
        yesterday, today = room.status("2026-11-23"), room.status("2026-11-24")
        assert (yesterday["sent"], yesterday["pending"], yesterday["unknown"]) == (4, 0, 0)
        assert yesterday["rejected"] + yesterday["skipped"] == READERS - 4
        assert (today["sent"], today["total"]) == (READERS, READERS)
        assert set(Counter((t.recipient, t.message_id) for t in server.accepted).values()) == {1}
        got = server.recipients
        assert sorted(got.values()) == [1] * (READERS - 4) + [2] * 4


#: Cron's own moments in Paris: on the last Sunday of March half past two does not exist, on the
#: last of October it comes twice. Cron that runs hourly, or at that time twice, is both there.
CHANGES = {
    "spring": ("2026-03-29", "+01:00", "01:30"),  # it is half past three then
    "autumn": ("2026-10-25", "+02:00", "00:30"),  # the first of both
}


@pytest.mark.parametrize("season", CHANGES)
def test_a_day_of_changing_clocks_has_one_edition_that_goes_once(tmp_path, season):
    """Readers of half past two get theirs once, whether the hour is missing or comes twice."""
    day, offset, expected = CHANGES[season]
    served = []
    with mail_server() as server:
        room = Newsroom(tmp_path, now=f"{day}T00:00:00{offset}")
        room.configure(newsletter={"timezone": "Europe/Paris"})
        wish = {"timezone": "Europe/Paris", "send_at": "02:30"}
        room.write_readers([{"email": "ann@example.org"} | wish, {"email": "bob@example.org"}])
        room.mail_by(server.port)
        assert room.run("run").code == 0
        for moment in ("00:30", "01:30", "02:30"):
            room.now = f"{day}T{moment}:00+00:00"
            assert room.run("run").code == 0
            served += [moment] * server.recipients["ann@example.org"]
        assert server.recipients == Counter(["ann@example.org", "bob@example.org"])
        assert served[0] == expected
        assert [each for each in _editions(room) if "W" not in each] == [day]


def test_a_clock_set_back_amid_a_backoff_sends_each_letter_once(tmp_path):
    """Nothing goes before its time on the new clock, nothing twice, and nothing is forgotten."""
    with mail_server(Rule("rcpt", "reader3@", times=1, reply=GREYLISTED)) as server:
        room = _room(tmp_path, server, "2026-11-23T07:00:00+00:00")
        assert room.run("run").code == 3
        for moment in ("05:00", "06:00", "06:59"):
            room.now = f"2026-11-23T{moment}:00+00:00"
            assert room.run("run").code == 0
            assert "reader3@example.org" not in server.recipients
        room.now = "2026-11-23T07:02:00+00:00"
        assert room.run("run").code == 0
        assert tally(server.accepted, addresses(READERS)).breaches() == []
        assert _editions(room) == ["2026-11-23"]


@pytest.mark.parametrize("days", [-1, 1])
def test_a_clock_that_jumps_a_day_and_back_sends_no_edition_twice(tmp_path, days):
    with mail_server() as server:
        room = _room(tmp_path, server, "2026-11-23T07:00:00+00:00", readers=3)
        for jump in (0, days, -days, 0):
            room.later(days=jump)
            assert room.run("run").code == 0
        assert set(Counter((t.recipient, t.message_id) for t in server.accepted).values()) == {1}
        assert room.status("2026-11-23")["sent"] == 3


def test_a_retry_put_off_by_a_clock_that_was_ahead_is_due_at_once(tmp_path):
    """A retry more than a day ahead was planned by a clock that stood wrong (no such wait is)."""
    with mail_server(Rule("rcpt", "reader0@", times=1, reply=GREYLISTED)) as server:
        room = _room(tmp_path, server, "2026-11-23T07:00:00+00:00", readers=2)
        assert room.run("run").code == 3
        ahead = int(datetime.fromisoformat("2027-11-23T07:00:00+00:00").timestamp() * 1_000_000)
        with sqlite3.connect(room.state / "digest.db") as ledger:
            ledger.execute("UPDATE delivery SET retry_at = ? WHERE state = 'deferred'", (ahead,))
        ledger.close()
        room.later(minutes=5)
        assert room.run("run").code == 0
        assert tally(server.accepted, addresses(2)).breaches() == []


@pytest.mark.parametrize("command", ["run", "send", "compose"])
@pytest.mark.parametrize("now", ["1970-01-01T00:03:00+00:00", "2000-01-01T00:00:00+00:00"])
def test_a_machine_whose_clock_was_never_set_starts_nothing(tmp_path, command, now):
    with counting_server() as server:
        room = _room(tmp_path, server, now)
        done = room.run(command)
        assert (done.code, done.out, len(done.lines)) == (2, "", 1)
        assert f"the clock says {now[:10]}" in done.err
        assert server.connects == []
        assert not room.state.exists()
