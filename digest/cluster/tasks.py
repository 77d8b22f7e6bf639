"""The queue's one task: a batch, for its whole life."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from procrastinate import App, BaseConnector, BaseRetryStrategy, JobContext, RetryDecision
from procrastinate.jobs import Job

from digest.cluster.names import TASK

#: Delivers (job id, edition, batch, tries before); `PutOff` says when to try again.
Deliver = Callable[[int, str, int, int], Awaitable[None]]
#: A fault of ours puts a batch off for so long, so that it ends for good by no error.
_AFTER_FAULT = timedelta(minutes=1)


class PutOff(Exception):
    """A batch has something left, to be taken up after so long."""

    def __init__(self, wait: timedelta = timedelta()) -> None:
        super().__init__(f"for {wait}")
        self.wait = wait


class TryAgain(BaseRetryStrategy):
    """Never gives a batch up: only its last letter ends it.

    `clock` is the server's, as jobs are due by it, whatever this machine's says.
    """

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision:
        wait = exception.wait if isinstance(exception, PutOff) else _AFTER_FAULT
        return RetryDecision(retry_at=self._clock() + wait)


def make_app(connector: BaseConnector, deliver: Deliver, clock: Callable[[], datetime]) -> App:
    """Procrastinate's app, with the task that `deliver` does; `clock` is the server's."""
    app = App(connector=connector)

    @app.task(name=TASK, retry=TryAgain(clock), pass_context=True)
    async def deliver_batch(context: JobContext, edition: str, batch: int) -> None:
        assert context.job.id is not None
        await deliver(context.job.id, edition, batch, context.job.attempts)

    return app
