"""What becomes of letters over several runs: later, never, at their hour, once."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

import pytest

from digest.model import EmailAddress
from digest.storage.database import open_database
from digest.storage.schema import delivery
from digest.storage.suppressions import suppress_reader
from tests.support.newsroom import Newsroom, mail_server, paper, text_of
from tests.support.smtp_server import Rule

NOT_NOW = "451 4.7.1 greylisted, come back later"
NEVER = "550 5.1.1 no such user here"


def test_not_now_is_tried_again_and_never_is_never(tmp_path):
    room = Newsroom(tmp_path)
    names = ("slow", "gone", "fine", "well")
    room.write_readers([{"email": f"{name}@example.org"} for name in names])
    rules = (Rule("rcpt", "slow", times=1, reply=NOT_NOW), Rule("rcpt", "gone", reply=NEVER))
    with mail_server(*rules) as server:
        room.mail_by(server.port)
        first = room.run("run")
        assert first.code == 3
        assert "2 sent, 1 deferred, 1 rejected" in first.err
        assert "greylisted" in first.err
        assert "no such user here" in first.err
        facts = room.status()
        assert (facts["sent"], facts["deferred"], facts["rejected"]) == (2, 1, 1)
        assert facts["next_retry"] > facts["frozen_at"]
        before = room.run("run")
        assert (before.code, before.err) == (0, ""), "nobody's time has come"
        room.later(hours=1)
        assert room.run("run").code == 0
        room.later(hours=1)
        assert room.run("run").code == 0
        assert server.recipients == Counter(f"{n}@example.org" for n in ("slow", "fine", "well"))
        asked = [line for line in server.commands if line.startswith("RCPT")]
        assert sum("gone" in line for line in asked) == 1
        assert sum("slow" in line for line in asked) == 2


def test_what_stays_deferred_is_given_up_after_its_time_and_said(tmp_path):
    room = Newsroom(tmp_path)
    with mail_server(Rule("rcpt", reply=NOT_NOW)) as server:
        room.mail_by(server.port)
        room.configure(delivery={"give_up_after": "5h"})
        assert room.run("run").code == 3
        room.later(hours=6)
        assert room.run("run").code == 3
        assert room.status()["rejected"] == 1
        room.later(hours=1)
        assert room.run("run").code == 0
        assert server.accepted == []


def test_a_suppressed_address_is_never_mailed_even_when_it_is_listed_again(tmp_path):
    room = Newsroom(tmp_path)
    both = [{"email": "ada@example.org"}, {"email": "ben@example.org"}]
    room.write_readers(both)
    assert room.run("subscribers", "suppress", "Ada@EXAMPLE.org").code == 0
    assert room.run("subscribers", "add", "ada@example.org").code == 2
    assert room.run("subscribers", "remove", "ada@example.org").code == 0
    room.write_readers(both)
    with mail_server() as server:
        room.mail_by(server.port)
        assert room.run("run").code in (0, 3)
        expected = {"ada@example.org": 0, "ben@example.org": 1}
        assert {name: server.recipients[name] for name in expected} == expected


def test_who_leaves_between_freeze_and_claim_is_not_mailed(tmp_path):
    room = Newsroom(tmp_path)
    names = ("ada", "ben", "cy")
    room.write_readers([{"email": f"{n}@example.org", "send_at": "18:00"} for n in names])
    with mail_server() as server:
        room.mail_by(server.port)
        assert room.run("run").code == 0
        facts = room.status()
        assert (facts["pending"], facts["sent"]) == (3, 0)
        # The link in ada's letter: only the reader's id is known then.
        listed = room.run("status", "--state", "pending", "--json").json["readers"]
        assert [row["address"] for row in listed] == [f"{n}@example.org" for n in names]
        with open_database(room.state / "digest.db", create=False) as database:
            now = datetime.fromisoformat(str(room.now))
            reader = _reader_id(database, EmailAddress.parse("ada@example.org"))
            suppress_reader(database, reader, reason="unsubscribed", source="link", at=now)
        assert room.run("subscribers", "suppress", "ben@example.org").code == 0
        room.later(hours=11)
        assert room.run("run").code == 0
        assert server.recipients == Counter({"cy@example.org": 1})
    facts = room.status()
    assert (facts["sent"], facts["suppressed"], facts["pending"]) == (1, 2, 0)


def _reader_id(database, address):
    with database.read() as connection:
        query = delivery.select().where(delivery.c.address_key == address.key)
        return connection.execute(query).one().reader_id


#: Their hours on the last Sunday of October 2026, when Europe's clocks go back at 01:00 UTC,
#: with the run, at five past each hour (UTC), that should serve them.
HOURS = {
    "none": (None, None, "22:05"),  # at once
    "kyoto": ("Asia/Tokyo", "7:30", "23:05"),
    "paris": ("Europe/Paris", "2:30", "01:05"),  # half past two comes twice; the first is meant
    "prague": ("Europe/Prague", "8:00", "07:05"),
    "boston": ("America/New_York", "18:00", "22:05"),
}
LOOKED_AT = (0, 1, 2, 3, 4, 8, 9, 10, 23, 24, 25)


def test_hourly_runs_over_a_day_of_changing_clocks_serve_each_reader_once(tmp_path):
    room = Newsroom(tmp_path, now="2026-10-24T22:05:00+00:00")
    readers = []
    for name, (zone, at, _) in HOURS.items():
        wish = {"timezone": zone, "send_at": at} if zone else {}
        readers.append({"email": f"{name}@example.org"} | wish)
    room.configure(newsletter={"timezone": "Europe/Paris"})
    room.write_readers(readers)
    served: dict[str, str] = {}
    with mail_server() as server:
        room.mail_by(server.port)
        for hour in range(26):
            if hour in LOOKED_AT:
                before = server.recipients
                assert room.run("run").code == 0
                new = server.recipients - before
                served |= dict.fromkeys(new, str(room.now)[11:16])
            room.later(hours=1)
        assert server.recipients == Counter(f"{name}@example.org" for name in HOURS)
    assert served == {f"{name}@example.org": run for name, (_, _, run) in HOURS.items()}


def _themed(day: str) -> list[dict]:
    return [paper(n + 10 * int(day[-2:]), title=f"Study {n} of {day}") for n in range(2)]


def test_each_frequency_gets_its_days_and_the_week_its_best_once(tmp_path):
    room = Newsroom(tmp_path, now="2026-11-18T06:00:00+00:00")
    kinds = ("daily", "weekdays", "weekly", "paused")
    room.write_readers([{"email": f"{k}@example.org", "frequency": k} for k in kinds])
    room.configure(edition={"weekly_on": "friday", "max_papers": 3})
    with mail_server() as server:
        room.mail_by(server.port)
        for day in range(18, 23):  # Wednesday to Sunday
            room.write_papers(_themed(f"2026-11-{day}"))
            for _ in range(2):
                assert room.run("run").code == 0
            room.later(days=1)
        counted = server.recipients
        weekly = [letter for to, letter in server.letters if to == "weekly@example.org"]
    assert counted == Counter(
        {"daily@example.org": 5, "weekdays@example.org": 3, "weekly@example.org": 1}
    )
    text = text_of(weekly[0])
    assert sum(f"Study {n} of 2026-11-{d}" in text for n in (0, 1) for d in (18, 19, 20)) == 3
    assert "2026-11-21" not in text
    listed = room.run("editions", "list", "--json").json
    assert [each["edition"] for each in listed if "W" in each["edition"]] == ["2026-W47"]


@pytest.mark.parametrize("repeat", [False, True])
def test_a_paper_mailed_on_monday_comes_again_on_tuesday_only_when_asked(tmp_path, repeat):
    room = Newsroom(tmp_path)
    room.configure(edition={"repeat": repeat})
    room.write_papers([paper(1, title="Monday's own study")])
    assert room.run("run").code == 0
    room.later(days=1)
    room.write_papers([paper(1, title="Monday's own study"), paper(2, title="Fresh on Tuesday")])
    edition = room.run("compose", "--json").json
    papers = {p["title"]: p for section in edition["sections"] for p in section["papers"]}
    assert edition["repeated"] == 1
    assert set(papers) == {"Fresh on Tuesday"} | ({"Monday's own study"} if repeat else set())
    assert room.run("run").code == 0
    tuesday = next(m for m in room.outbox() if "Fresh on Tuesday" in text_of(m))
    assert ("Monday's own study" in text_of(tuesday)) is repeat
    if repeat:
        assert papers["Monday's own study"]["first_sent"] == "2026-11-23"
        assert "trending" in " ".join(papers["Monday's own study"]["marks"])


def test_nothing_new_since_yesterday_is_quiet(tmp_path):
    room = Newsroom(tmp_path)
    assert room.run("run").code == 0
    room.later(days=1)
    done = room.run("run")
    assert (done.code, done.err) == (0, "")
    assert len(room.outbox()) == 1
