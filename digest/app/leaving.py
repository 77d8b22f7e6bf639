"""Readers leave by one click, as many at a time as come: one commit for all who wait for it."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from digest.app.house import House
from digest.errors import StorageBusy, StorageError
from digest.storage.leaving import Leavers
from digest.storage.suppressions import Kind

REASON = "unsubscribed by the reader"
SOURCE = "unsubscribe link"
#: One transaction of so many takes a few milliseconds.
MOST = 500


class Leaving:
    """The way out, within one event loop.

    While one transaction is written, those who come wait for the next; so the disk is asked as
    often as it can answer and no more. Nobody waits longer than `patience` seconds for another
    program that writes.
    """

    def __init__(self, house: House, patience: float) -> None:
        self._house = house
        self._patience = patience
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="leaving")
        self._waiting: list[_Leaver] = []
        self._worker: asyncio.Task[None] | None = None
        self._leavers: Leavers | None = None

    async def leave(self, reader_id: str) -> None:
        """Returns when the suppression is durable.

        Raises:
            StorageError: it is not; she must be told to try again.
        """
        loop = asyncio.get_running_loop()
        leaver = _Leaver(reader_id, loop.create_future(), time.monotonic() + self._patience)
        self._waiting.append(leaver)
        if self._worker is None or self._worker.done():
            self._worker = loop.create_task(self._work())
        await leaver.done

    async def close(self) -> None:
        """Write what is under way."""
        if self._worker is not None:
            await self._worker
        self._thread.shutdown()

    async def _work(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            batch, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
            readers = [leaver.reader_id for leaver in batch]
            try:
                await loop.run_in_executor(self._thread, self._write, readers)
            except StorageBusy as error:
                now = time.monotonic()
                _end([leaver for leaver in batch if leaver.until <= now], error)
                self._waiting = [each for each in batch if each.until > now] + self._waiting
            except StorageError as error:
                _end(batch, error)
            except Exception as error:  # nobody may wait for ever, and nobody is told 200
                _end(batch, StorageError(f"{type(error).__name__}: {error}"))
            else:
                _end(batch, None)

    def _write(self, readers: list[str]) -> None:
        """One transaction, in the one thread."""
        try:
            database = self._house.database
            if self._leavers is None or self._leavers.database is not database:
                self._leavers = Leavers(database)
            self._leavers.leave(
                readers,
                reason=REASON,
                source=SOURCE,
                at=self._house.clock(),
                kind=Kind.UNSUBSCRIBE,
            )
        except StorageBusy:
            raise
        except StorageError:
            self._leavers = None
            self._house.drop_database()  # who comes next finds it mended, or restored
            raise


class _Leaver(NamedTuple):
    """Who waits, and until when (monotonic)."""

    reader_id: str
    done: asyncio.Future[None]
    until: float


def _end(leavers: list[_Leaver], error: StorageError | None) -> None:
    """Say so to those who still wait; what a client asked who is gone is done all the same."""
    for leaver in leavers:
        if leaver.done.done():
            continue
        if error is None:
            leaver.done.set_result(None)
        else:
            leaver.done.set_exception(error)
