"""What was cancelled ends, whatever it waited for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


def heed_cancelling() -> Callable[[], None]:
    """What, when called, ends this task if it was cancelled since and does not know it.

    Up to Python 3.11 `asyncio.wait_for`, by which the queue and the driver's pool wait, drops a
    cancellation that comes at the very moment the answer does (github.com/python/cpython/issues/
    86296): whoever goes on in a loop then is waited for without end.
    """
    task = asyncio.current_task()
    assert task is not None
    before = task.cancelling()

    def heed() -> None:
        if task.cancelling() > before:
            raise asyncio.CancelledError

    return heed
