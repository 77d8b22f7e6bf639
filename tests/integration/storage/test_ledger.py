"""The ledger hands out each letter once, and forgets nothing."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import pytest
import sqlalchemy as sa

from digest.errors import StorageBusy
from digest.model import EditionKey, EmailAddress, Outcome, OutcomeKind, Recipient, Stage
from digest.storage import census
from digest.storage.database import Database
from digest.storage.ledger import LONGEST_WAIT
from digest.storage.recovery import MOST_REPEATS, give_up, recover, resend_unknown
from digest.storage.schema import INDEXED, delivery
from digest.storage.states import State
from digest.storage.suppressions import suppress_address, suppress_reader
from tests.support.ledgers import ledger_of, let_leases_lapse
from tests.support.state import KEY, NOW, freeze_readers, new_database, outcome, reader

pytestmark = pytest.mark.both

T = TypeVar("T")
HOUR = timedelta(hours=1)


def _counts(database: Database) -> dict[str, int]:
    return {state: n for state, n in census.counts(database, KEY).items() if n}


def _locals(recipients: object) -> list[str]:
    return [r.address.local for r in recipients]  # type: ignore[attr-defined]


def test_a_letter_is_claimed_once_with_all_its_fields(tmp_path: Path) -> None:
    plan = [reader(f"r{n}") for n in range(5)]
    with new_database(tmp_path) as database:
        freeze_readers(database, plan)
        ledger, rival = ledger_of(database, KEY), ledger_of(database, KEY)
        taken = [*ledger.claim(3, NOW), *rival.claim(3, NOW)]
        assert sorted(taken, key=lambda r: r.address.local) == plan
        assert ledger.claim(3, NOW) == ()
        assert _counts(database) == {"claimed": 5}


def test_the_longest_due_come_first_and_run_serves_only_who_is_due(tmp_path: Path) -> None:
    plan = [
        reader("late", due_at=NOW + HOUR),
        reader("early", due_at=NOW - HOUR),
        reader("now", due_at=NOW),
    ]
    with new_database(tmp_path) as database:
        freeze_readers(database, plan)
        due = ledger_of(database, KEY, due_before=NOW)
        assert _locals(due.claim(9, NOW)) == ["early", "now"]
        assert census.next_due(database, KEY) == NOW + HOUR
        assert due.claim(9, NOW) == ()
        assert _locals(ledger_of(database, KEY).claim(9, NOW)) == ["late"]
        assert census.next_due(database, KEY) is None


def test_suppression_wins_at_the_claim_by_address_and_by_link(tmp_path: Path) -> None:
    with new_database(tmp_path) as database:
        suppress_reader(database, "id-early", reason="left", source="link", at=NOW)
        freeze_readers(database, [reader(n) for n in ("ann", "bob", "early", "cy")])
        suppress_address(
            database, EmailAddress("BOB", "example.org"), reason="bounced", source="b", at=NOW
        )
        suppress_reader(database, "id-ann", reason="unsubscribed", source="link", at=NOW)
        assert _locals(ledger_of(database, KEY).claim(1, NOW)) == ["cy"]
        rows = census.rows(database, KEY, [State.SUPPRESSED])
        assert {row.name: row.words for row in rows} == {
            "Ann": "unsubscribed",
            "Bob": "bounced",
            "Early": "left",
        }
        assert ledger_of(database, KEY).claim(9, NOW) == ()


def test_a_run_of_suppressed_readers_does_not_hide_those_behind_them(tmp_path: Path) -> None:
    with new_database(tmp_path) as database:
        freeze_readers(database, [reader(f"r{n:02}") for n in range(30)])
        for n in range(25):
            suppress_address(
                database, EmailAddress(f"r{n:02}", "example.org"), reason="x", source="x", at=NOW
            )
        assert len(ledger_of(database, KEY).claim(5, NOW)) == 5
        assert _counts(database) == {"claimed": 5, "suppressed": 25}


def test_a_deferred_reader_who_left_is_not_tried_again(tmp_path: Path) -> None:
    with new_database(tmp_path) as database:
        freeze_readers(database, [reader("ann")])
        ledger = ledger_of(database, KEY)
        (ann,) = ledger.claim(1, NOW)
        ledger.record((), [(ann, outcome(OutcomeKind.DEFERRED, retry_at=NOW))], NOW)
        suppress_reader(database, "id-ann", reason="left", source="link", at=NOW)
        assert ledger.claim(1, NOW) == ()
        assert _counts(database) == {"suppressed": 1}


@pytest.mark.parametrize(
    ("kind", "state", "attempt"),
    [
        (OutcomeKind.SENT, "sent", 1),
        (OutcomeKind.DEFERRED, "deferred", 1),
        (OutcomeKind.REJECTED, "rejected", 1),
        (OutcomeKind.UNKNOWN, "unknown", 1),
        (OutcomeKind.UNTRIED, "pending", 0),
    ],
)
def test_each_outcome_has_its_state(
    tmp_path: Path, kind: OutcomeKind, state: str, attempt: int
) -> None:
    """An untried letter costs its reader no attempt; the server's words stay on record."""
    said = Outcome(
        kind=kind,
        stage=Stage.RCPT,
        code=451,
        enhanced="4.7.1",
        words="try later",
        relay="mx.example.net",
        retry_at=NOW + HOUR if kind is OutcomeKind.DEFERRED else None,
    )
    with new_database(tmp_path) as database:
        freeze_readers(database, [reader("ann")])
        ledger = ledger_of(database, KEY)
        claimed = ledger.claim(1, NOW)
        ledger.record(claimed, (), NOW)
        assert _counts(database) == {"data": 1}
        ledger.record((), [(claimed[0], said)], NOW + HOUR)
        (row,) = census.rows(database, KEY)
        assert (row.state, row.attempt, row.updated_at) == (state, attempt, NOW + HOUR)
        assert (row.stage, row.code, row.enhanced) == ("rcpt", 451, "4.7.1")
        assert (row.words, row.relay, row.retry_at) == (
            "try later",
            "mx.example.net",
            said.retry_at,
        )


def test_a_deferred_letter_waits_for_its_time(tmp_path: Path) -> None:
    with new_database(tmp_path) as database:
        freeze_readers(database, [reader("ann"), reader("bob")])
        ledger = ledger_of(database, KEY, due_before=NOW)
        ann, bob = ledger.claim(2, NOW)
        ledger.record((ann, bob), (), NOW)
        waits = [(ann, 2), (bob, 1)]
        ledger.record(
            (),
            [(r, outcome(OutcomeKind.DEFERRED, retry_at=NOW + n * HOUR)) for r, n in waits],
            NOW,
        )
        assert ledger.claim(2, NOW + HOUR / 2) == ()
        assert census.next_retry(database, KEY) == NOW + HOUR
        (again,) = ledger.claim(2, NOW + HOUR)
        assert (again.address, again.attempt) == (bob.address, 1)


def test_a_clock_that_was_ahead_does_not_put_a_reader_off_for_ever(tmp_path: Path) -> None:
    with new_database(tmp_path) as database:
        freeze_readers(database, [reader("ann")])
        ledger = ledger_of(database, KEY)
        (ann,) = ledger.claim(1, NOW)
        far = NOW + LONGEST_WAIT + HOUR
        ledger.record((), [(ann, outcome(OutcomeKind.DEFERRED, retry_at=far))], NOW)
        assert _locals(ledger.claim(1, NOW)) == ["ann"]


def test_what_is_sent_stays_sent(tmp_path: Path) -> None:
    with new_database(tmp_path) as database:
        freeze_readers(database, [reader("ann")])
        ledger = ledger_of(database, KEY)
        claimed = ledger.claim(1, NOW)
        ledger.record(claimed, (), NOW)
        ledger.record((), [(claimed[0], outcome(OutcomeKind.SENT))], NOW)
        ledger.record((), [(claimed[0], outcome(OutcomeKind.UNTRIED))], NOW)
        ledger.release(claimed)
        let_leases_lapse(database)
        recover(database, "resend", NOW)
        resend_unknown(database, KEY, NOW)
        give_up(database, NOW + HOUR, "late", NOW)
        assert _counts(database) == {"sent": 1}


def test_a_letter_that_never_gets_an_answer_is_not_sent_for_ever(tmp_path: Path) -> None:
    """After MOST_REPEATS it stays unknown until a person says so."""
    with new_database(tmp_path) as database:
        freeze_readers(database, [reader("ann")])
        tries = 0
        while tries < 99 and (taken := (ledger := ledger_of(database, KEY)).claim(1, NOW)):
            tries += 1
            ledger.record(taken, (), NOW)
            let_leases_lapse(database)
            recover(database, "resend", NOW)
        assert tries == MOST_REPEATS + 1
        assert _counts(database) == {"unknown": 1}
        assert resend_unknown(database, KEY, NOW) == 1
        assert _counts(database) == {"pending": 1}


@pytest.mark.parametrize(
    ("policy", "after"),
    [("resend", {"pending": 2, "sent": 1}), ("hold", {"pending": 1, "unknown": 1, "sent": 1})],
)
def test_a_killed_run_is_taken_up(tmp_path: Path, policy: str, after: dict[str, int]) -> None:
    """Claimed letters never left; those in data may have, and the policy decides."""
    with new_database(tmp_path) as database:
        freeze_readers(database, [reader(n) for n in ("ann", "bob", "cy")])
        ledger = ledger_of(database, KEY)
        ann, bob, _cy = ledger.claim(3, NOW)
        ledger.record((ann, bob), (), NOW)
        ledger.record((), [(ann, outcome(OutcomeKind.SENT))], NOW)
    with new_database(tmp_path) as database:
        let_leases_lapse(database)
        recovered = recover(database, policy, NOW)  # type: ignore[arg-type]
        assert (recovered.returned, recovered.unknown) == (1, 1)
        assert recovered.resent == (1 if policy == "resend" else 0)
        assert _counts(database) == after
        if policy == "hold":
            assert resend_unknown(database, EditionKey("2026-11-24"), NOW) == 0
            assert resend_unknown(database, KEY, NOW) == 1
        (again,) = [r for r in census.rows(database, KEY) if r.repeats]
        assert (again.name, again.attempt, again.state) == ("Bob", 1, State.PENDING)
        claimed = ledger_of(database, KEY).claim(9, NOW)
        assert {r.address.local: r.attempt for r in claimed} == {"bob": 1, "cy": 0}


def test_given_up_letters_say_whether_they_were_ever_tried(tmp_path: Path) -> None:
    plan = [reader(n) for n in ("tried", "never")] + [reader("fresh", due_at=NOW + HOUR)]
    with new_database(tmp_path) as database:
        freeze_readers(database, plan)
        ledger = ledger_of(database, KEY, due_before=NOW)
        claimed = {r.address.local: r for r in ledger.claim(2, NOW)}
        ledger.record((claimed["tried"],), (), NOW)
        ledger.record((), [(claimed["tried"], outcome(OutcomeKind.DEFERRED, retry_at=NOW))], NOW)
        ledger.release((claimed["never"],))
        assert give_up(database, NOW + HOUR / 2, "too late", NOW) == 2
        rows = {row.name: (row.state.value, row.words) for row in census.rows(database, KEY)}
        assert rows == {
            "Tried": ("rejected", "too late"),
            "Never": ("skipped", "too late"),
            "Fresh": ("pending", ""),
        }


def test_rows_come_by_address_in_full_past_a_portion(tmp_path: Path) -> None:
    with new_database(tmp_path) as database:
        freeze_readers(database, [reader(f"r{n:05}") for n in range(4_100)])
        names = [row.address.partition("@")[0] for row in census.rows(database, KEY)]
        assert names == [f"r{n:05}" for n in range(4_100)]
        assert list(census.rows(database, KEY, [State.SENT])) == []


def test_threads_share_a_ledger_and_no_letter_goes_to_two(tmp_path: Path) -> None:
    with new_database(tmp_path) as database:
        freeze_readers(database, [reader(f"r{n}") for n in range(400)])

        def work(_: int) -> list[str]:
            ledger, mine = ledger_of(database, KEY), []
            while claimed := _patiently(ledger.claim, 7, NOW):
                sent = [(r, outcome(OutcomeKind.SENT)) for r in claimed]
                _patiently(ledger.record, claimed, (), NOW)
                _patiently(ledger.record, (), sent, NOW)
                mine += _locals(claimed)
            return mine

        with ThreadPoolExecutor(4) as pool:
            served = [name for part in pool.map(work, range(4)) for name in part]
        assert sorted(served) == sorted(f"r{n}" for n in range(400))
        assert _counts(database) == {"sent": 400}


def _patiently(call: Callable[..., T], *arguments: object) -> T:
    """As the courier does: a database that another holds is asked again."""
    while True:
        try:
            return call(*arguments)
        except StorageBusy:
            time.sleep(0.005)


def test_each_state_is_counted_by_one_index_and_sent_is_who_is_left(tmp_path: Path) -> None:
    assert sorted(sum(INDEXED, (State.SENT,))) == sorted(State)
    with new_database(tmp_path) as database:
        freeze_readers(database, [reader(f"r{n}") for n in range(45)])
        with database.write() as connection:
            for number, state in enumerate(State, start=1):
                several = sa.select(delivery.c.address_key).where(delivery.c.state == "pending")
                connection.execute(
                    delivery.update()
                    .where(delivery.c.address_key.in_(several.limit(number)))
                    .values(state=state.value if state != State.PENDING else "sent")
                )
            by_state = sa.select(delivery.c.state, sa.func.count()).group_by(delivery.c.state)
            plain = dict(tuple(row) for row in connection.execute(by_state))
        found = _counts(database)
        assert found == plain
        assert sum(found.values()) == 45
        assert census.counts(database, KEY, "example.org")["sent"] == plain["sent"]


HOSTILE = '\'");-- %s :name ? \0 \ud800 \\ " ` ; DROP TABLE delivery; ünïcödé 🎓'


def test_hostile_text_in_every_field_is_only_text(tmp_path: Path) -> None:
    kept = HOSTILE.replace("\0", "").replace("\ud800", "?")
    address = EmailAddress("o'brien%s`{}|;--", "example.org")
    hostile = Recipient(
        edition=KEY,
        address=address,
        name=HOSTILE,
        reader_id=kept,
        segment=kept[:60],
        due_at=NOW,
    )
    said = Outcome(
        kind=OutcomeKind.UNKNOWN, stage=Stage.DOT, enhanced=HOSTILE, words=HOSTILE, relay=HOSTILE
    )
    with new_database(tmp_path) as database:
        freeze_readers(
            database,
            [hostile, reader("ann")],
            edition_document=kept,
            rendition_document=kept,
            choices={kept[:60]: kept},
            memory={kept: frozenset({kept})},
        )
        suppress_reader(database, HOSTILE + "2", reason=HOSTILE, source=HOSTILE, at=NOW)
        ledger = ledger_of(database, KEY)
        claimed = {r.address.local: r for r in ledger.claim(2, NOW)}
        assert claimed[address.local].name == kept
        ledger.record((claimed[address.local],), (), NOW)
        ledger.record((), [(claimed[address.local], said)], NOW)
        (row,) = census.rows(database, KEY, [State.UNKNOWN])
        assert (row.words, row.relay, row.address) == (kept, kept, str(address))
        assert _counts(database) == {"claimed": 1, "unknown": 1}
