"""Who did not get it, and why: by domain, by segment, by reply."""

from __future__ import annotations

from dataclasses import replace

import pytest

from digest.model import EmailAddress, Outcome, OutcomeKind, Stage
from digest.storage.breakdown import by_domain, by_reply, by_segment
from digest.storage.census import counts, rows
from digest.storage.states import State
from tests.support.ledgers import ledger_of
from tests.support.state import KEY, NOW, freeze_readers, new_database, reader

pytestmark = pytest.mark.both


@pytest.fixture
def database(tmp_path):
    """Nine readers in three domains: sent, rejected, pending, three of each."""
    readers = [
        replace(
            reader(f"{kind}{n}"),
            address=EmailAddress(f"{kind}{n}", domain),
            reader_id=f"{kind}{n}",
            segment="all" if n else "some",
        )
        for n, domain in enumerate(("a.example", "b.example", "x-b.example"))
        for kind in ("sent", "gone", "wait")
    ]
    with new_database(tmp_path) as database:
        freeze_readers(database, readers, choices={"all": "{}", "some": "{}"})
        ledger = ledger_of(database, KEY, due_before=None)
        claimed = ledger.claim(100, NOW)
        settled = [
            (each, _said(OutcomeKind.SENT, Stage.DOT, 250, "2.0.0"))
            if each.reader_id.startswith("sent")
            else (each, _said(OutcomeKind.REJECTED, Stage.RCPT, 550, "5.1.1"))
            for each in claimed
            if not each.reader_id.startswith("wait")
        ]
        ledger.record([each for each, _ in settled], [], NOW)
        ledger.record([], settled, NOW)
        ledger.release([each for each in claimed if each.reader_id.startswith("wait")])
        yield database


def _said(kind, stage, code, enhanced):
    return Outcome(kind=kind, stage=stage, code=code, enhanced=enhanced, words="so it is")


def test_every_domain_has_its_counts_and_names_that_end_alike_are_kept_apart(database):
    found = {group.name: dict(group.states) for group in by_domain(database, KEY)}
    each = {"sent": 1, "rejected": 1, "pending": 1}
    assert found == {"a.example": each, "b.example": each, "x-b.example": each}
    assert counts(database, KEY, "b.example")["sent"] == 1
    assert [row.address for row in rows(database, KEY, domain="b.example")] == [
        "gone1@b.example",
        "sent1@b.example",
        "wait1@b.example",
    ]


def test_a_domain_is_a_name_and_no_pattern(database):
    assert list(rows(database, KEY, domain="%.example")) == []
    assert by_domain(database, KEY, domain="_.example") == []


def test_segments_and_replies_add_up_and_can_be_narrowed(database):
    assert [(g.name, g.total) for g in by_segment(database, KEY)] == [("all", 6), ("some", 3)]
    said = {g.name: (dict(g.states), g.words) for g in by_reply(database, KEY)}
    assert said == {
        "dot 250 2.0.0": ({"sent": 3}, "so it is"),
        "rcpt 550 5.1.1": ({"rejected": 3}, "so it is"),
        "no reply": ({"pending": 3}, ""),
    }
    (only,) = by_reply(database, KEY, [State.REJECTED], "a.example")
    assert (only.name, only.total) == ("rcpt 550 5.1.1", 1)


def test_one_reader_is_found_by_her_address(database):
    address = EmailAddress.parse("GONE1@b.example")
    (row,) = rows(database, KEY, address=address)
    assert (row.reader_id, row.state, row.enhanced) == ("gone1", State.REJECTED, "5.1.1")
