"""The readers whom the connections share, claimed a few at a time."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from digest.delivery.pacing import DomainPaces
from digest.delivery.relay import Relay, Shares
from digest.delivery.scribe import Scribe
from digest.delivery.supply import Supply
from digest.model import Recipient

T = TypeVar("T")

#: After so many fruitless tries in one run a reader waits for the next run.
UNTRIED_AT_MOST = 3
#: So many readers may wait for their domain's turn before no more are claimed.
PARKED_AT_MOST = 5_000


class Feed:
    """Hands each claimed reader to one connection.

    A reader whom the relay refuses for our own fault is put aside: pending in the ledger, so
    nothing is held against her, and not taken again in this run, so nothing turns in a circle.
    One whose domain has had its letters for the moment is parked, and others go before her.
    With a `supply` all come from there: whoever fills it tries them again, after a wait.
    """

    def __init__(
        self,
        scribe: Scribe,
        *,
        batch: int,
        halted: asyncio.Event,
        domains: DomainPaces,
        shares: Shares,
        on_drained: Callable[[], None],
        supply: Supply | None = None,
    ) -> None:
        self._scribe = scribe
        self._batch = batch
        self._halted = halted
        self._domains = domains
        self._shares = shares
        self._on_drained = on_drained
        self._supply = supply
        self._opening: Counter[Relay] = Counter()
        self._ready: deque[Recipient] = deque()
        self._parked: dict[str, deque[Recipient]] = {}
        self._parked_count = 0
        self._held: list[Recipient] = []
        self._aside: set[str] = set()
        self._untried: Counter[str] = Counter()
        self._out = 0
        self._claiming = asyncio.Lock()
        self._changed = asyncio.Event()
        if supply is not None:
            supply.on_change = self._changed.set

    def take_now(self, relay: Relay) -> Recipient | None:
        """A reader if one is at hand for this relay, without waiting."""
        if self._halted.is_set() or relay.is_full or relay.out or not self._shares.may_take(relay):
            return None
        recipient = self._pick() if self._domains else self._ready and self._ready.popleft()
        if not recipient:
            return None
        self._out += 1
        relay.took()
        return recipient

    async def take(
        self, relay: Relay, while_: Callable[[], bool] = lambda: True
    ) -> Recipient | None:
        """The next reader, or None: everyone is served, the relay is done, or the run ends.
        Neither is waited for longer than `while_` holds; `wake` has it asked.

        While other connections have letters under way the end is not known yet: theirs may come
        back untried.
        """
        return await self._until(relay, lambda: self.take_now(relay), while_)

    async def await_reader(self, relay: Relay) -> bool:
        """Until a reader waits for whom a connection may be opened; then call `entered`, however
        that ends. She is not taken: a connection that stands may serve her first.

        False: as when `take` gives None.
        """
        return await self._until(relay, lambda: self._needs_another(relay)) is not None

    def entered(self, relay: Relay) -> None:
        """The door has opened, or it has not."""
        self._opening[relay] -= 1
        self._changed.set()

    @property
    def has_waiting(self) -> bool:
        """Whether a reader waits for a connection."""
        return bool(self._ready) or self._parked_is_due

    def done(self) -> None:
        """A taken reader is settled, set apart or given back."""
        self._out -= 1
        self._changed.set()

    def give_back(self, recipient: Recipient, relay: Relay) -> None:
        """A taken reader whose letter has not begun."""
        relay.took(-1)
        self._domains.give_back(recipient.address.domain)
        self._ready.appendleft(recipient)
        self.done()

    def hold(self, recipients: Iterable[Recipient]) -> None:
        """Keep readers claimed until the run ends, then give them back."""
        self._held.extend(recipients)

    def put_aside(self, recipient: Recipient) -> None:
        """Do not take this reader again in this run."""
        if self._supply is None:
            self._aside.add(recipient.reader_id)

    def count_untried(self, recipient: Recipient) -> None:
        """Put a reader aside whose letter keeps losing its connection."""
        self._untried[recipient.reader_id] += 1
        if self._untried[recipient.reader_id] >= UNTRIED_AT_MOST:
            self.put_aside(recipient)

    def wake(self) -> None:
        """Let everyone who waits look again."""
        self._changed.set()

    async def expects_more(self) -> bool:
        """Whether anybody is left who was not taken, or may still be handed."""
        if self._supply is not None and not self._supply.closed:
            return True
        if not self._ready and not self._parked_count:
            self._ready.extend(await self._more(1))
        return bool(self._ready or self._parked_count)

    async def release(self) -> None:
        """Give everyone back who is still claimed."""
        if self._supply is not None:
            self._supply.close()
            self._ready.extend(self._supply.take())
        parked = [recipient for queue in self._parked.values() for recipient in queue]
        rest = [*self._ready, *parked, *self._held]
        self._ready.clear()
        self._parked.clear()
        self._parked_count = 0
        self._held.clear()
        await self._scribe.release(rest)

    async def _until(
        self,
        relay: Relay,
        find: Callable[[], T | None],
        while_: Callable[[], bool] = lambda: True,
    ) -> T | None:
        """Something for this relay, or None: everyone is served, it is done, or the run ends."""
        while not self._halted.is_set() and not relay.out and not relay.is_full and while_():
            if found := find():
                return found
            self._changed.clear()
            if not self._ready and await self._claim():
                continue
            if self._out == 0 and not self._ready and not self._parked_count:
                if self._supply is None or self._supply.closed:
                    self._changed.set()
                    self._on_drained()
                    return None
                self._supply.ran_dry()
            await self._wait_for_change()
        return None

    def _needs_another(self, relay: Relay) -> bool | None:
        """Note that a connection is being opened, if more readers wait than are opened for."""
        due = self._parked_is_due
        if self._opening[relay] >= len(self._ready) + due or not self._shares.may_take(relay):
            return None
        self._opening[relay] += 1
        return True

    @property
    def _parked_is_due(self) -> bool:
        return any(not self._domains.ahead(domain) for domain in self._parked)

    def _pick(self) -> Recipient | None:
        """The first reader whose domain may have a letter now; those before her are parked."""
        for domain, queue in self._parked.items():
            if not self._domains.ahead(domain):
                self._parked_count -= 1
                self._domains.take(domain)
                recipient = queue.popleft()
                if not queue:
                    del self._parked[domain]
                return recipient
        while self._ready:
            recipient = self._ready.popleft()
            domain = recipient.address.domain
            if not self._domains.ahead(domain):
                self._domains.take(domain)
                return recipient
            self._parked.setdefault(domain, deque()).append(recipient)
            self._parked_count += 1
        return None

    async def _wait_for_change(self) -> None:
        """Wait for another connection's news, or for the first parked domain's moment."""
        if self._changed.is_set():
            return
        moments = [self._domains.ahead(domain) for domain in self._parked]
        with contextlib.suppress(TimeoutError):
            # A domain may be due that nobody may serve just now: look again, but do not spin.
            soon = max(min(moments), 0.02) if moments else None
            async with asyncio.timeout(soon):
                await self._changed.wait()

    async def _claim(self) -> bool:
        """Fetch more readers, once for all who wait. False: there are none now."""
        async with self._claiming:
            if self._ready or self._halted.is_set():
                return True
            if self._parked_count >= PARKED_AT_MOST:
                return False
            claimed = await self._more(self._batch)
            for recipient in claimed:
                if recipient.reader_id in self._aside:
                    self._held.append(recipient)
                else:
                    self._ready.append(recipient)
            if self._ready:
                self._changed.set()
            return bool(claimed)

    async def _more(self, limit: int) -> Sequence[Recipient]:
        """Readers who are claimed just now, or were for us."""
        if self._supply is not None:
            return self._supply.take()
        return await self._scribe.claim(limit)
