"""Limits a minute hold over all programs together, whatever becomes of one of them."""

import asyncio
import random
from collections import Counter
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.delivery.pacing import Pace
from digest.delivery.shared_pacing import SharedDomainPaces, SharedPace
from digest.errors import StorageError
from tests.support.examples import examples
from tests.support.memory_books import Line, MemoryPaces
from tests.support.virtual_time import run_virtually
from tests.unit.delivery.test_pacing import Bucket


def now():
    return asyncio.get_running_loop().time()


def most_in(seconds, moments):
    """How many moments lie in the fullest span of so many seconds."""
    moments, first, most = sorted(moments), 0, 0
    for last, moment in enumerate(moments):
        while moments[first] <= moment - seconds:
            first += 1
        most = max(most, last - first + 1)
    return most


class Program:
    """Sends through `connections` connections whenever it may, from a pace that it shares."""

    def __init__(self, name, limit, book, sent, connections=3):
        self.over = asyncio.Event()
        self.pace = SharedPace(name, limit, book, clock=now, wait=self.wait)
        self.sent = sent
        self.connections = connections

    async def wait(self, seconds):
        if not self.over.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(self.over.wait(), seconds)
        return not self.over.is_set()

    async def connection(self, chance):
        while not self.over.is_set():
            if self.pace.waits:
                if not await self.pace.turn():
                    return
            else:
                self.pace.take()
            self.sent.append(now())
            await asyncio.sleep(chance.uniform(0.0, 0.02))

    async def work(self, chance):
        await asyncio.gather(*(self.connection(chance) for _ in range(self.connections)))

    async def end(self):
        self.over.set()
        await self.pace.close()


@examples(12)
@given(
    limit=st.sampled_from([1, 5, 60, 100, 600]),
    seed=st.integers(0, 1_000),
    programs=st.integers(1, 6),
    slowest=st.sampled_from([0.001, 0.05, 0.2]),
)
def test_no_minute_has_more_letters_than_the_limit(limit, seed, programs, slowest):
    """Programs come, go and are killed; their ways to the database are slow and uneven."""
    chance = random.Random(seed)
    sent = []

    async def life(book):
        await asyncio.sleep(chance.uniform(0, 60))
        program = Program("all", limit, book, sent)
        work = asyncio.create_task(program.work(chance))
        await asyncio.sleep(chance.uniform(1, 150))
        if chance.random() < 0.5:
            await program.end()
        work.cancel()

    async def day():
        book = MemoryPaces(Line(lambda: chance.uniform(0, slowest)))
        await asyncio.gather(*(life(book) for _ in range(programs)))

    run_virtually(day())
    assert most_in(60, sent) <= limit


@pytest.mark.parametrize("limit", [10, 60, 600, 6_000, 60_000])
@pytest.mark.parametrize("programs", [1, 4])
def test_programs_together_come_near_the_limit_and_ask_seldom(limit, programs):
    seconds = 60 if limit <= 6_000 else 5
    expected = limit * seconds / 60
    sent = []

    async def day():
        book, chance = MemoryPaces(), random.Random(1)
        crew = [Program("all", limit, book, sent, 12) for _ in range(programs)]
        work = [asyncio.create_task(each.work(chance)) for each in crew]
        await asyncio.sleep(seconds)
        for each in crew:
            await each.end()
        await asyncio.gather(*work)
        return book.line.asked

    asked = run_virtually(day())
    assert 0.9 * expected - 1 <= len(sent) <= expected + 1
    assert asked <= min(len(sent), seconds * 1.2 + 10 * programs) + 2 * programs


def test_a_program_that_ends_leaves_its_moments_to_the_next():
    """Of two moments a minute apart that the first one does not use, the next one has the first."""

    async def day():
        book, sent = MemoryPaces(), []
        for _ in range(3):
            program = Program("all", 1, book, sent, 1)
            work = asyncio.create_task(program.work(random.Random(1)))
            await asyncio.sleep(10)
            await program.end()
            await work
        return book.next["all"] / 1e6 - now()

    assert run_virtually(day()) < 61


def test_while_the_database_is_away_letters_wait_and_go_on_afterwards():
    sent = []

    async def day():
        book = MemoryPaces()
        program = Program("all", 60, book, sent)
        work = asyncio.create_task(program.work(random.Random(1)))
        await asyncio.sleep(10)
        book.line.away = True
        await asyncio.sleep(30)
        before = len(sent)
        book.line.away = False
        await asyncio.sleep(10)
        book.line.away = True
        await program.end()
        await work  # a run ends, though the database is away
        return before

    before = run_virtually(day())
    assert before in (10, 11, 12)
    assert 18 <= len(sent) <= 23


def test_a_database_that_refuses_ends_the_run_with_its_words():
    class Refusing(MemoryPaces):
        async def reserve(self, wanted):
            raise StorageError("its user lacks the right")

    async def day():
        program = Program("all", 60, Refusing(), [])
        with pytest.raises(StorageError, match="lacks the right"):
            await program.pace.turn()
        await program.end()

    run_virtually(day())


@examples(8)
@given(seed=st.integers(0, 1_000), programs=st.integers(1, 4))
def test_no_minute_has_more_letters_to_a_domain_than_its_limit(seed, programs):
    chance = random.Random(seed)
    limits = {"big.example": 120, "*": 6}
    domains = ["big.example"] * 5 + [f"d{n}.example" for n in range(10)]
    sent = {domain: [] for domain in domains}

    async def program(book):
        changed, over = asyncio.Event(), asyncio.Event()

        async def wait(seconds):
            await asyncio.sleep(seconds)
            return not over.is_set()

        paces = SharedDomainPaces(limits, book, clock=now, wait=wait, on_change=changed.set)
        keeper = asyncio.create_task(paces.keep())
        end = now() + chance.uniform(30, 150)
        while now() < end:
            ready = [domain for domain in domains if not paces.ahead(domain)]
            for domain in set(ready):
                paces.take(domain)
                sent[domain].append(now())
            changed.clear()
            soon = min(paces.ahead(domain) for domain in domains)
            try:
                await asyncio.wait_for(changed.wait(), max(soon, 0.02))
            except TimeoutError:
                continue
        keeper.cancel()
        if chance.random() < 0.5:
            await paces.close()

    async def day():
        book = MemoryPaces(Line(lambda: chance.uniform(0, 0.05)))
        await asyncio.gather(*(program(book) for _ in range(programs)))
        return book.line.asked

    asked = run_virtually(day())
    assert all(most_in(60, moments) <= limits.get(d, 6) for d, moments in sent.items())
    assert most_in(60, sent["big.example"]) >= 0.8 * 60  # nobody starves: it ran for half a minute
    assert asked < sum(map(len, sent.values()))


def test_a_domain_without_a_limit_waits_for_nobody():
    book = MemoryPaces()
    paces = SharedDomainPaces(
        {"big.example": 1}, book, clock=lambda: 0.0, wait=None, on_change=lambda: None
    )
    assert paces.ahead("small.example") == 0
    assert paces.ahead("big.example") > 0


@pytest.mark.parametrize("workers", [2, 5, 12])
def test_workers_that_are_all_told_too_fast_find_the_relays_rate_together(workers):
    """Each listens for itself. Their sum comes to what the relay takes, and none is starved."""
    taken, refused = Counter(), Counter()

    async def worker(name, relay):
        async def wait(seconds):
            await asyncio.sleep(seconds)
            return True

        await asyncio.sleep(name * 0.3)
        pace = Pace(None, clock=now, wait=wait)
        while await pace.turn():
            begun = now()
            await asyncio.sleep(0.01)
            late = now() > 1_060  # they have had a minute to find out
            if relay.takes():
                pace.sent()
                taken[name] += late
            else:
                pace.throttled(begun)
                refused[name] += late

    async def day():
        relay = Bucket(now, 100, 20)
        crew = [asyncio.create_task(worker(name, relay)) for name in range(workers)]
        await asyncio.sleep(180)
        for task in crew:
            task.cancel()

    run_virtually(day())
    assert taken.total() >= 0.8 * 100 * 120
    assert refused.total() <= 0.1 * taken.total()
    assert min(taken.values()) >= taken.total() / workers / 3
