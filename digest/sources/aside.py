"""Run blocking work on a thread that never holds up the end of the program."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

T = TypeVar("T")


async def run_aside(work: Callable[[], T], *, seconds: float) -> T:
    """The result of `work()`, run on a daemon thread.

    `asyncio.to_thread` would make the event loop's end wait for a name server that never answers,
    or for a parser lost in hostile input; a daemon thread is left behind instead.

    Raises:
        TimeoutError: `seconds` are over.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[T] = loop.create_future()

    def settle(result: T | None, error: BaseException | None) -> None:
        if answer.done():
            return
        if error is not None:
            answer.set_exception(error)
        else:
            answer.set_result(result)  # type: ignore[arg-type]  # None only where T allows it

    def body() -> None:
        result: T | None = None
        error: BaseException | None = None
        try:
            result = work()
        except StopIteration as stop:  # a future cannot carry it
            error = RuntimeError(f"StopIteration: {stop}")
        except BaseException as fault:
            error = fault
        with suppress(RuntimeError):  # the loop has ended meanwhile: nobody waits any more
            loop.call_soon_threadsafe(settle, result, error)

    threading.Thread(target=body, daemon=True, name="digest-aside").start()
    async with asyncio.timeout(seconds):
        return await answer
