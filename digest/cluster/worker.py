"""A worker's life: take batches, keep the lease, look after jobs that others left, end in order."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Any

from procrastinate import App
from procrastinate.exceptions import ConnectorException
from procrastinate.worker import Worker

from digest.app.deliver import make_ways, run_fast, stop_on_signals
from digest.app.house import House
from digest.app.signing import load_signers
from digest.app.vitals import Vitals
from digest.cluster.caretaker import Caretaker
from digest.cluster.connector import PatientConnector
from digest.cluster.follow_up import breath_after, came_to_nothing
from digest.cluster.names import queues_of
from digest.cluster.office import Office
from digest.cluster.tables import require_tables
from digest.cluster.tasks import make_app
from digest.errors import ConfigError, DigestError, Problem, StorageError
from digest.model import Outcome, OutcomeKind, Recipient
from digest.storage.postgres.database import PostgresDatabase
from digest.storage.postgres.leases import Lease, hold_lease
from digest.storage.workers import WorkerFacts

_log = logging.getLogger(__name__)
OnOutcome = Callable[[Recipient, Outcome], None]
#: A job that was put back, or whose moment has come, waits so long at most, in seconds.
POLL = 1.0


def work(house: House, on_outcome: OnOutcome, *, once: bool) -> int:
    """Deliver batches until a signal comes, or `once` until none is due; the exit code.

    Raises:
        ConfigError: a key or a password is missing.
        StorageError: the database cannot be reached at the start.
        DigestError: with `once`, what kept letters back.
    """
    if not house.has_keys:
        raise ConfigError([_no_key()])
    make_ways(house)
    load_signers(house)
    require_tables(house.database)
    return run_fast(lambda: _Worker(house, on_outcome, once=once).work())


def _no_key() -> Problem:
    what = "is not set, and there is no key file"
    mend = "set it as the planner has it, or copy the planner's secret.key into the state folder"
    return Problem(file="the environment", key="DIGEST_SECRET_KEY", what=what, mend=mend)


class _Worker:
    """What outlives a lease: the way to the queue, the counters, the wish to stop."""

    def __init__(self, house: House, on_outcome: OnOutcome, *, once: bool) -> None:
        self._house = house
        self._once = once
        self._on_outcome = on_outcome
        self._vitals = Vitals()
        self._totals: Counter[OutcomeKind] = Counter()
        self._queues = queues_of(house.keys)
        self._stop = asyncio.Event()

    async def work(self) -> int:
        asyncio.get_running_loop().set_exception_handler(_tell_of_loose_ends)
        with stop_on_signals() as self._stop:
            async with PatientConnector(self._database, self._stop) as connector:
                failure = await self._live_on(connector)
        counts = {kind.value: self._totals[kind] for kind in OutcomeKind}
        self._tell("worker_ended", "the worker ends", **counts)
        if self._once and failure is not None:
            raise failure
        return 0

    @property
    def _database(self) -> PostgresDatabase:
        database = self._house.database
        assert isinstance(database, PostgresDatabase)
        return database

    async def _live_on(self, connector: PatientConnector) -> DigestError | None:
        """One life after the other, each with a lease of its own; the last failure of a relay.

        Raises:
            StorageError: with `once`, the database cannot be used.
        """
        failures = 0
        while True:
            more, failure, plain, began = False, None, None, time.monotonic()
            try:
                more, failure = await self._live(connector)
            except (StorageError, ConnectorException) as error:
                plain = connector.plain(error)
                if self._once:
                    raise plain from None
                self._tell("worker_restarts", plain.message)
            if self._stop.is_set() or (self._once and not more):
                return failure
            lasted = timedelta(seconds=time.monotonic() - began)
            letters = self._vitals.kinds.total()
            failures = failures + 1 if came_to_nothing(plain, lasted, letters) else 0
            with suppress(TimeoutError):
                async with asyncio.timeout(breath_after(failures).total_seconds()):
                    await self._stop.wait()

    async def _live(self, connector: PatientConnector) -> tuple[bool, DigestError | None]:
        """Until there is nothing to do (`once`), the lease is lost, or a signal comes."""
        ends = asyncio.Event()
        async with self._office(connector, ends) as (lease, office):
            app = make_app(connector, office.deliver, connector.now)
            worker = self._queue_worker(app)
            caretaker = Caretaker(
                self._house, connector, worker, self._queues, office.running, lease
            )
            await caretaker.look()
            side = [
                asyncio.create_task(_after(self._stop.wait(), ends.set)),
                asyncio.create_task(_after(caretaker.keep_looking(), ends.set)),
                asyncio.create_task(_after(ends.wait(), worker.stop)),
            ]
            try:
                await worker.run()  # type: ignore[no-untyped-call]
            finally:
                for task in side:
                    task.cancel()
                await asyncio.gather(*side, return_exceptions=True)
            is_last = self._stop.is_set() or not self._once or office.failure is not None
            more = not is_last and (lease.lost or await caretaker.finds_due())
            return more, office.failure

    def _queue_worker(self, app: App) -> Worker:
        terms = self._house.config.workers
        return Worker(
            app,
            queues=self._queues,
            name="digest",
            concurrency=terms.batches,
            wait=not self._once,
            fetch_job_polling_interval=POLL,
            delete_jobs="successful",
            install_signal_handlers=False,
            update_heartbeat_interval=terms.heartbeat,
            stalled_worker_timeout=terms.timeout,
        )

    @asynccontextmanager
    async def _office(
        self, connector: PatientConnector, ends: asyncio.Event
    ) -> AsyncIterator[tuple[Lease, Office]]:
        """A new lease with nobody at work yet; `ends` ends all work under it."""
        terms = self._house.config.workers
        self._vitals = Vitals()
        offices: list[Office] = []

        def facts() -> WorkerFacts:
            told = self._vitals.facts()
            return offices[0].tell(told) if offices else told

        async with hold_lease(
            self._database,
            command="worker",
            heartbeat=terms.heartbeat,
            timeout=terms.timeout,
            facts=facts,
        ) as lease:
            self._tell("worker_started", f"worker {lease.id} takes batches", worker=lease.id)
            office = Office(
                self._house,
                lease,
                connector,
                stop=ends,
                patient=not self._once,
                on_outcome=self._count,
            )
            offices.append(office)
            try:
                yield lease, office
            finally:
                await office.close()
                self._totals += self._vitals.kinds

    def _count(self, recipient: Recipient, outcome: Outcome) -> None:
        self._vitals.count(recipient, outcome)
        self._on_outcome(recipient, outcome)

    def _tell(self, event: str, words: str, **facts: object) -> None:
        _log.info("%s", words, extra={"event": event, "facts": facts})


async def _after(wait: Awaitable[object], act: Callable[[], None]) -> None:
    await wait
    act()


def _tell_of_loose_ends(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """What a job could not say of itself any more; its batch is taken up again."""
    words = f"{context.get('message', '')}: {context.get('exception', '')}"
    _log.info("%s", " ".join(words.split()), extra={"event": "loose_end", "facts": {}})
