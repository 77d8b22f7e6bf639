"""The readers whom the connections share, claimed a few at a time."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Iterable

from digest.delivery.scribe import Scribe
from digest.model import Recipient

#: After so many fruitless tries in one run a reader waits for the next run.
UNTRIED_AT_MOST = 3


class Feed:
    """Hands each claimed reader to one connection.

    A reader whom the relay refuses for our own fault is put aside: pending in the ledger, so
    nothing is held against her, and not taken again in this run, so nothing turns in a circle.
    """

    def __init__(self, scribe: Scribe, *, batch: int, halted: asyncio.Event) -> None:
        self._scribe = scribe
        self._batch = batch
        self._halted = halted
        self._ready: deque[Recipient] = deque()
        self._held: list[Recipient] = []
        self._aside: set[str] = set()
        self._untried: Counter[str] = Counter()
        self._out = 0
        self._claiming = asyncio.Lock()
        self._changed = asyncio.Event()

    def take_now(self) -> Recipient | None:
        """A reader if one is at hand, without waiting."""
        if self._halted.is_set() or not self._ready:
            return None
        self._out += 1
        return self._ready.popleft()

    async def take(self) -> Recipient | None:
        """The next reader, or None: everyone is served, or the run ends.

        While other connections have letters under way the end is not known yet: theirs may come
        back untried.
        """
        while not self._halted.is_set():
            if recipient := self.take_now():
                return recipient
            self._changed.clear()
            if await self._claim():
                continue
            if self._out == 0:
                self._changed.set()
                return None
            if not self._changed.is_set():
                await self._changed.wait()
        return None

    def done(self) -> None:
        """A taken reader is settled, set apart or given back."""
        self._out -= 1
        self._changed.set()

    def give_back(self, recipient: Recipient) -> None:
        """A taken reader whose letter has not begun."""
        self._ready.appendleft(recipient)
        self.done()

    def hold(self, recipients: Iterable[Recipient]) -> None:
        """Keep readers claimed until the run ends, then give them back."""
        self._held.extend(recipients)

    def put_aside(self, recipient: Recipient) -> None:
        """Do not take this reader again in this run."""
        self._aside.add(recipient.reader_id)

    def count_untried(self, recipient: Recipient) -> None:
        """Put a reader aside whose letter keeps losing its connection."""
        self._untried[recipient.reader_id] += 1
        if self._untried[recipient.reader_id] >= UNTRIED_AT_MOST:
            self.put_aside(recipient)

    def wake(self) -> None:
        """Let everyone who waits look again."""
        self._changed.set()

    async def release(self) -> None:
        """Give everyone back who is still claimed."""
        rest = [*self._ready, *self._held]
        self._ready.clear()
        self._held.clear()
        await self._scribe.release(rest)

    async def _claim(self) -> bool:
        """Fetch more readers, once for all who wait. False: there are none now."""
        async with self._claiming:
            if self._ready or self._halted.is_set():
                return True
            claimed = await self._scribe.claim(self._batch)
            for recipient in claimed:
                if recipient.reader_id in self._aside:
                    self._held.append(recipient)
                else:
                    self._ready.append(recipient)
            if self._ready:
                self._changed.set()
            return bool(claimed)
