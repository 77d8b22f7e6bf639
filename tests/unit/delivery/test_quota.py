"""The letters of a day are drawn from one account, whoever sends them."""

import asyncio
import random

from hypothesis import given
from hypothesis import strategies as st

from digest.delivery.quota import DRAWN_FOR, DayLetters
from tests.support.examples import examples
from tests.support.memory_books import Line, MemoryDays
from tests.support.virtual_time import run_virtually


def now():
    return asyncio.get_running_loop().time()


def letters_of(book, per_day, on_change=lambda: None):
    return DayLetters("relay", per_day, book, clock=now, on_change=on_change)


@examples(20)
@given(
    per_day=st.sampled_from([1, 7, 400, 3_000]),
    programs=st.integers(1, 5),
    seed=st.integers(0, 1_000),
)
def test_programs_together_send_the_letters_of_the_day_and_no_more(per_day, programs, seed):
    chance = random.Random(seed)

    async def program(book):
        letters, sent = letters_of(book, per_day), 0
        keeper = asyncio.create_task(letters.keep())
        for _ in range(chance.randrange(per_day + 1)):
            while letters.is_dry and not letters.is_full:
                await asyncio.sleep(0.01)
            if letters.is_full:
                break
            letters.took(1)
            if chance.random() < 0.1:
                letters.took(-1)  # it was given back
            else:
                sent += 1
        keeper.cancel()
        if chance.random() < 0.7:  # or it is killed
            await letters.close()
        return sent

    async def day():
        book = MemoryDays(Line(lambda: chance.uniform(0, 0.01)))
        return await asyncio.gather(*(program(book) for _ in range(programs))), sum(book.drawn)

    sent, drawn = run_virtually(day())
    assert sum(sent) <= drawn <= per_day
    killed_leave = programs * max(per_day // 200, 1) * 2
    assert drawn - sum(sent) <= killed_leave


def test_what_is_being_drawn_when_the_end_comes_is_given_back():
    async def day():
        book = MemoryDays(Line(lambda: 0.01))
        letters = letters_of(book, 400)
        keeper = asyncio.create_task(letters.keep())
        assert letters.is_dry
        await asyncio.sleep(0.015)  # it is drawn, and the answer is on its way
        keeper.cancel()
        await letters.close()
        return sum(book.drawn)

    assert run_virtually(day()) == 0


def test_letters_that_were_drawn_long_ago_are_not_sent():
    """The account forgets them after a day, and what is sent late would be counted nowhere."""

    async def day():
        letters = letters_of(MemoryDays(), 1_000)
        keeper = asyncio.create_task(letters.keep())
        assert letters.is_dry
        await asyncio.sleep(1)
        assert not letters.is_dry
        keeper.cancel()
        await asyncio.sleep(DRAWN_FOR)
        return letters.is_dry

    assert run_virtually(day())
