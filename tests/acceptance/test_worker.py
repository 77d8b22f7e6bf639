"""Batches that `run --enqueue` plans are delivered by `digest worker`, once and by anyone."""

from __future__ import annotations

import signal
from datetime import UTC, datetime, timedelta

import pytest

from tests.support.clustered import BATCH, cluster, wait_until, worker
from tests.support.counting import tally
from tests.support.newsroom import Newsroom, counting_server, finish
from tests.support.smtp_server import Rule

CONNECTIONS = 2


def test_a_run_that_enqueues_mails_nobody_and_a_worker_mails_everybody(tmp_path):
    """Asked again, before or after, it enqueues nothing twice; the worker's end is silent too."""
    with counting_server() as server, cluster(tmp_path, server, 3 * BATCH) as it:
        it.plan()
        assert (server.accepted, it.jobs()) == ([], dict.fromkeys((1, 2, 3), "todo"))
        it.plan()
        assert it.jobs() == dict.fromkeys((1, 2, 3), "todo")
        done = it.planner.run("worker", "--once")
        assert (done.code, done.out, done.err) == (0, "", "")
        assert tally(server.accepted, it.readers).breaches() == []
        assert (it.jobs(), it.states()) == ({}, {"sent": 3 * BATCH})
        it.plan()
        assert it.jobs() == {}
        assert it.ask("SELECT state, sent, connections FROM worker") == [("ended", 3 * BATCH, 0)]
        assert it.ask("SELECT count(*) FROM procrastinate_workers") == 0


def test_workers_share_the_batches_and_need_neither_lists_nor_papers_nor_templates(tmp_path):
    """The second has nothing on its machine but a config and the key."""
    slow = Rule("dot", delay=0.02)
    with counting_server(slow) as server, cluster(tmp_path, server, 6 * BATCH) as it:
        it.plan()
        other = it.elsewhere("other", server.port)
        with worker(it.planner, "--once") as one, worker(other, "--once") as two:
            assert [finish(each).code for each in (one, two)] == [0, 0]
        assert tally(server.accepted, it.readers).breaches() == []
        shares = [sent for (sent,) in it.ask("SELECT sent FROM worker")]
        assert sum(shares) == 6 * BATCH
        assert min(shares) > 0
        assert [path.name for path in other.state.iterdir()] == ["state.json"]


def test_a_worker_with_another_key_leaves_the_batches_to_those_who_have_it(tmp_path):
    """It says once what to set. One without any key makes none."""
    with counting_server() as server, cluster(tmp_path, server, BATCH) as it:
        it.plan()
        stranger = it.elsewhere("stranger", server.port)
        stranger.environ["DIGEST_SECRET_KEY"] = "quite another key and also a long one"
        done = stranger.run("worker", "--once")
        assert (done.code, len(done.lines)) == (0, 1)
        assert "set DIGEST_SECRET_KEY as the planner has it" in done.err
        del stranger.environ["DIGEST_SECRET_KEY"]
        done = stranger.run("worker", "--once")
        assert (done.code, len(done.lines)) == (2, 1)
        assert "DIGEST_SECRET_KEY" in done.err
        assert not (stranger.state / "secret.key").exists()
        assert (server.accepted, it.jobs()) == ([], {1: "todo"})


@pytest.mark.parametrize("words", [("run", "--enqueue"), ("worker",)])
def test_without_postgresql_there_is_one_line(tmp_path, words):
    done = Newsroom(tmp_path).run(*words)
    assert (done.code, len(done.lines)) == (2, 1)
    assert "storage.url" in done.err
    assert not (tmp_path / "var").exists()


def test_what_a_run_planned_itself_goes_to_the_workers_when_it_is_enqueued(tmp_path):
    """The relay refused the run; its letters are in no batch yet."""
    refused = Rule("mail", reply="530 5.7.0 Authentication required")
    with counting_server(refused) as server, cluster(tmp_path, server, 2 * BATCH) as it:
        assert it.planner.run("run").code == 1
        assert it.jobs() == {}
        it.plan()
        assert it.jobs() == dict.fromkeys((1, 2), "todo")
        server.rules.clear()
        assert it.planner.run("worker", "--once").code == 0
        assert tally(server.accepted, it.readers).breaches() == []


def test_deferred_letters_keep_their_batch_until_their_time(tmp_path):
    """The job waits for the first of them, whatever moment DIGEST_NOW has made of today."""
    grey = Rule("rcpt", "reader7@", tries=1, reply="451 4.7.1 greylisted")
    with counting_server(grey) as server, cluster(tmp_path, server, 2 * BATCH) as it:
        it.planner.now = "2026-11-23T07:00:00+00:00"
        it.plan()
        assert it.planner.run("worker", "--once").code == 0
        assert it.states() == {"sent": 2 * BATCH - 1, "deferred": 1}
        ((job, due),) = it.ask("SELECT id, scheduled_at FROM procrastinate_jobs")
        assert timedelta(0) < due - datetime.now(UTC) < timedelta(minutes=1)
        retry_at = it.ask("SELECT to_timestamp(retry_at / 1e6) FROM delivery WHERE retry_at > 0")
        assert retry_at < datetime(2026, 11, 23, 7, 3, tzinfo=UTC)
        it.planner.later(minutes=2)
        it.ask("UPDATE procrastinate_jobs SET scheduled_at = now() WHERE id = %s", job)
        assert it.planner.run("worker", "--once").code == 0
        assert it.jobs() == {}
        assert tally(server.accepted, it.readers).breaches() == []


def test_a_relay_that_is_away_loses_no_batch(tmp_path):
    """`--once` ends as a run does; the batches wait in the queue."""
    closed = Rule("connect", drop="before")
    with counting_server(closed) as server, cluster(tmp_path, server, BATCH) as it:
        it.plan()
        done = it.planner.run("worker", "--once")
        assert done.code == 1
        assert it.jobs() == {1: "todo"}
        assert it.states() == {"pending": BATCH}
        assert it.ask("SELECT scheduled_at > now() FROM procrastinate_jobs") is True


def test_a_letter_without_an_answer_goes_once_more_with_the_next_run(tmp_path):
    """As one process has it: not at once, and by the planner's run where workers send."""
    silent = Rule("dot", "reader7@", tries=1, drop="before")
    with counting_server(silent) as server, cluster(tmp_path, server, BATCH) as it:
        it.plan()
        assert it.planner.run("worker", "--once").code == 0
        assert (it.jobs(), it.states()) == ({}, {"sent": BATCH - 1, "unknown": 1})
        it.plan()
        assert (it.jobs(), it.states()) == ({1: "todo"}, {"sent": BATCH - 1, "pending": 1})
        assert it.planner.run("worker", "--once").code == 0
        assert tally(server.accepted, it.readers).breaches() == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_stop_gives_the_batches_back_at_once_with_nothing_in_doubt(tmp_path, number):
    slow = Rule("dot", delay=0.02)
    with counting_server(slow) as server, cluster(tmp_path, server, 4 * BATCH) as it:
        it.plan()
        with worker(it.planner) as process:
            wait_until(lambda: len(server.accepted) > 5)
            process.send_signal(number)
            done = finish(process)
        assert (done.code, done.err) == (0, "")
        assert len(server.accepted) < 4 * BATCH
        assert it.states().keys() == {"sent", "pending"}
        assert set(it.jobs().values()) == {"todo"}
        assert it.ask("SELECT count(*) FROM procrastinate_jobs WHERE scheduled_at > now()") == 0
        assert it.ask("SELECT count(*) FROM procrastinate_workers") == 0
        server.rules.clear()
        assert it.planner.run("worker", "--once").code == 0
        assert tally(server.accepted, it.readers).breaches() == []


@pytest.mark.parametrize("policy", ["resend", "hold"])
def test_a_killed_workers_batches_are_taken_up_by_another(tmp_path, policy):
    """The other one runs already; what was on the wire is sent again, or held."""
    slow = Rule("dot", delay=0.02)
    with counting_server(slow) as server, cluster(tmp_path, server, 4 * BATCH) as it:
        it.planner.configure(delivery={"unknown": policy})
        it.plan()
        with worker(it.planner) as victim:
            wait_until(lambda: len(server.accepted) > 5)
            victim.send_signal(signal.SIGKILL)
            victim.wait()
            assert set(it.jobs().values()) >= {"doing"}
            server.rules.clear()
            with worker(it.planner) as heir:
                wait_until(lambda: not it.jobs())
                heir.send_signal(signal.SIGTERM)
                assert finish(heir).code == 0
        found = tally(server.accepted, it.readers)
        assert found.extra <= CONNECTIONS
        assert found.differing == frozenset()
        states = it.states()
        assert states.pop("unknown", 0) + len(found.lost) <= 2 * CONNECTIONS
        assert states.keys() == {"sent"}
        if policy == "resend":
            assert states == {"sent": 4 * BATCH}
        else:
            assert found.extra == 0


def test_a_worker_that_lost_its_lease_while_a_relay_rests_begins_anew_at_once(tmp_path):
    """Two batches are put off; two wait for the relay, and would for as long as it rests."""
    refused = Rule("mail", reply="530 5.7.0 Authentication required")
    with counting_server(refused) as server, cluster(tmp_path, server, 4 * BATCH) as it:
        it.plan()
        with worker(it.planner):
            wait_until(lambda: sorted(it.jobs().values()) == ["doing"] * 2 + ["todo"] * 2)
            wait_until(lambda: it.ask("SELECT max(attempts) FROM procrastinate_jobs") > 0)
            server.rules.clear()
            it.ask("UPDATE worker SET state = 'ended'")
            wait_until(lambda: it.states().get("sent") == 2 * BATCH, 20)
            wait_until(lambda: set(it.jobs().values()) == {"todo"})
        assert it.ask("SELECT count(*) FROM worker") == 2


def test_a_worker_that_lost_its_lease_sends_what_is_due_under_another(tmp_path):
    """Also where it ends when nothing is due."""
    slow = Rule("dot", delay=0.02)
    with counting_server(slow) as server, cluster(tmp_path, server, 4 * BATCH) as it:
        it.plan()
        process = it.planner.start("worker", "--once")
        wait_until(lambda: len(server.accepted) > 5)
        it.ask("UPDATE worker SET state = 'ended'")
        server.rules.clear()
        assert finish(process).code == 0
        assert it.ask("SELECT count(*) FROM worker") == 2
        assert (it.states(), it.jobs()) == ({"sent": 4 * BATCH}, {})
        assert tally(server.accepted, it.readers).breaches() == []


def test_readers_who_are_planned_while_workers_send_get_what_they_chose(tmp_path):
    """Their choice is new to a worker that has the edition open."""
    slow = Rule("dot", delay=0.05)
    with counting_server(slow) as server, cluster(tmp_path, server, 4 * BATCH) as it:
        first, later = it.readers[BATCH:], it.readers[:BATCH]
        theirs = {"tags": ["b"], "max_papers": 1, "format": "text"}
        rows = [{"email": each, "tags": ["a"]} for each in first]
        it.planner.write_readers(rows + [{"email": each} | theirs for each in later])
        it.planner.configure(subscribers={"lists": ["readers.yaml"]})
        assert it.planner.run("run", "--enqueue", "--to", "tag:a").code == 0
        with worker(it.planner):
            wait_until(lambda: len(server.accepted) > 5)
            assert it.planner.run("run", "--enqueue", "--to", "tag:b").code == 0
            assert it.ask("SELECT count(*) FROM segment") == 2
            server.rules.clear()
            wait_until(lambda: not it.jobs(), 30)
        assert it.states() == {"sent": 4 * BATCH}
        assert tally(server.accepted, it.readers).breaches() == []


_SPOIL = """
    CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      IF current_setting('application_name') = TG_ARGV[0] THEN
        RAISE 'no space left' USING ERRCODE = '53100';
      END IF;
      RETURN NEW;
    END $$
"""


def test_a_batch_whose_rest_the_database_does_not_tell_is_asked_for_again_at_once(tmp_path):
    """Its letters are out, but for one that a dead worker held: no wait as after a fault."""
    with counting_server() as server, cluster(tmp_path, server, BATCH) as it:
        it.plan()
        held = "SELECT min(reader_id) FROM delivery"
        it.ask(f"UPDATE delivery SET state = 'claimed', holder = 'x' WHERE reader_id = ({held})")
        it.ask(_SPOIL)
        it.ask(
            "CREATE TRIGGER spoil BEFORE UPDATE ON worker EXECUTE FUNCTION spoil('papers-digest')"
        )
        done = it.planner.run("-v", "worker", "--once")
        assert done.code == 0
        assert "batch 1 goes back: " in done.err
        assert "the disk is full (no space left)" in done.err
        waits = "SELECT max(scheduled_at) < now() + interval '30 s' FROM procrastinate_jobs"
        assert it.ask(waits)
        it.ask("DROP TRIGGER spoil ON worker")
        wait_until(lambda: not it.planner.run("worker", "--once").code and not it.jobs())
        assert it.states() == {"sent": BATCH}


def test_a_batch_whose_end_cannot_be_written_is_told_in_our_words_and_found_again(tmp_path):
    with counting_server() as server, cluster(tmp_path, server, BATCH) as it:
        it.plan()
        it.ask(_SPOIL)
        it.ask(
            "CREATE TRIGGER spoil BEFORE DELETE ON procrastinate_jobs"
            " FOR EACH ROW EXECUTE FUNCTION spoil('digest queue')"
        )
        done = it.planner.run("-vv", "worker", "--once")
        assert "batch 1 waits until it is found: " in done.err
        assert "the disk is full (no space left)" in done.err
        assert "never retrieved" not in done.err
        assert "Database error" not in done.err
        it.ask("DROP TRIGGER spoil ON procrastinate_jobs")
        wait_until(lambda: not it.planner.run("worker", "--once").code and not it.jobs())
        assert tally(server.accepted, it.readers).breaches() == []
