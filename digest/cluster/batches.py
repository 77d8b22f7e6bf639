"""An edition's ledger as a desk needs it: it knows when a batch has nobody under way."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from digest.errors import StorageBusy
from digest.model import Outcome, Recipient

if TYPE_CHECKING:
    from digest.storage.postgres.ledger import PostgresLedger

T = TypeVar("T")

#: All of a batch.
_ALL = 1_000_000_000
#: A ledger that is held or away is asked again after so many seconds.
_ASK_AGAIN = 0.1


@dataclass(slots=True, eq=False)
class Batch:
    """Readers of one batch who were claimed together.

    `over` is set when each is recorded or was given back; `given_back` counts the latter.
    """

    readers: Sequence[Recipient]
    left: int
    given_back: int = 0
    over: asyncio.Event = field(default_factory=asyncio.Event)


class Batches:
    """Fits the courier's `Ledger`, all but the claim: a batch is claimed as a whole (`take`).

    The ledger takes one call at a time beside its records; whatever it does goes through here.
    `stop` ends the waiting for a server that is away.
    """

    def __init__(self, ledger: PostgresLedger, stop: asyncio.Event) -> None:
        self._ledger = ledger
        self.lanes = ledger.lanes
        self._stop = stop
        self._turn = asyncio.Lock()
        self._batch_of: dict[str, Batch] = {}

    async def take(self, number: int, now: datetime) -> Batch:
        """Claim all of a batch whose time has come.

        Raises:
            StorageError: it cannot be claimed, or the lease is over.
        """
        readers = await self._patiently(lambda: self._claim(number, now))
        batch = Batch(readers=readers, left=len(readers))
        for reader in readers:
            self._batch_of[reader.reader_id] = batch
        return batch

    async def claim(self, limit: int, now: datetime) -> Sequence[Recipient]:
        """Nobody: a courier with a supply does not ask."""
        return ()

    async def record(
        self,
        begun: Sequence[Recipient],
        settled: Sequence[tuple[Recipient, Outcome]],
        now: datetime,
    ) -> Collection[str]:
        """As the ledger does."""
        barred = await self._ledger.record(begun, settled, now)
        for recipient, _ in settled:
            self._count(recipient.reader_id)
        for reader_id in barred:
            self._count(reader_id)
        return barred

    async def release(self, recipients: Sequence[Recipient]) -> None:
        """As the ledger does."""
        async with self._turn:
            await self._ledger.release(recipients)
        for recipient in recipients:
            self._count(recipient.reader_id, given_back=1)

    def hurry(self) -> None:
        """As the ledger does."""
        self._ledger.hurry()

    async def close(self) -> None:
        async with self._turn:
            await self._ledger.close()

    def _count(self, reader_id: str, given_back: int = 0) -> None:
        batch = self._batch_of.pop(reader_id, None)
        if batch is None:
            return
        batch.left -= 1
        batch.given_back += given_back
        if not batch.left:
            batch.over.set()

    async def _claim(self, number: int, now: datetime) -> Sequence[Recipient]:
        async with self._turn:
            self._ledger.add_batch(number)
            try:
                return await self._ledger.claim(_ALL, now)
            finally:
                await self._ledger.drop_batch(number)

    async def _patiently(self, call: Callable[[], Awaitable[T]]) -> T:
        while True:
            try:
                return await call()
            except StorageBusy:
                if self._stop.is_set():
                    raise
                await asyncio.sleep(_ASK_AGAIN)
