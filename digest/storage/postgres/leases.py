"""A worker's right to begin letters, which it loses by standing still.

Two things keep a worker that was taken for dead from sending a letter that others have taken up:

- The database's clock. A letter begins only in a transaction that finds the worker's lease lasting
  a margin longer. It catches whoever asks after the lease is over. Once others have found it over
  the worker is ended for good, in the transaction that takes its letters back.
- This machine's clock (`Lease.holds`), which also runs while the machine sleeps. It is asked right
  before a letter's content leaves, and catches whoever stood still between the database's answer
  and the first byte: a stopped process, a machine that slept. It counts from before the renewal
  was sent, so it ends sooner than the database's view does.

What neither can catch is content that is on its way already when everything stops: at most one
letter a connection, which is unknown then, as after any crash.
"""

from __future__ import annotations

import asyncio
import os
import socket
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict

from digest.clocks import machine_clock
from digest.errors import StorageError
from digest.storage.postgres.database import PostgresDatabase
from digest.storage.postgres.link import Link
from digest.storage.workers import DATABASE_NOW, ENDS, OVER, WorkerFacts

_BEGIN = f"""
    INSERT INTO worker (id, host, pid, command, state, started_at, seen_at, lease_until)
    SELECT %(id)s, %(host)s, %(pid)s, %(command)s, 'idle', clock.now, clock.now,
      clock.now + %(timeout)s FROM (SELECT {DATABASE_NOW}) AS clock(now)
    ON CONFLICT (id) DO NOTHING
"""  # noqa: S608 - words of ours
_TELL = """
    edition = %(edition)s, batches = %(batches)s, connections = %(connections)s, sent = %(sent)s,
    deferred = %(deferred)s, rejected = %(rejected)s, unknown = %(unknown)s, rate = %(rate)s
"""
_RENEW = f"""
    UPDATE worker SET seen_at = clock.now, lease_until = clock.now + %(timeout)s,
      state = %(state)s,
      {_TELL}
    FROM (SELECT {DATABASE_NOW}) AS clock(now)
    WHERE id = %(id)s AND state <> 'ended' AND NOT {OVER} RETURNING id
"""  # noqa: S608
# A lease that was given up, not lost, ends with its last sight.
_END = f"""
    UPDATE worker SET state = 'ended', seen_at = clock.now, lease_until = clock.now,
      {_TELL}
    FROM (SELECT {DATABASE_NOW}) AS clock(now) WHERE id = %(id)s
"""  # noqa: S608
_PRUNE = f"""
    DELETE FROM worker
    WHERE greatest(seen_at, {ENDS}) < {DATABASE_NOW} - 86400000000 AND (state = 'ended' OR {OVER})
"""  # noqa: S608


class Lease:
    """One worker's lease; its `id` is the `holder` of what the worker claims.

    Once lost it never comes back: who goes on takes a new one. Times are in seconds.
    """

    def __init__(
        self,
        database: PostgresDatabase,
        *,
        command: str,
        heartbeat: float,
        timeout: float,
        facts: Callable[[], WorkerFacts] = WorkerFacts,
    ) -> None:
        self.id = str(uuid.uuid4())
        self.lost = False
        self.facts = facts
        #: So long before its end nothing begins any more.
        self.margin = timeout / 6
        self._command = command
        self._heartbeat = heartbeat
        self._timeout = timeout
        self._link = Link(database, f"digest lease {self.id}")
        self._turn = asyncio.Lock()
        self._ending = asyncio.Event()
        self._until = float("-inf")

    def holds(self) -> bool:
        """Whether a letter's content may leave now, by this machine's clock."""
        return not self.lost and machine_clock() < self._until - self.margin

    async def begin(self) -> None:
        """Be known from now on; those who ended more than a day ago are forgotten.

        Raises:
            StorageError: the database cannot be written.
        """
        told = {"id": self.id, "host": socket.gethostname(), "pid": os.getpid()}
        terms = {"command": self._command, "timeout": _microseconds(self._timeout)}
        before = machine_clock()
        await self._link.ask(_BEGIN, told | terms)
        self._until = before + self._timeout
        await self._link.ask(_PRUNE)

    async def renew(self) -> bool:
        """Hold it from now on for the whole time again; False: it is lost.

        Raises:
            StorageAway: the server is not to be reached; whether it is lost is not known.
            StorageError: the database cannot be written.
        """
        async with self._turn:
            if self.lost:
                return False
            before = machine_clock()
            given = {"id": self.id, "timeout": _microseconds(self._timeout)}
            if await self._link.ask(_RENEW, given | asdict(self.facts())):
                self._until = before + self._timeout
            else:
                self.lost = True
            return not self.lost

    async def keep(self) -> None:
        """Renew it again and again until it is lost or ends."""
        while not self.lost:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._heartbeat):
                    await self._ending.wait()
                    return
            with suppress(StorageError):  # `holds` says what comes of it
                await self.renew()

    def release(self) -> None:
        """Keep it no more; what is asked for it now is answered first."""
        self._ending.set()

    def hurry(self) -> None:
        """As `Link.hurry`."""
        self._link.hurry()

    async def end(self) -> None:
        """Be gone, with the last figures. Never raises: a lease left alone is over by itself."""
        self.lost = True
        with suppress(StorageError):
            await self._link.ask(_END, {"id": self.id} | asdict(self.facts()))
        await self._link.close()


@asynccontextmanager
async def hold_lease(
    database: PostgresDatabase,
    *,
    command: str,
    heartbeat: float,
    timeout: float,
    facts: Callable[[], WorkerFacts] = WorkerFacts,
) -> AsyncIterator[Lease]:
    """A lease that is kept while the block runs.

    Raises:
        StorageError: it cannot be written down.
    """
    lease = Lease(database, command=command, heartbeat=heartbeat, timeout=timeout, facts=facts)
    await lease.begin()
    keeper = asyncio.create_task(lease.keep())
    try:
        yield lease
    finally:
        lease.hurry()
        lease.release()
        await asyncio.gather(keeper, return_exceptions=True)
        await lease.end()


def _microseconds(seconds: float) -> int:
    return round(seconds * 1_000_000)
