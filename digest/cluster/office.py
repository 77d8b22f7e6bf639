"""The desks of one worker, and what a batch's job does with them."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from functools import partial

from procrastinate.exceptions import ConnectorException

from digest.app.house import House
from digest.cluster.connector import PatientConnector
from digest.cluster.desk import Desk, DeskClosed
from digest.cluster.follow_up import rest_after, wait_for_rest
from digest.cluster.tasks import PutOff
from digest.delivery.faults import RunStopped
from digest.errors import DigestError, StorageError
from digest.model import EditionKey, Outcome, OutcomeKind, Recipient
from digest.storage.postgres.jobs import left_of_batch
from digest.storage.postgres.leases import Lease
from digest.storage.recovery import recover_batch
from digest.storage.workers import WorkerFacts

_log = logging.getLogger(__name__)
_NOW, _A_SECOND = timedelta(), timedelta(seconds=1)


class Office:
    """Gives each batch to the desk of its edition, and says what is to become of the rest.

    After a relay has stopped us no batch is tried for a while; where nobody is `patient` they go
    back to the queue meanwhile. `failure` is the last such stop, unless letters went out after it.
    `stop` ends the work under this lease; it is set here too, when a ledger has failed.
    """

    def __init__(
        self,
        house: House,
        lease: Lease,
        connector: PatientConnector,
        *,
        stop: asyncio.Event,
        patient: bool,
        on_outcome: Callable[[Recipient, Outcome], None],
    ) -> None:
        self.running: set[int] = set()
        self.failure: DigestError | None = None
        self._patient = patient
        self._house = house
        self._lease = lease
        self._connector = connector
        self._stop = stop
        self._on_outcome = on_outcome
        self._desks: dict[str, Desk] = {}
        self._failures = 0
        self._rest_until = 0.0

    async def deliver(self, job: int, edition: str, batch: int, tries: int) -> None:
        """What a job does.

        Raises:
            PutOff: something of the batch is left.
        """
        self.running.add(job)
        said = _Said(EditionKey(edition), batch)
        if task := asyncio.current_task():
            task.add_done_callback(partial(self._tell_of_end, said))
        try:
            await self._deliver(EditionKey(edition), batch, tries, said)
        finally:
            self.running.discard(job)

    def tell(self, facts: WorkerFacts) -> WorkerFacts:
        """With what the desks are at."""
        open_desks = {name: desk for name, desk in self._desks.items() if desk.is_open}
        state = "working" if self.running else "idle"
        return replace(
            facts,
            state="stopping" if self._stop.is_set() else state,
            edition=max(open_desks, default=None),
            batches=len(self.running),
            connections=sum(desk.connections for desk in open_desks.values()),
        )

    async def close(self) -> None:
        """Let the desks finish what they have."""
        for desk in self._desks.values():
            desk.close()
            await desk.gone()

    def _tell_of_end(self, said: _Said, task: asyncio.Task[object]) -> None:
        """The job is over; the queue, whose task it was, does not look what came of writing that.

        One that could not be is found by the `Caretaker`.
        """
        if not task.cancelled() and (error := task.exception()) is not None:
            words = self._connector.plain(error).message
            said("batch_not_given_back", f"waits until it is found: {words}")

    async def _deliver(self, edition: EditionKey, batch: int, tries: int, said: _Said) -> None:
        await self._rest(said)
        said("batch_taken", "is begun", for_log=True)
        try:
            await self._at_desk(edition, batch)
        except RunStopped as error:
            said("batch_given_back", "goes back")
            raise PutOff(self._stopped(error)) from None
        except StorageError as error:
            self._stop.set()
            said("batch_given_back", f"goes back: {error.message}")
            raise PutOff(_A_SECOND) from None
        except Exception as error:
            self.failure = error if isinstance(error, DigestError) else self.failure
            words = " ".join(str(error).split()) or type(error).__name__
            said("batch_failed", f"goes back for a minute: {words}", level=logging.WARNING)
            raise
        self._failures = 0
        try:
            wait = await self._wait_for_rest(edition, batch, tries, said)
        except (StorageError, ConnectorException) as error:
            said("batch_given_back", f"goes back: {self._connector.plain(error).message}")
            raise PutOff(_A_SECOND) from None
        if wait is not None:
            raise PutOff(wait)

    async def _wait_for_rest(
        self, edition: EditionKey, batch: int, tries: int, said: _Said
    ) -> timedelta | None:
        """How long until a batch that was at its desk is to be taken up again; None: it is done.

        Raises:
            StorageError: the database does not say.
        """
        ask = partial(left_of_batch, edition=edition, batch=batch)
        left, held_until, came_back = await self._connector.ask(ask), None, False
        if left.held:
            held_until, came_back = await self._recover(edition, batch, said)
            left = await self._connector.ask(ask)
        now = self._house.clock()
        wait = wait_for_rest(left, now, held_until=held_until, tries=tries)
        if wait is None:
            said("batch_done", "is done")
            return None
        said("batch_given_back", f"goes back with {left.open} letters", letters=left.open)
        return _NOW if came_back or self._stop.is_set() else wait

    async def _recover(
        self, edition: EditionKey, batch: int, said: _Said
    ) -> tuple[datetime | None, bool]:
        """Settle what a dead worker held of a batch.

        Until when others hold something of it, and whether letters came back that may go now.
        """
        policy, now = self._house.config.delivery.unknown, self._house.clock()
        done = await asyncio.to_thread(
            recover_batch, self._house.database, edition, batch, policy, now, me=self._lease.id
        )
        found = done.recovered
        if found.returned or found.unknown:
            words = f"was held by a dead worker: {found.returned} letters unsent"
            said("letters_recovered", f"{words}, {found.unknown} in doubt", **asdict(found))
        return done.held_until, found.returned + found.resent > 0

    async def _at_desk(self, edition: EditionKey, batch: int) -> None:
        while True:
            desk = await self._desk(edition)
            try:
                return await desk.deliver(batch)
            except DeskClosed:
                if self._stop.is_set():
                    return None

    async def _desk(self, edition: EditionKey) -> Desk:
        while (desk := self._desks.get(edition.text)) is not None and not desk.is_open:
            await desk.gone()
            if self._desks.get(edition.text) is desk:
                del self._desks[edition.text]
        if desk is None:
            desk = Desk(
                self._house, edition, self._lease, stop=self._stop, on_outcome=self._settled
            )
            self._desks[edition.text] = desk
        return desk

    def _settled(self, recipient: Recipient, outcome: Outcome) -> None:
        if outcome.kind is OutcomeKind.SENT:
            self.failure = None
        self._on_outcome(recipient, outcome)

    def _stopped(self, error: RunStopped) -> timedelta:
        """How long to wait; the other batches of the same desk are told once."""
        now = time.monotonic()
        if self._rest_until <= now:
            rest = rest_after(error, self._failures)
            self._failures += 1
            self._rest_until = now + rest.total_seconds()
            self.failure = error
            words = f"{error.message}; tried again in {rest.total_seconds():.0f} s"
            said = {"event": "relay_stopped", "facts": {"temporary": error.temporary}}
            _log.warning("%s", words, extra=said)
        return timedelta(seconds=self._rest_until - now)

    async def _rest(self, said: _Said) -> None:
        """Until a relay that stopped us may be tried again.

        Raises:
            PutOff: we are to stop, or not to wait.
        """
        while not self._stop.is_set() and (ahead := self._rest_until - time.monotonic()) > 0:
            if not self._patient:
                raise PutOff(timedelta(seconds=ahead))
            with suppress(TimeoutError):
                async with asyncio.timeout(ahead):
                    await self._stop.wait()
        if self._stop.is_set():
            said("batch_given_back", "goes back")
            raise PutOff


class _Said:
    """Tells the log of one batch."""

    def __init__(self, edition: EditionKey, batch: int) -> None:
        self._facts = {"edition": edition.text, "batch": batch}
        self._began = time.monotonic()

    def __call__(
        self,
        event: str,
        words: str,
        *,
        for_log: bool = False,
        level: int = logging.INFO,
        **facts: object,
    ) -> None:
        seconds = round(time.monotonic() - self._began, 3)
        told = self._facts | facts | ({} if for_log else {"seconds": seconds})
        said = {"event": event, "facts": told, "for_log": for_log}
        edition, batch = self._facts.values()
        _log.log(level, "edition %s: batch %d %s", edition, batch, words, extra=said)
