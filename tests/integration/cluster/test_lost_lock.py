"""A planner whose lock is gone meets a second one, and nothing is planned twice."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

import pytest

from digest.app.day import enqueue_day, run_day
from digest.app.house import House
from digest.cli.watch import TerminalWatch
from digest.cluster.enqueue import Queue
from digest.config.reading import load_config
from digest.errors import StorageError
from tests.support.clustered import BATCH, Cluster, cluster
from tests.support.counting import tally
from tests.support.newsroom import counting_server

# As a restart of the server does it: who holds the lock is not told.
_CUT = """
    SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity
    WHERE application_name = %s || ' ' || %s || '@' || %s
"""


class _Interrupted(TerminalWatch):
    """Between the lock and the plan: the lock's connection is cut, and another machine plans."""

    def __init__(self, command: str, it: Cluster, other: Cluster) -> None:
        super().__init__()
        self._command, self._it, self._other = command, it, other

    def on_report(self, report):
        who = f"digest {self._command}", str(os.getpid()), os.uname().nodename
        assert self._it.ask(_CUT, *who) == 1
        done = self._other.planner.run(*self._command.split())
        assert (done.code, done.err) == (0, "")


@pytest.mark.parametrize("command", ["run", "run --enqueue"])
def test_two_planners_at_once_plan_each_reader_and_each_batch_once(tmp_path, command):
    """The later one is told so, and his next run finds all in order."""
    with counting_server() as server, cluster(tmp_path / "one", server, 3 * BATCH) as it:
        other = Cluster(tmp_path / "two", it.url, server, 3 * BATCH)
        house = House(
            config=load_config(it.planner.folder / "config.yaml"),
            clock=lambda: datetime.now(UTC),
            environ=it.planner.environ,
        )
        plan: Callable[..., object] = run_day
        if command != "run":
            queue = Queue(house.database, batch_size=BATCH, clock=house.clock)
            plan = partial(enqueue_day, queue=queue)
        with (
            _Interrupted(command, it, other) as watch,
            pytest.raises(StorageError, match="is frozen: its letters are under way"),
        ):
            plan(house, house.today(), watch)
        house.close()
        done = it.planner.run(*command.split())
        assert (done.code, done.err) == (0, "")
        assert it.ask("SELECT count(*) FROM delivery") == 3 * BATCH
        if command != "run":
            assert it.jobs() == dict.fromkeys((1, 2, 3), "todo")
            assert it.ask("SELECT count(*) FROM procrastinate_jobs") == 3
            assert it.planner.run("worker", "--once").code == 0
        assert tally(server.accepted, it.readers).breaches() == []
