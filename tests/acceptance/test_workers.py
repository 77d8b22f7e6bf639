"""Workers share an edition: killed or asked to stop, with a restart of the database among it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.crashing import KILLED
from tests.support.newsroom import finish
from tests.support.postgres import Server
from tests.support.recording_sink import Ways
from tests.support.workers import Works

HERE = Path(__file__).parents[2]
READERS = 2_000
#: 400 letters a second over two workers' connections: a trial has time to happen.
SLOW = Ways(delay=0.02)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """One that waits for the disk, and that a test may restart."""
    server = Server(durable=True)
    yield server
    server.close()


def test_a_killed_worker_and_a_restarted_database_cost_at_most_a_letter_a_connection(
    tmp_path: Path, server: Server
) -> None:
    """Its batches come to the other worker after the time-out; what is in doubt is held."""
    with Works(tmp_path, readers=READERS, server=server, ways=SLOW) as works:
        works.plan()
        works.start_workers(2)
        works.wait_for(READERS // 4)
        works.kill(works.processes[0])
        works.wait_for(READERS // 2)
        server.restart(mode="immediate")
        works.wait_till_done()
        works.stop_all()
        works.check_words()
        assert works.at_stake
        assert works.account().breaches(unknown=works.at_stake) == []
        assert set(works.jobs()) <= {"succeeded"}


def test_workers_that_are_asked_to_stop_give_the_rest_back_and_leave_nothing_in_doubt(
    tmp_path: Path, server: Server
) -> None:
    with Works(tmp_path, readers=READERS, server=server, ways=SLOW) as works:
        works.plan()
        works.start_workers(2)
        works.wait_for(READERS // 4)
        works.stop_all()
        account = works.account()
        assert set(account.states) == {"sent", "pending"}
        assert account.breaches(still_to_come=READERS) == []
        works.start_worker()
        works.wait_till_done()
        works.stop_all()
        works.check_words()
        assert works.account().breaches() == []


def test_a_planner_that_is_killed_leaves_an_edition_with_all_its_jobs_or_none(
    tmp_path: Path, server: Server
) -> None:
    """One that dies after the commit leaves nothing to the next but to say so."""
    with Works(tmp_path, readers=READERS, server=server) as works:
        for point, left in (
            ("freeze midway", (0, 0)),
            ("freeze commit", (0, 0)),
            ("freeze after", (READERS, READERS // 200)),
        ):
            words = (point, "run", "--enqueue")
            process = works.room.start(*words, command="tests.support.crashing", cwd=HERE)
            assert finish(process).code == KILLED, f"the run got past {point}"
            assert works.planned() == left
        works.plan()
        assert works.planned() == left
