"""Make jobs of an edition's batches, in the transaction that plans them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from procrastinate import SyncPsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException
from procrastinate.jobs import Job
from procrastinate.manager import JobManager

from digest.cluster.connector import plain_connector
from digest.cluster.names import TASK, lock_of, queue_of
from digest.cluster.tables import require_tables
from digest.model import EditionKey
from digest.storage.batches import Batch, OnBatches, batch_rest
from digest.storage.campaigns import signing_key
from digest.storage.database import Database
from digest.storage.postgres.jobs import enqueue_lost, server_now

#: So many jobs go to the server in one statement.
CHUNK = 500


class Queue:
    """Defers batches; fits `digest.app.day.Queue`. `clock` is the one that letters are due by.

    Raises:
        StorageError: its tables are of another version.
    """

    def __init__(
        self, database: Database, *, batch_size: int, clock: Callable[[], datetime]
    ) -> None:
        require_tables(database)
        self.batch_size = batch_size
        self._database = database
        self._clock = clock
        self._manager = JobManager(SyncPsycopgConnector())

    def deferring(self, edition: EditionKey, key_fingerprint: str) -> OnBatches:
        """What makes jobs of new batches inside the transaction that makes these."""

        def defer(connection: Any, batches: Sequence[Batch]) -> None:
            # Jobs are due by the server's clock, whatever moment ours is set to. What is due now
            # has no moment there: it goes also when that clock is set back.
            now, queue = self._clock(), queue_of(key_fingerprint)
            ahead = server_now(connection) - now
            dues = (each.due_at + ahead if each.due_at > now else None for each in batches)
            jobs = [
                _job(edition, queue, each.number, due)
                for each, due in zip(batches, dues, strict=True)
            ]
            for start in range(0, len(jobs), CHUNK):
                self._defer(jobs[start : start + CHUNK], connection)

        return defer

    def enqueue_rest(self, edition: EditionKey) -> int:
        """Jobs for what is open of an edition and has none; says how many letters.

        Letters that a run was to deliver, letters that are sent again, and batches whose job
        ended before them.
        """
        defer = self.deferring(edition, signing_key(self._database, edition))
        made = batch_rest(self._database, edition, self.batch_size, defer)
        lost = enqueue_lost(self._database, edition, TASK, defer)
        return sum(batch.letters for batch in (*made, *lost))

    def _defer(self, jobs: list[Job], connection: Any) -> None:
        try:
            self._manager.batch_defer_jobs(jobs, connection=connection)
        except (ConnectorException, AlreadyEnqueued) as error:
            raise plain_connector(self._database.place, error) from None


def _job(edition: EditionKey, queue: str, batch: int, due: datetime | None) -> Job:
    return Job(
        queue=queue,
        task_name=TASK,
        # The newest edition first, as a run has it.
        priority=edition.days()[-1].toordinal(),
        lock=None,
        queueing_lock=lock_of(edition, batch),
        task_kwargs={"edition": edition.text, "batch": batch},
        scheduled_at=due,
    )
