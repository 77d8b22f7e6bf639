"""`digest status` shows an edition's way over all workers: who sends, and what is left."""

from __future__ import annotations

import json
import re

import pytest

from tests.support.clustered import BATCH, cluster, wait_until, worker
from tests.support.newsroom import counting_server, finish
from tests.support.smtp_server import Rule


def _status(room):
    return json.loads(room.run("status", "--json").out)


def _lines(room):
    return room.run("status").out.splitlines()


def _has(lines, pattern):
    return any(re.match(pattern, line) for line in lines)


def test_before_a_worker_is_there_the_batches_wait(tmp_path):
    with counting_server() as server, cluster(tmp_path, server, 3 * BATCH) as it:
        it.plan()
        facts = _status(it.planner)
        assert facts["batches"] == {"waiting": 3, "later": 0, "at_work": 0}
        assert (facts["rate"], facts["seconds_left"], facts["workers"]) == (0, None, [])
        assert _lines(it.planner)[1:] == ["  batches: 3 waiting, 0 later, 0 at work"]


def test_each_worker_is_shown_with_its_rate_and_all_of_them_say_how_long_it_takes(tmp_path):
    slow = Rule("dot", delay=0.1)
    with counting_server(slow) as server, cluster(tmp_path, server, 10 * BATCH) as it:
        it.plan()
        other = it.elsewhere("other", server.port)
        with worker(it.planner) as one, worker(other) as two:
            wait_until(lambda: len([w for w in _status(it.planner)["workers"] if w["rate"]]) == 2)
            facts = _status(it.planner)
            assert {each["pid"] for each in facts["workers"]} == {one.pid, two.pid}
            assert all(each["state"] == "working" for each in facts["workers"])
            assert all(0 < each["connections"] <= 2 for each in facts["workers"])
            assert facts["rate"] > 0
            assert facts["seconds_left"] is not None
            assert facts["batches"]["at_work"] > 0
            lines = _lines(it.planner)
            assert _has(lines, r"  [\d,]+ letters/s by 2 workers; \d+ s left$")
            assert _has(lines, rf"  worker \S+:{one.pid}  working  \d+/s  \d+ sent")
            two.kill()
            wait_until(lambda: _has(_lines(other), rf"  worker \S+:{two.pid}  silent for "))
            assert sum(1 for each in _status(other)["workers"] if each["rate"]) <= 1
        wait_until(lambda: not it.planner.run("worker", "--once").code and not it.jobs())
        states = {each["pid"]: each["state"] for each in _status(it.planner)["workers"]}
        assert states[two.pid] == "silent"
        (dead,) = (each for each in _status(it.planner)["workers"] if each["pid"] == two.pid)
        assert (dead["batches"], dead["connections"]) == (0, 0), "others have what it held"
        assert [*states.values()].count("ended") >= 1


@pytest.mark.parametrize("command", ["run", "send"])
def test_a_run_of_its_own_is_shown_as_a_worker_is(tmp_path, command):
    slow = Rule("dot", delay=0.1)
    with counting_server(slow) as server, cluster(tmp_path, server, 3 * BATCH) as it:
        process = it.planner.start(command)
        wait_until(lambda: any(w["rate"] for w in _status(it.planner).get("workers", ())))
        line = rf"  {command} \S+:{process.pid}  working  \d+/s  \d+ sent  .*[12] connections?$"
        assert _has(_lines(it.planner), line)
        assert finish(process).code == 0
        (row,) = _status(it.planner)["workers"]
        assert (row["command"], row["state"], row["sent"]) == (command, "ended", 3 * BATCH)


def test_where_the_state_is_a_file_there_is_nothing_of_workers(tmp_path):
    from tests.support.newsroom import Newsroom

    room = Newsroom(tmp_path)
    assert room.run("run").code == 0
    assert not {"workers", "batches", "rate"} & set(_status(room))


def test_letters_that_no_worker_will_take_up_are_told_with_what_to_do(tmp_path):
    """They came back after their batch's job was done."""
    with counting_server() as server, cluster(tmp_path, server, BATCH) as it:
        it.plan()
        it.ask("DELETE FROM procrastinate_jobs")
        words = "  batches: none; `digest run --enqueue` hands the rest to the workers"
        assert _lines(it.planner)[1:] == [words]
        it.plan()
        assert _lines(it.planner)[1:] == ["  batches: 1 waiting, 0 later, 0 at work"]
