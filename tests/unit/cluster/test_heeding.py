"""A cancellation that what was awaited has dropped still ends whoever awaited it."""

from __future__ import annotations

import asyncio

import pytest

from digest.cluster.heeding import heed_cancelling


async def _swallows(news: asyncio.Event) -> str:
    """As `asyncio.wait_for` may, up to Python 3.11."""
    try:
        await news.wait()
    except asyncio.CancelledError:
        return "the answer came at that moment"
    return "the answer"


async def _asks_for_ever(news: asyncio.Event, answers: list[str]) -> None:
    while True:
        heed = heed_cancelling()
        answer = await _swallows(news)
        heed()
        answers.append(answer)
        await asyncio.sleep(0)


async def test_a_task_whose_cancellation_was_swallowed_ends():
    answers: list[str] = []
    task = asyncio.create_task(_asks_for_ever(asyncio.Event(), answers))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert answers == []


async def test_one_that_cleans_up_after_its_cancellation_may_still_ask():
    answers: list[str] = []

    async def ends_in_order() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            news = asyncio.Event()
            news.set()
            heed = heed_cancelling()
            answers.append(await _swallows(news))
            heed()

    task = asyncio.create_task(ends_in_order())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert answers == ["the answer"]
