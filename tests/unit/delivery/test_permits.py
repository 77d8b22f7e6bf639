"""A connection is open only while its permit is certainly ours."""

import asyncio

from digest.delivery.permits import Permits
from digest.errors import StorageAway
from tests.support.virtual_time import run_virtually


def now():
    return asyncio.get_running_loop().time()


class Book:
    """Grants whatever is wanted up to `allowed`, for ten seconds from each question."""

    def __init__(self, allowed):
        self.allowed = allowed
        self.away = False
        self.asked = []
        self.held = set()

    async def ask(self, relay, limit, wanted, kept):
        self.asked.append((now(), wanted, list(kept)))
        if self.away:
            raise StorageAway("away")
        self.held &= set(kept)
        free = sorted(set(range(1, limit + 1)) - self.held)
        more = max(min(wanted, self.allowed) - len(self.held), 0)
        self.held |= set(free[:more])
        return set(self.held), self.allowed, 10.0


def with_permits(work, *, allowed=4):
    async def run():
        book = Book(allowed)
        permits = Permits("relay", 4, book, on_recall=lambda: None, clock=now)
        keeper = asyncio.create_task(permits.keep())
        try:
            return await work(book, permits)
        finally:
            keeper.cancel()

    return run_virtually(run())


async def enter(permits, count):
    found = await asyncio.gather(*(permits.enter(lambda: True) for _ in range(count)))
    return [permit for permit in found if permit]


def test_while_the_database_is_away_permits_end_before_others_may_have_them():
    async def work(book, permits):
        held = await enter(permits, 4)
        await asyncio.sleep(3)
        assert not any(permit.recalled for permit in held)
        book.away = True
        last = now()
        await asyncio.sleep(7)
        assert not any(permit.recalled for permit in held)  # not yet: they are used up
        await asyncio.sleep(last + 10 - now())
        assert all(permit.recalled for permit in held)
        for permit in held:
            permit.leave()
        waits = asyncio.create_task(permits.enter(lambda: True))
        await asyncio.sleep(5)
        assert not waits.done()
        book.away = False
        assert await waits

    with_permits(work)


def test_a_smaller_share_calls_idle_connections_back_first():
    async def work(book, permits):
        held = await enter(permits, 4)
        held[2].rest(True)
        await asyncio.sleep(3)
        book.allowed = 3
        await asyncio.sleep(2)
        recalled = [permit.recalled for permit in held]
        book.allowed = 1
        await asyncio.sleep(2)
        return recalled, sum(permit.recalled for permit in held)

    assert with_permits(work) == ([False, False, True, False], 3)


def test_nothing_is_asked_while_no_connection_is_wanted():
    async def work(book, permits):
        for permit in await enter(permits, 2):
            permit.leave()
        await asyncio.sleep(5)
        asked = len(book.asked)
        await asyncio.sleep(100)
        return len(book.asked) - asked, book.asked[-1][1:]

    assert with_permits(work) == (0, (0, []))


def test_the_database_is_asked_about_once_a_second_however_many_connections_come_and_go():
    async def work(book, permits):
        begun = now()
        while now() < begun + 20:
            for permit in await enter(permits, 4):
                await asyncio.sleep(0.01)
                permit.leave()
        return len(book.asked)

    assert with_permits(work) <= 25


def test_who_is_not_needed_any_more_waits_no_longer():
    async def work(book, permits):
        needed = True
        waits = asyncio.create_task(permits.enter(lambda: needed))
        await asyncio.sleep(3)
        assert not waits.done()
        needed = False
        permits.wake()
        return await waits

    assert with_permits(work, allowed=0) is None
