"""Limits hold over all who send from one PostgreSQL database: two couriers, one real relay."""

import asyncio
import time
from collections import Counter
from itertools import pairwise

import pytest

from digest.config import DeliveryConfig
from digest.delivery.faults import RunStopped
from digest.delivery.relay import Way
from digest.delivery.shared import SharedLimits
from digest.delivery.smtp import SmtpTransport
from digest.errors import StorageError
from digest.storage.postgres.database import open_postgres
from digest.storage.postgres.leases import Lease
from digest.storage.postgres.limits import PostgresLimits
from tests.support.delivering import Run, smtp_config
from tests.support.memory_ledger import MemoryLedger, reader
from tests.support.postgres import fresh_database, shared_server
from tests.support.smtp_server import Rule, ScriptedServer
from tests.unit.delivery.test_shared_pacing import most_in

#: How long a dead worker's connections are kept from others, in seconds.
TIMEOUT = 3.0


@pytest.fixture
def database(tmp_path):
    with fresh_database() as url, open_postgres(url, create=True, state=tmp_path) as database:
        yield database


class Counting(ScriptedServer):
    """A relay that notes how many connections were open at once, and when letters came."""

    def __init__(self, rules=()):
        super().__init__(rules)
        self.most = 0
        self.moments = []

    async def _meet(self, reader, writer):
        self.most = max(self.most, self.open + 1)
        await super()._meet(reader, writer)

    def note(self, taken, content):
        self.moments.append((time.monotonic(), taken.recipient))
        super().note(taken, content)


class Courier:
    """One program: a lease, the books, a run from a ledger of its own."""

    def __init__(self, database, ledger, way, *, timeout=60.0, **delivery):
        self.lease = Lease(database, command="run", heartbeat=0.5, timeout=timeout)
        self.books = PostgresLimits(database, self.lease.id, "2026-11-26")
        self.ledger = ledger
        config = DeliveryConfig(transport="smtp", **delivery)
        self.run = Run(ledger, way.transport, delivery=config, ways=[way], seconds=60)
        self.run.shared = SharedLimits(
            paces=self.books.paces, permits=self.books.permits, days=self.books.days
        )

    async def work(self):
        await self.lease.begin()
        keeper = asyncio.create_task(self.lease.keep())
        try:
            return await self.run.go()
        finally:
            keeper.cancel()
            await self.lease.end()
            await self.books.close()


def courier(database, port, who, *, letters=200, **limits):
    """`who`: the end of its readers' addresses, without .example."""
    smtp = smtp_config(port, connections=limits.pop("connections", 4), letters_per_connection=1_000)
    way = Way(
        transport=SmtpTransport(smtp, name="relay"),
        needs_permit=True,
        letters_per_minute=limits.pop("relay_per_minute", None),
        letters_per_day=limits.pop("letters_per_day", None),
    )
    people = [reader(f"r{n}-{who}.example") for n in range(letters)]
    return Courier(database, MemoryLedger(people), way, **limits)


def by_courier(server):
    return Counter(recipient.rpartition("@")[2] for _, recipient in server.moments)


async def test_two_couriers_share_the_relays_connections(database):
    """Never more are open than the relay takes; who comes second gets half within few letters."""
    async with Counting([Rule("dot", delay=0.02)]) as server:
        first = asyncio.create_task(courier(database, server.port, "@1", letters=600).work())
        while len(server.accepted) < 100:
            await asyncio.sleep(0.01)
        assert server.open == 4
        before = by_courier(server)["1.example"]
        second = asyncio.create_task(courier(database, server.port, "@2", letters=100).work())
        reports = await asyncio.gather(first, second)
    assert [report.sent for report in reports] == [600, 100]
    assert server.most == 4
    both = [who for _, who in server.moments[before:]]
    last = max(n for n, who in enumerate(both) if who.endswith("@2.example"))
    assert last < 600  # it was not kept waiting until the first one was done
    assert not server.violations


async def test_more_couriers_than_connections_all_come_to_their_turn(database):
    async with Counting() as server:
        crew = [
            courier(database, server.port, f"@{n}", letters=20, connections=2) for n in range(4)
        ]
        reports = await asyncio.gather(*(each.work() for each in crew))
    assert [report.sent for report in reports] == [20] * 4
    assert server.most <= 2


async def test_a_dead_couriers_connections_are_free_when_its_lease_is_over(database):
    async with Counting() as server:
        dead = courier(database, server.port, "@1", timeout=TIMEOUT)
        await dead.lease.begin()
        numbers, _, _ = await dead.books.permits.ask("relay", 4, 4, ())
        assert len(numbers) == 4
        begun = time.monotonic()
        report = await courier(database, server.port, "@2", letters=20).work()
        await dead.books.close()
    assert report.sent == 20
    assert server.moments[0][0] - begun >= TIMEOUT - 0.5


async def test_a_courier_that_waits_for_a_connection_can_be_stopped(database):
    """It neither fails nor blames the relay: it says that it was stopped."""
    async with Counting() as server:
        other = courier(database, server.port, "@1")
        await other.lease.begin()
        keeper = asyncio.create_task(other.lease.keep())
        await other.books.permits.ask("relay", 1, 1, ())
        waits = courier(database, server.port, "@2", connections=1)
        work = asyncio.create_task(waits.work())
        await asyncio.sleep(0.5)
        waits.run.stop.set()
        report = await work
        keeper.cancel()
        await other.books.close()
    assert report.stopped
    assert report.sent == 0
    assert server.connects == []
    assert len(waits.ledger.at("pending")) == 200


@pytest.mark.parametrize("which", ["all", "relay", "domain"])
async def test_a_limit_a_minute_holds_over_all_couriers(database, which):
    """In no second leaves more than a second's worth and half a second's lateness allow."""
    limit = 1_800
    limits = {
        "all": {"letters_per_minute": limit},
        "relay": {"relay_per_minute": limit},
        "domain": {"domains": {"*": {"letters_per_minute": limit}}},
    }[which]
    async with Counting() as server:
        crew = [
            courier(database, server.port, f"{number}@big", letters=40, **limits)
            for number in range(3)
        ]
        reports = await asyncio.gather(*(each.work() for each in crew))
    assert [report.sent for report in reports] == [40] * 3
    moments = [moment for moment, _ in server.moments]
    assert most_in(1.0, moments) <= limit / 60 * 1.5 + 4  # a letter under way on each connection
    assert moments[-1] - moments[0] >= 119 * 60 / limit - 0.5


async def test_letters_of_the_day_are_counted_over_all_couriers(database):
    """None goes beyond the limit, and none of it is left unused while letters wait."""
    async with Counting() as server:
        crew = [
            courier(database, server.port, f"@{n}", letters=60, letters_per_day=100)
            for n in range(3)
        ]
        ends = await asyncio.gather(*(each.work() for each in crew), return_exceptions=True)
        assert len(server.accepted) <= 100
        late = courier(database, server.port, "@9", letters=60, letters_per_day=100)
        with pytest.raises(RunStopped, match="letters of the day"):
            await late.work()
        assert len(server.accepted) == 100
    assert any(isinstance(end, RunStopped) for end in ends)
    waiting = sum(len(each.ledger.at("pending")) for each in crew)
    assert waiting + len(server.accepted) - len(late.ledger.at("sent")) == 180


async def test_a_database_that_restarts_ends_no_run_and_forgets_no_permit(database):
    """Permits at hand go on; what must be asked for waits until the database is back."""
    limits = {"letters_per_minute": 3_000, "letters_per_day": 100_000}
    async with Counting([Rule("dot", delay=0.02)]) as server:
        crew = [courier(database, server.port, f"@{n}", letters=120, **limits) for n in range(2)]
        works = [asyncio.create_task(each.work()) for each in crew]
        while len(server.accepted) < 100:
            await asyncio.sleep(0.01)
        await asyncio.to_thread(shared_server().restart)
        reports = await asyncio.gather(*works)
    assert [report.sent for report in reports] == [120, 120]
    assert server.most == 4
    assert len(server.recipients) == 240


async def test_a_courier_that_waits_for_a_connection_ends_when_its_lease_is_over(database):
    """It stood still: others took its letters, and nobody would ever give it a connection."""
    async with Counting() as server:
        other = courier(database, server.port, "@1")
        await other.lease.begin()
        await other.books.permits.ask("relay", 1, 1, ())
        waits = courier(database, server.port, "@2", connections=1)
        work = asyncio.create_task(waits.work())
        await asyncio.sleep(0.5)
        with database.write() as connection:
            connection.exec_driver_sql(
                "UPDATE worker SET state = 'ended' WHERE id = %s", (waits.lease.id,)
            )
        with pytest.raises(StorageError, match=r"workers\.timeout"):
            await asyncio.wait_for(work, 20)
        await other.books.close()
    assert server.connects == []
    assert len(waits.ledger.at("pending")) == 200


async def test_a_moment_from_before_the_servers_clock_was_set_back_has_passed(database):
    """What many programs have reserved is never so far ahead: nothing leaves sooner for that."""
    pair = [PostgresLimits(database, f"worker {n}", "2026-11-26") for n in range(2)]
    gaps = {"relay": 1, "domain:slow.example": 60}
    wanted = {name: (1, gap * 1_000_000) for name, gap in gaps.items()}
    queue = [await pair[n % 2].paces.reserve(wanted) for n in range(12)]
    for name, gap in gaps.items():
        aheads = [answer[name][0] for answer in queue]
        assert all(after - before > gap - 1 for before, after in pairwise(aheads)), aheads
    with database.write() as connection:
        connection.exec_driver_sql("UPDATE pace SET next_at = next_at + 5 * 3600000000")
    for books in pair:
        answer = await books.paces.reserve(wanted)
        assert all(answer[name][0] <= gap for name, gap in gaps.items()), answer
        await books.close()
