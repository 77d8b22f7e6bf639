"""How often, how fast and how patiently servers are asked."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from weakref import WeakKeyDictionary

from digest.errors import SourceError

#: Answers that a later try may mend (RFC 9110 §15.5-15.6, RFC 6585 §4).
RETRY_STATUSES = frozenset({408, 425, 429, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """The intervals of fetching, in seconds. Tests choose shorter ones; nobody else should."""

    attempts: int = 3
    backoff: float = 1.0
    longest_backoff: float = 20.0
    connect: float = 10.0
    read: float = 15.0
    gate_wait: float = 180.0

    def delay(self, attempt: int, *, chance: Callable[[], float] = random.random) -> float:
        """Seconds before try `attempt` + 1 (1 is the first): doubling, with half of it chance."""
        whole = min(self.backoff * 2.0 ** (attempt - 1), self.longest_backoff)
        return whole * (0.5 + 0.5 * chance())


def parse_retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds to wait, from seconds or an HTTP date (RFC 9110 §10.2.3); None if it says nothing."""
    if not value:
        return None
    value = value.strip()
    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max((moment - now).total_seconds(), 0.0)


class Deadline:
    """The time left to one source over all its requests. Waiting at a gate does not count."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._end = time.monotonic() + seconds

    @property
    def left(self) -> float:
        return self._end - time.monotonic()

    def extend(self, seconds: float) -> None:
        self._end += seconds


class Gate:
    """One request at a time, and starts at least `interval` seconds apart."""

    def __init__(self, interval: float) -> None:
        self.interval = interval
        self._last: float | None = None
        self._locks: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock] = (
            WeakKeyDictionary()
        )

    @asynccontextmanager
    async def turn(self, deadline: Deadline, *, longest: float) -> AsyncIterator[None]:
        """Wait for a turn, hold it for the time of the request.

        Raises:
            SourceError: the turn did not come within `longest` seconds.
        """
        lock = self._locks.setdefault(asyncio.get_running_loop(), asyncio.Lock())
        began = time.monotonic()
        held = False
        try:
            try:
                async with asyncio.timeout(longest):
                    held = await lock.acquire()
                    if self._last is not None:
                        await asyncio.sleep(max(self._last + self.interval - time.monotonic(), 0))
            except TimeoutError:
                raise SourceError(
                    f"waited {longest:.0f} s for other requests to the same server to end"
                ) from None
            self._last = time.monotonic()
            deadline.extend(self._last - began)
            yield
        finally:
            if held:
                lock.release()


#: arXiv's terms of use: one request every three seconds, one connection, over RSS and API together
#: (https://info.arxiv.org/help/api/tou.html).
ARXIV_GATE = Gate(3.0)
