"""The queue's one task: a batch, for its whole life."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from procrastinate import App, BaseConnector, BaseRetryStrategy, JobContext, RetryDecision
from procrastinate.jobs import Job

from digest.cluster.names import TASK

#: Delivers (job id, edition, batch, tries before); `PutOff` says when to try again.
Deliver = Callable[[int, str, int, int], Awaitable[None]]
#: A fault of ours puts a batch off for so many seconds, so that it ends for good by no error.
_AFTER_FAULT = 60.0


class PutOff(Exception):
    """A batch has something left, to be taken up at the moment `until` (None: now)."""

    def __init__(self, until: datetime | None = None) -> None:
        super().__init__(f"until {until or 'now'}")
        self.until = until


class TryAgain(BaseRetryStrategy):
    """Never gives a batch up: only its last letter ends it."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision:
        if isinstance(exception, PutOff):
            return RetryDecision(retry_at=exception.until or datetime.now(UTC))
        return RetryDecision(retry_at=datetime.now(UTC) + timedelta(seconds=_AFTER_FAULT))


def make_app(connector: BaseConnector, deliver: Deliver) -> App:
    """Procrastinate's app, with the task that `deliver` does."""
    app = App(connector=connector)

    @app.task(name=TASK, retry=TryAgain(), pass_context=True)
    async def deliver_batch(context: JobContext, edition: str, batch: int) -> None:
        assert context.job.id is not None
        await deliver(context.job.id, edition, batch, context.job.attempts)

    return app
