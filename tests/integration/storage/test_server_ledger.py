"""What holds of the ledger on a server, where others are at work and the way may be cut."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import psycopg
import pytest
import sqlalchemy as sa

from digest.errors import StorageAway, StorageError
from digest.model import EditionKey, OutcomeKind, Recipient
from digest.storage import census
from digest.storage.batches import Batch, batch_rest
from digest.storage.database import Database
from digest.storage.dialect import Synchronous
from digest.storage.leaving import Leavers
from digest.storage.postgres.database import PostgresDatabase, open_postgres
from digest.storage.postgres.leases import Lease, hold_lease
from digest.storage.postgres.leaving import ServerLeavers
from digest.storage.postgres.ledger import PostgresLedger
from digest.storage.recovery import recover, recover_batch
from digest.storage.suppress_many import Leaver, suppress_all
from digest.storage.suppressions import Kind, suppress_address_in, suppress_reader_in
from digest.storage.workers import WorkerFacts, recent_workers
from tests.support.ledgers import WaitingLedger, close_ledgers, let_leases_lapse, open_batches, wait
from tests.support.lost_answers import lossy_way
from tests.support.pg_wire import pg_wire
from tests.support.postgres import Server, fresh_database
from tests.support.state import KEY, NOW, freeze_readers, new_database, on_postgres, outcome, reader

T = TypeVar("T")
SENT = outcome(OutcomeKind.SENT)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[PostgresDatabase]:
    with on_postgres(), new_database(tmp_path) as database:
        assert isinstance(database, PostgresDatabase)
        yield database
        close_ledgers()


def _counts(database: Database) -> dict[str, int]:
    return {state: n for state, n in census.counts(database, KEY).items() if n}


def _by_name(recipients: object) -> dict[str, Recipient]:
    return {r.address.local: r for r in recipients}  # type: ignore[attr-defined]


@asynccontextmanager
async def _ledger(database: PostgresDatabase, **more: bool) -> AsyncIterator[PostgresLedger]:
    async with hold_lease(database, command="run", heartbeat=3600, timeout=30) as lease:
        ledger = PostgresLedger(database, KEY, lease, **more)
        yield ledger
        await ledger.close()


async def _patiently(call: Callable[..., Awaitable[T]], *given: object) -> T:
    """As the courier does."""
    while True:
        try:
            return await call(*given)
        except StorageAway:
            await asyncio.sleep(0.01)


def test_a_letter_that_others_took_does_not_begin_and_what_is_over_is_kept(
    database: PostgresDatabase,
) -> None:
    freeze_readers(database, [reader("ann"), reader("bob")])
    ledger = WaitingLedger(database, KEY)
    ann, bob = ledger.claim(2, NOW)
    ledger.record((ann,), (), NOW)
    with database.write() as connection:
        connection.exec_driver_sql("UPDATE delivery SET holder = 'x' WHERE name = 'Bob'")
    assert ledger.record((bob,), [(ann, SENT)], NOW) == {"id-bob"}
    assert _counts(database) == {"claimed": 1, "sent": 1}


def test_who_stood_still_past_his_lease_begins_nothing_and_tells_the_truth_late(
    database: PostgresDatabase,
) -> None:
    """Another took his letters; what the relay told him counts all the same."""
    freeze_readers(database, [reader(n) for n in ("ann", "bob", "cy", "dan")])
    stopped = WaitingLedger(database, KEY)
    ann, bob, cy, dan = stopped.claim(4, NOW)
    stopped.record((ann, bob, dan), (), NOW)
    assert stopped.lease.holds()
    let_leases_lapse(database)
    recovered = recover(database, "hold", NOW)
    assert (recovered.returned, recovered.unknown) == (1, 3)
    other = WaitingLedger(database, KEY)
    assert _by_name(other.claim(9, NOW)).keys() == {"cy"}
    with pytest.raises(StorageError, match=r"workers\.timeout"):
        stopped.record((cy,), (), NOW)
    rejected = outcome(OutcomeKind.REJECTED)
    stopped.record((), [(ann, SENT), (bob, rejected), (cy, rejected)], NOW)
    assert _counts(database) == {"sent": 1, "rejected": 1, "unknown": 1, "claimed": 1}
    assert [worker.id for worker in [each for each in recent_workers(database) if each.lives]] == [
        other.lease.id
    ]


async def test_a_lease_that_others_found_over_never_comes_back(database: PostgresDatabase) -> None:
    """So a letter that waited all the while on a stopped machine is not sent after a renewal."""
    lease = Lease(database, command="run", heartbeat=3600, timeout=30)
    await lease.begin()
    assert lease.holds()
    assert await lease.renew()
    let_leases_lapse(database)
    recover(database, "hold", NOW)
    assert not await lease.renew()
    assert not lease.holds()
    assert not await lease.renew()
    await lease.end()


async def test_this_machines_clock_ends_a_lease_before_the_database_does(
    database: PostgresDatabase,
) -> None:
    lease = Lease(database, command="run", heartbeat=3600, timeout=0.6)
    await lease.begin()
    await asyncio.sleep(0.55)
    assert not lease.holds()
    await lease.end()


def test_nobody_is_taken_for_dead_while_his_lease_lasts(database: PostgresDatabase) -> None:
    freeze_readers(database, [reader(n) for n in ("ann", "bob")], batch_size=9)
    living = WaitingLedger(database, KEY)
    living.record(living.claim(1, NOW), (), NOW)
    living.claim(1, NOW)
    before = _counts(database)
    recovered = recover(database, "resend", NOW)
    assert (recovered.returned, recovered.unknown, recovered.resent) == (0, 0, 0)
    taken = recover_batch(database, KEY, 1, "resend", NOW)
    (worker,) = [each for each in recent_workers(database) if each.lives]
    assert taken.held_until == worker.lease_until
    assert recover_batch(database, KEY, 1, "resend", NOW, me=worker.id).held_until is None
    assert _counts(database) == before == {"claimed": 1, "data": 1}
    let_leases_lapse(database)
    taken = recover_batch(database, KEY, 1, "resend", NOW)
    assert (taken.recovered.returned, taken.recovered.resent, taken.held_until) == (1, 1, None)


async def test_an_answer_that_is_lost_changes_nothing(tmp_path: Path) -> None:
    """The commit was made, nobody heard of it, and the same call is made again."""
    with on_postgres(), new_database(tmp_path) as near:
        assert isinstance(near, PostgresDatabase)
        freeze_readers(near, [reader(f"r{n}") for n in range(9)])
        async with lossy_way(near.conninfo) as way:
            # The server is asked beforehand, so that the next answer is the statement's own.
            with open_postgres(near.conninfo, create=False, state=tmp_path) as far:
                far.conninfo = way.conninfo
                async with _ledger(far) as ledger:
                    await _lost_answers(ledger, way.lose_next_answer)
            assert way.lost == 6
        rows = {row.name: (row.state.value, row.attempt) for row in census.rows(near, KEY)}
        assert sorted(rows.values()) == sorted(
            [("sent", 1), ("deferred", 1), ("pending", 0), ("deferred", 1), ("rejected", 1)]
            + [("pending", 0)] * 3
            + [("data", 1)]
        )


async def _lost_answers(ledger: PostgresLedger, lose: Callable[[], None]) -> None:
    claimed = [*await ledger.claim(1, NOW)]
    lose()
    claimed += await _patiently(ledger.claim, 5, NOW)
    claimed += await _patiently(ledger.claim, 9, NOW)
    assert len({r.address.key for r in claimed}) == len(claimed) == 9
    begun, refused, rest = claimed[:3], claimed[3:5], claimed[5:]
    lose()
    assert await _patiently(ledger.record, begun, (), NOW) == frozenset()
    later = outcome(OutcomeKind.DEFERRED, retry_at=NOW + timedelta(hours=1))
    kinds = (SENT, later, outcome(OutcomeKind.UNTRIED))
    lose()
    await _patiently(ledger.record, (), [*zip(begun, kinds, strict=True)], NOW)
    kinds = (later, outcome(OutcomeKind.REJECTED))
    lose()
    settled = [*zip(refused, kinds, strict=True)]
    assert await _patiently(ledger.record, rest[:1], settled, NOW) == frozenset()
    lose()
    await _patiently(ledger.release, rest[1:3])
    lose()
    await _patiently(ledger.release, rest[3:])


async def test_a_server_that_starts_again_loses_and_doubles_nothing(tmp_path: Path) -> None:
    server = Server(durable=True)
    try:
        url = server.make_database()
        with open_postgres(url, create=True, state=tmp_path) as database:
            freeze_readers(database, [reader(f"r{n:03}") for n in range(600)])
            async with _ledger(database) as ledger:
                served: list[str] = []
                restarting = None
                while taken := await _patiently(ledger.claim, 50, NOW):
                    if len(served) == 200:
                        stop = asyncio.to_thread(server.restart, mode="immediate")
                        restarting = asyncio.create_task(stop)
                    for one in taken:
                        assert not await _patiently(ledger.record, [one], (), NOW)
                        await _patiently(ledger.record, (), [(one, SENT)], NOW)
                        served.append(one.address.local)
                        await asyncio.sleep(0)
                assert restarting is not None
                await restarting
                assert sorted(served) == [f"r{n:03}" for n in range(600)]
                await ledger.record((), (), NOW)
            rows = census.rows(database, KEY)
            assert {(row.state.value, row.attempt) for row in rows} == {("sent", 1)}
    finally:
        server.close()


def test_many_ledgers_never_hand_out_the_same_letter(database: PostgresDatabase) -> None:
    """Four at once, while a recovery looks for letters that nobody holds any more."""
    freeze_readers(database, [reader(f"r{n}") for n in range(3000)])
    ledgers = [WaitingLedger(database, KEY) for _ in range(4)]

    def work(ledger: WaitingLedger) -> list[str]:
        mine: list[str] = []
        while claimed := ledger.claim(40, NOW):
            assert not ledger.record(claimed, (), NOW)
            ledger.record((), [(each, SENT) for each in claimed], NOW)
            mine += [each.address.local for each in claimed]
            recover(database, "resend", NOW)
        return mine

    with ThreadPoolExecutor(4) as pool:
        parts = list(pool.map(work, ledgers))
    assert sorted(name for part in parts for name in part) == sorted(f"r{n}" for n in range(3000))
    assert _counts(database) == {"sent": 3000}


async def test_a_batch_is_handed_out_whole_and_no_other_is_touched(
    database: PostgresDatabase,
) -> None:
    told: list[Batch] = []
    plan = [reader(f"r{n}", due_at=NOW + timedelta(hours=n % 2)) for n in range(10)]
    freeze_readers(database, plan, batch_size=3, on_batches=lambda _, some: told.extend(some))
    assert [(b.number, b.letters, b.due_at) for b in told] == [
        (1, 3, NOW),
        (2, 3, NOW + timedelta(hours=1)),
        (3, 2, NOW),
        (4, 2, NOW + timedelta(hours=1)),
    ]
    assert open_batches(database, KEY) == told
    async with _ledger(database, batches=True) as ledger:
        assert await ledger.claim(9, NOW) == ()
        ledger.add_batch(1)
        first = await ledger.claim(2, NOW)
        assert _counts(database) == {"claimed": 3, "pending": 7}
        ledger.add_batch(4)
        assert len(await ledger.claim(9, NOW)) == 1
        (four, _) = await ledger.claim(9, NOW)
        await ledger.record(first, (), NOW)
        again = outcome(OutcomeKind.DEFERRED, retry_at=NOW + timedelta(minutes=1))
        untried = outcome(OutcomeKind.UNTRIED)
        await ledger.record((), [(first[0], again), (first[1], untried), (four, untried)], NOW)
        await ledger.drop_batch(4)
        assert [r.address for r in await ledger.claim(9, NOW)] == [first[1].address]
        assert await ledger.claim(9, NOW) == ()
        later = NOW + timedelta(minutes=1)
        assert [r.address for r in await ledger.claim(9, later)] == [first[0].address]
    assert [(b.number, b.letters) for b in open_batches(database, KEY)] == [
        (1, 3),
        (2, 3),
        (3, 2),
        (4, 2),
    ]


def test_letters_planned_for_no_worker_are_put_into_batches(database: PostgresDatabase) -> None:
    freeze_readers(
        database, [reader(f"r{n}", due_at=NOW + timedelta(hours=n % 2)) for n in range(8)]
    )
    told: list[Batch] = []
    made = batch_rest(database, KEY, 3, lambda _, some: told.extend(some))
    assert [(b.number, b.letters) for b in made] == [(1, 3), (2, 1), (3, 3), (4, 1)]
    assert told == made == open_batches(database, KEY)
    assert batch_rest(database, KEY, 3, lambda _, some: told.extend(some)) == []


def _wait_until_it_waits(database: PostgresDatabase, work: Future[Any]) -> None:
    """Until a connection to the database waits for another's lock, or the work is done."""
    waits = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = %s"
    with psycopg.connect(database.conninfo, autocommit=True) as watch:
        while not work.done() and not watch.execute(waits, (watch.info.dbname,)).fetchone():
            pass


def test_a_letter_that_looked_before_she_left_does_not_begin_after(
    database: PostgresDatabase,
) -> None:
    """Its transaction is older than hers, and comes to her row while hers is not over."""
    freeze_readers(database, [reader("ann")])
    ledger = WaitingLedger(database, KEY)
    claimed = ledger.claim(1, NOW)
    leavers = ServerLeavers(database)
    with ThreadPoolExecutor(1) as pool:
        with leavers._open().transaction():
            assert leavers.leave(["id-ann"], reason="left", source="link", at=1, kind="x") == 1
            beginning = pool.submit(ledger.record, claimed, (), NOW)
            _wait_until_it_waits(database, beginning)
        assert beginning.result() == {"id-ann"}
    leavers.close()
    assert _counts(database) == {"suppressed": 1}


@pytest.mark.parametrize("by", ["address", "link"])
def test_a_letter_that_looked_before_she_was_suppressed_does_not_begin_after(
    database: PostgresDatabase, by: str
) -> None:
    """The same for those whom a person or a bounce takes out."""
    freeze_readers(database, [reader("ann")])
    ledger = WaitingLedger(database, KEY)
    claimed = ledger.claim(1, NOW)
    told = {"reason": "left", "source": "hand", "at": NOW, "kind": Kind.HAND}
    with ThreadPoolExecutor(1) as pool:
        with database.write() as connection:
            if by == "address":
                assert suppress_address_in(connection, claimed[0].address, **told)  # type: ignore[arg-type]
            else:
                assert suppress_reader_in(connection, "id-ann", **told)  # type: ignore[arg-type]
            beginning = pool.submit(ledger.record, claimed, (), NOW)
            _wait_until_it_waits(database, beginning)
        assert beginning.result() == {"id-ann"}
    assert [(row.state.value, row.words) for row in census.rows(database, KEY)] == [
        ("suppressed", "left")
    ]


def test_who_suppresses_many_waits_for_the_letter_that_begins_just_now(
    database: PostgresDatabase,
) -> None:
    freeze_readers(database, [reader("ann"), reader("bob")])
    ledger = WaitingLedger(database, KEY)
    claimed = ledger.claim(2, NOW)
    ann = next(each.address for each in claimed if each.address.local == "ann")
    leaver = Leaver(ann, Kind.HAND, "left")
    with ThreadPoolExecutor(2) as pool, psycopg.connect(database.conninfo) as other:
        other.execute("SELECT 1 FROM delivery WHERE name = 'Bob' FOR UPDATE")
        beginning = pool.submit(ledger.record, claimed, (), NOW)
        _wait_until_it_waits(database, beginning)
        leaving = pool.submit(suppress_all, database, [leaver], source="import", at=NOW)
        with pytest.raises(TimeoutError):
            leaving.result(timeout=0.2)
        assert not beginning.done()
        other.rollback()
        assert (beginning.result(), leaving.result()) == (frozenset(), 1)
    assert _counts(database) == {"data": 2}


@pytest.mark.parametrize(("synchronous", "answer"), [("full", "on"), ("normal", "off")])
def test_a_ledger_waits_for_the_servers_disk_unless_it_is_told_not_to(
    database: PostgresDatabase, tmp_path: Path, synchronous: Synchronous, answer: str
) -> None:
    url = f"{database.conninfo}&options=-csynchronous_commit%3Don"
    with open_postgres(url, create=False, state=tmp_path, synchronous=synchronous) as again:
        ledger = WaitingLedger(again, KEY)
        assert wait(ledger.ledger._server.ask("SHOW synchronous_commit", {})) == [(answer,)]
        ledger.vanish()


def test_who_leaves_waits_for_the_letter_that_begins_just_now(database: PostgresDatabase) -> None:
    """So no letter of hers begins after she was told."""
    freeze_readers(database, [reader("ann"), reader("bob")])
    ledger = WaitingLedger(database, KEY)
    claimed = ledger.claim(2, NOW)
    leavers = Leavers(database)
    told = {"reason": "left", "source": "link", "at": NOW, "kind": "unsubscribe"}
    with ThreadPoolExecutor(2) as pool, psycopg.connect(database.conninfo) as other:
        other.execute("SELECT 1 FROM delivery WHERE name = 'Bob' FOR UPDATE")
        beginning = pool.submit(ledger.record, claimed, (), NOW)
        _wait_until_it_waits(database, beginning)
        leaving = pool.submit(leavers.leave, ["id-ann"], **told)  # type: ignore[arg-type]
        with pytest.raises(TimeoutError):
            leaving.result(timeout=0.2)
        assert not beginning.done()
        other.rollback()
        assert (beginning.result(), leaving.result()) == (frozenset(), 1)
    leavers.close()
    assert _counts(database) == {"data": 2}


async def test_two_editions_of_one_worker_do_not_end_each_others_connections(
    tmp_path: Path,
) -> None:
    """After both were cut off each opens its own anew, and then both stay."""
    weekly = EditionKey("2026-W48")
    with (
        fresh_database() as url,
        pg_wire(url) as wire,
        open_postgres(wire.url, create=True, state=tmp_path) as database,
    ):
        freeze_readers(database, [reader("ann")])
        freeze_readers(database, [reader("bob", key=weekly)], key=weekly)
        async with hold_lease(database, command="run", heartbeat=3600, timeout=30) as lease:
            ledgers = [PostgresLedger(database, key, lease) for key in (KEY, weekly)]
            for ledger in ledgers:
                await ledger.claim(1, NOW)
            wire.hang_up()
            wire.mend()
            for ledger in ledgers:
                await _patiently(ledger.claim, 1, NOW)
            for ledger in ledgers:
                assert await ledger.claim(1, NOW) == ()
                await ledger.close()


async def test_who_ended_in_order_without_a_letter_is_not_remembered(
    database: PostgresDatabase,
) -> None:
    """A worker that cannot begin is many; one that was killed is shown whatever it did."""
    for facts in (WorkerFacts(), WorkerFacts(rejected=1), WorkerFacts(sent=2)):
        lease = Lease(
            database, command="worker", heartbeat=5, timeout=30, facts=lambda facts=facts: facts
        )
        await lease.begin()
        assert len([each for each in recent_workers(database) if each.lives]) == 1
        await lease.end()
    assert [(each.rejected, each.sent) for each in recent_workers(database)] == [(1, 0), (0, 2)]
    killed = Lease(database, command="worker", heartbeat=5, timeout=30)
    await killed.begin()
    with database.write() as connection:
        connection.execute(sa.text("UPDATE worker SET state = 'ended'"))  # by others, as it seems
    assert [each.id for each in recent_workers(database) if each.silent] == [killed.id]
