"""Looks for jobs that nobody is at: a dead worker's, and those that we do not know we have."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence, Set
from datetime import timedelta
from functools import partial

from procrastinate.exceptions import ConnectorException
from procrastinate.worker import Worker

from digest.app.house import House
from digest.cluster.connector import PatientConnector
from digest.cluster.names import TASK
from digest.errors import StorageError
from digest.storage.postgres.jobs import take_back_stalled, waiting_queues
from digest.storage.postgres.leases import Lease

_log = logging.getLogger(__name__)


class Caretaker:
    """Every worker has one; two that look at once do no harm. `running` are our jobs' ids."""

    def __init__(
        self,
        house: House,
        connector: PatientConnector,
        worker: Worker,
        queues: Sequence[str],
        running: Set[int],
        lease: Lease,
    ) -> None:
        self._connector = connector
        self._worker = worker
        self._terms = house.config.workers
        self._queues = queues
        self._running = running
        self._lease = lease
        self._foreign: set[str] = set()
        self._astray: set[int] = set()

    async def keep_looking(self) -> None:
        """At every heartbeat, until the lease is lost."""
        while not self._lease.lost:
            await asyncio.sleep(self._terms.heartbeat)
            await self.look()

    async def look(self) -> None:
        """Put back what is stalled; say which editions wait for another key than ours.

        And say that we are there: the queue's worker does not while it waits for its last jobs.
        """
        timeout = timedelta(seconds=self._terms.timeout)
        try:
            await self._connector.set_clock()
            if self._worker.worker_id is not None:
                await self._worker.app.job_manager.update_heartbeat(self._worker.worker_id)
            find = partial(take_back_stalled, task=TASK, timeout=timeout)
            for edition, batch in await self._connector.ask(find):
                facts = {"edition": edition, "batch": batch}
                said = {"event": "batch_recovered", "facts": facts}
                words = "edition %s: batch %d was left by a dead worker and is taken up"
                _log.info(words, edition, batch, extra=said)
            await self._find_astray()
            self._refuse(await self._connector.ask(partial(waiting_queues, task=TASK)))
        except (StorageError, ConnectorException) as error:
            words = self._connector.plain(error).message
            _log.info("%s", words, extra={"event": "not_looked", "facts": {}})

    async def _find_astray(self) -> None:
        """Jobs that are ours as the queue has it, and that we know nothing of: a fetch whose answer
        was lost. One that just ended may look so once.
        """
        manager, ours = self._worker.app.job_manager, self._worker.worker_id
        if ours is None:
            return
        jobs = await manager.list_jobs_async(task=TASK, status="doing", worker_id=ours)
        unknown = {job.id for job in jobs if job.id is not None} - self._running
        for job_id in unknown & self._astray:
            await manager.retry_job_by_id_async(job_id, retry_at=self._connector.now())
        self._astray = unknown - self._astray

    async def finds_due(self) -> bool:
        """Whether a job of ours is due now."""
        waiting = await self._connector.ask(partial(waiting_queues, task=TASK))
        return not waiting.keys().isdisjoint(self._queues)

    def _refuse(self, waiting: dict[str, str]) -> None:
        for queue in waiting.keys() - set(self._queues) - self._foreign:
            self._foreign.add(queue)
            _log.warning(
                "edition %s was planned with another signing key: set DIGEST_SECRET_KEY as the"
                " planner has it; its batches are left to other workers",
                waiting[queue],
                extra={"event": "edition_refused", "facts": {"edition": waiting[queue]}},
            )
