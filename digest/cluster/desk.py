"""A courier at work on one edition, which takes one batch after the other.

Its connections stay open from batch to batch, and for a moment after the last one.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress

from digest.app.bounces import book_rejections
from digest.app.deliver import make_ways, open_limits, open_press
from digest.app.house import House
from digest.app.looks import load_writer
from digest.cluster.batches import Batch, Batches
from digest.delivery.courier import deliver_letters
from digest.delivery.faults import LedgerLost, RunStopped
from digest.delivery.report import DeliveryReport, Gauge
from digest.delivery.supply import Supply
from digest.errors import DigestError
from digest.model import EditionKey, Outcome, Recipient
from digest.storage.postgres.database import PostgresDatabase
from digest.storage.postgres.leases import Lease
from digest.storage.postgres.ledger import PostgresLedger

_log = logging.getLogger(__name__)
#: So long, in seconds, a desk waits for another batch before it hangs up.
IDLE = 3.0


class DeskClosed(Exception):
    """This desk takes no more batches; a new one may."""


class Desk:
    """Opened by the first batch of an edition; closes itself when no other comes."""

    def __init__(
        self,
        house: House,
        edition: EditionKey,
        lease: Lease,
        *,
        stop: asyncio.Event,
        on_outcome: Callable[[Recipient, Outcome], None],
    ) -> None:
        self._house = house
        self._edition = edition
        self._lease = lease
        self._stop = stop
        self._on_outcome = on_outcome
        assert isinstance(house.database, PostgresDatabase)
        ledger = PostgresLedger(house.database, edition, lease, batches=True)
        self._batches = Batches(ledger, stop)
        self._supply = Supply(on_dry=self._wait_for_more)
        self._gauge = Gauge()
        self._coming = 0  # batches that are being claimed
        self._knows: Callable[[str], bool] | None = None
        self._loaded = asyncio.Event()
        self._is_new = True
        self._closing: asyncio.TimerHandle | None = None
        self._work = asyncio.create_task(self._deliver())

    @property
    def is_open(self) -> bool:
        """Whether a batch may be given to it."""
        return not (self._supply.closed or self._work.done())

    @property
    def connections(self) -> int:
        """How many to the relays stand just now."""
        return self._gauge.connections()

    async def deliver(self, number: int) -> None:
        """Deliver what is due of a batch; all that was claimed is settled or given back then.

        Raises:
            DeskClosed: it was not begun: the courier has ended well, or the edition was extended.
            RunStopped, StorageError, DigestError: what ended the courier; some was given back.
        """
        is_first, self._is_new = self._is_new, False
        self._coming += 1
        try:
            batch = await self._batches.take(number, self._house.clock())
            if not is_first and not await self._can_write(batch):
                self._supply.close()
        finally:
            self._coming -= 1
        if not batch.readers:
            return
        if self._closing is not None:
            self._closing.cancel()
        if not self._supply.hand(batch.readers):
            await self._batches.release(batch.readers)
            await self.ended()
            raise DeskClosed
        over = asyncio.create_task(batch.over.wait())
        try:
            await asyncio.wait({over, self._work}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            over.cancel()
        if batch.given_back or batch.left:
            await self.ended()

    async def ended(self) -> None:
        """Wait for its end.

        Raises:
            DigestError: what ended it.
        """
        await asyncio.shield(self._work)

    async def gone(self) -> None:
        """Wait for its end, whatever ended it."""
        await asyncio.gather(asyncio.shield(self._work), return_exceptions=True)

    def close(self) -> None:
        """Take no more; what was taken is delivered."""
        self._supply.close()

    async def _can_write(self, batch: Batch) -> bool:
        """Whether the edition, as it was loaded, has all that these letters are made of.

        One that came with the desk was planned before.
        """
        await self._loaded.wait()
        segments = {reader.segment for reader in batch.readers}
        return self._knows is None or all(map(self._knows, segments))

    def _wait_for_more(self) -> None:
        self._closing = asyncio.get_running_loop().call_later(IDLE, self._close_unless_needed)

    def _close_unless_needed(self) -> None:
        if self._coming:
            self._wait_for_more()
        else:
            self._supply.close()

    async def _deliver(self) -> None:
        try:
            report = await self._carry()
        except (RunStopped, LedgerLost) as error:
            if error.report is not None:
                await self._book(error.report, stopped=True)
            raise
        else:
            await self._book(report, stopped=False)
        finally:
            self._loaded.set()
            self._supply.close()
            if self._closing is not None:
                self._closing.cancel()
            with suppress(DigestError):
                await self._batches.release(self._supply.take())  # where no courier began
            with suppress(DigestError):
                await self._batches.close()

    async def _carry(self) -> DeliveryReport:
        house = self._house
        ways, writer = await asyncio.to_thread(
            lambda: (make_ways(house), load_writer(house, self._edition))
        )
        self._knows = writer.knows
        self._loaded.set()
        async with AsyncExitStack() as stack:
            press = await stack.enter_async_context(open_press(writer))
            limits = open_limits(house, self._lease.id, self._edition)
            return await deliver_letters(
                self._batches,
                writer.write,
                ways,
                delivery=house.config.delivery,
                clock=house.clock,
                on_outcome=self._on_outcome,
                stop=self._stop,
                press=press,
                fence=self._lease.holds,
                shared=await stack.enter_async_context(limits),
                supply=self._supply,
                gauge=self._gauge,
            )

    async def _book(self, report: DeliveryReport, *, stopped: bool) -> None:
        """What servers said of mailboxes; what fails here is booked after another batch."""
        if report.rejected:
            try:
                await asyncio.to_thread(book_rejections, self._house, stopped=stopped)
            except DigestError as error:
                _log.info("%s", error.message, extra={"event": "not_booked", "facts": {}})
