"""When a batch's job is due again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from procrastinate.jobs import Job

from digest.cluster.tasks import PutOff, TryAgain

#: The server's clock, far from this machine's: jobs are due by it.
SERVER = datetime(2031, 1, 1, 9, tzinfo=UTC)
JOB = Job(id=1, queue="digest", lock=None, queueing_lock=None, task_name="any")


@pytest.mark.parametrize(
    ("error", "wait"),
    [
        (PutOff(), timedelta()),
        (PutOff(timedelta(seconds=7)), timedelta(seconds=7)),
        (KeyError("a fault of ours"), timedelta(minutes=1)),
    ],
)
def test_a_batch_comes_back_by_the_servers_clock_whatever_ended_its_try(error, wait):
    decision = TryAgain(lambda: SERVER).get_retry_decision(exception=error, job=JOB)
    assert decision.retry_at == SERVER + wait
