"""Workers killed, frozen, cut off and asked to end, with PostgreSQL and relays that go away.

What chance decides comes from DIGEST_TRIAL_SEED (another one each time, if it is not set), which
is printed. DIGEST_TRIAL_READERS makes the long ones shorter.
"""

from __future__ import annotations

import http.client
import os
import random
import re
import signal
import time
from contextlib import closing, contextmanager

import pytest

from digest.mailing.token import UNSUBSCRIBE, sign_token
from tests.support.pg_wire import pg_wire
from tests.support.postgres import Server
from tests.support.recording_sink import Ways, is_deferred
from tests.support.workers import KEY, Works, connections_of

pytestmark = pytest.mark.soak

READERS = int(os.environ.get("DIGEST_TRIAL_READERS", "50000"))
#: Longer than `workers.timeout` of the trials.
LONG = 6.0


@pytest.fixture(scope="module")
def server():
    """One that waits for the disk, as a server of one's own does."""
    server = Server(durable=True)
    yield server
    server.close()


@pytest.fixture
def chance(request):
    seed = os.environ.get("DIGEST_TRIAL_SEED") or str(random.SystemRandom().randrange(10**6))
    print(f"\n{request.node.name}: DIGEST_TRIAL_SEED={seed}")
    return random.Random(f"{seed} {request.node.name}")


def kill_throughout(works: Works, chance: random.Random, mode: str) -> None:
    """Kill workers until nine of ten letters are out, and restart PostgreSQL once on the way."""
    readers = len(works.readers)
    restart_at = chance.randint(readers // 5, readers // 2)
    limit = time.monotonic() + 600
    restarted = False
    while (taken := works.sink.count()) < readers * 9 // 10:
        assert time.monotonic() < limit, works.words()
        time.sleep(chance.uniform(1, 6))
        works.kill_one(chance)
        works.restart_dead()
        if taken >= restart_at and not restarted:
            works.server.restart(mode=mode)
            restarted = True
    assert restarted


def finish_day(works: Works) -> None:
    """Let the living workers come to the end, then ask them to stop."""
    works.wait_till_done(within=180)
    works.stop_all()
    works.check_words()


def report(works: Works, began: float) -> None:
    account = works.account()
    print(
        f"{len(works.readers)} readers, {works.kills} kills, {works.at_stake} connections at stake:"
        f" {len(account.lost)} lost, {account.doubled} doubled, {account.unknown} unknown,"
        f" {time.monotonic() - began:.0f} s; jobs {works.jobs()}"
    )


@pytest.mark.parametrize("unknown", ["hold", "resend"])
@pytest.mark.parametrize("workers", [2, 4, 8])
def test_kills_throughout_and_a_restart_of_the_database(tmp_path, server, chance, workers, unknown):
    """Nobody is lost; what is in doubt, or doubled, is at most a letter a connection and kill."""
    mode = chance.choice(["fast", "immediate"])
    began = time.monotonic()
    with Works(tmp_path, readers=READERS, server=server, unknown=unknown, batch_size=500) as works:
        works.plan()
        works.start_workers(workers)
        works.wait_for(1)
        kill_throughout(works, chance, mode)
        finish_day(works)
        report(works, began)
        assert works.kills
        held = {"unknown": works.at_stake} if unknown == "hold" else {"doubled": works.at_stake}
        assert works.account().breaches(**held) == []
        assert set(works.jobs()) <= {"succeeded"}


@pytest.mark.parametrize("unknown", ["hold", "resend"])
def test_a_worker_that_slept_past_its_lease_begins_no_letter(tmp_path, server, unknown):
    """Others take its batches up. Only what was on the wire when it fell asleep can come twice;
    what the relay then says is written down, however late."""
    ways = Ways(delay=0.02)
    with Works(tmp_path, readers=6_000, server=server, ways=ways, unknown=unknown) as works:
        works.plan()
        works.start_workers(2)
        works.wait_for(500)
        sleeper = works.processes[0]
        sleeper.send_signal(signal.SIGSTOP)
        wire = connections_of(sleeper.pid, works.sink.port)
        time.sleep(LONG)
        before = works.sink.count()
        sleeper.send_signal(signal.SIGCONT)
        assert before < 6_000, "it woke up too late to prove anything"
        works.restart_dead()
        finish_day(works)
        held = {"unknown": wire} if unknown == "hold" else {"doubled": wire}
        report(works, time.monotonic())
        assert works.account().breaches(**held) == []


@pytest.mark.parametrize("turn", range(5))
def test_a_stop_of_all_workers_leaves_nothing_in_doubt(tmp_path, server, chance, turn):
    """They finish what is on the wire and give the rest back, at once, to whoever comes next."""
    with Works(tmp_path, readers=5_000, server=server, ways=Ways(delay=0.02)) as works:
        works.plan()
        works.start_workers(3)
        works.wait_for(chance.randint(1, 3_000))
        works.stop_all(timeout=20)
        account = works.account()
        assert account.breaches(still_to_come=5_000) == []
        assert set(account.states) <= {"pending", "sent"}
        assert account.still_to_come
        works.start_workers(2)
        finish_day(works)
        assert works.account().breaches() == []


def test_a_killed_planner_leaves_an_edition_with_its_jobs_or_none(tmp_path, server, chance):
    """Killed at any moment of its work; the next one does what is left to do."""
    readers, whole = 20_000, (20_000, 100)
    with Works(tmp_path / "whole", readers=readers, server=server) as works:
        begun = time.monotonic()
        works.plan()
        seconds = time.monotonic() - begun
    found = []
    for turn in range(15):
        with Works(tmp_path / str(turn), readers=readers, server=server) as works:
            process = works.room.start("run", "--enqueue")
            time.sleep(chance.uniform(0.2, 1.0) * seconds)
            process.kill()
            process.communicate()
            found.append(works.planned())
            works.plan()
            assert works.planned() == whole
    print(found)
    assert set(found) <= {(0, 0), whole}


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_a_database_that_is_away_for_longer_than_the_timeout_costs_nothing(tmp_path, mode):
    """Nobody was dead: who comes back has his lease still."""
    server = Server(durable=True)
    try:
        with Works(tmp_path, readers=5_000, server=server, ways=Ways(delay=0.02)) as works:
            works.plan()
            works.start_workers(2)
            works.wait_for(500)
            server.stop(mode=mode)
            time.sleep(LONG)
            server.start()
            works.restart_dead()
            finish_day(works)
            report(works, time.monotonic())
            assert works.account().breaches() == []
    finally:
        server.close()


def test_a_database_that_goes_again_and_again_costs_no_letter(tmp_path, server, chance):
    """Among workers that come, are told to end, and are killed."""
    with Works(tmp_path, readers=3_000, server=server, ways=Ways(delay=0.02)) as works:
        began = time.monotonic()
        works.plan()
        works.start_workers(2)
        while works.sink.count() < 2_700:
            assert time.monotonic() < began + 300, works.words()
            time.sleep(chance.uniform(0.2, 1.5))
            mode = chance.choice(["fast", "immediate"])
            match chance.choice(["restart", "go away", "stop", "kill"]):
                case "restart":
                    works.server.restart(mode=mode)
                case "go away":
                    works.server.stop(mode=mode)
                    time.sleep(chance.uniform(0.1, LONG))
                    works.server.start()
                case "stop":
                    process = chance.choice(works.processes)
                    process.send_signal(signal.SIGTERM)
                    process.wait(60)  # one that had hardly started knows no order yet
                case "kill":
                    works.kill_one(chance)
            works.restart_dead()
        finish_day(works)
        report(works, began)
        account = works.account()
        assert (account.lost, account.doubled) == (frozenset(), 0)
        assert account.unknown <= works.at_stake


def test_a_relay_that_is_killed_and_comes_back_costs_what_was_on_the_wire(tmp_path, server):
    with Works(tmp_path, readers=5_000, server=server, ways=Ways(delay=0.02)) as works:
        works.plan()
        works.start_workers(2)
        works.wait_for(500)
        wire = sum(connections_of(each.pid, works.sink.port) for each in works.processes)
        works.sink.kill()
        time.sleep(2)
        works.sink.start()
        works.restart_dead()
        finish_day(works)
        report(works, time.monotonic())
        assert works.account().breaches(unknown=wire) == []


def test_what_was_put_off_comes_through_by_other_workers_later(tmp_path, server):
    """A tenth gets 450 the first time; who comes a quarter of a minute later was not there then."""
    ways = Ways(defer=10)
    with Works(tmp_path, readers=3_000, server=server, ways=ways) as works:
        late = {each for each in works.readers if is_deferred(each, 10)}
        works.plan()
        works.start_workers(2)
        works.wait_for(3_000 - len(late))
        works.stop_all()
        assert works.account().states == {"sent": 3_000 - len(late), "deferred": len(late)}
        works.start_workers(2)
        finish_day(works)
        assert works.account().breaches() == []
        assert set(works.sink.record().deferred) == late


def test_who_leaves_while_workers_send_gets_no_letter_after_the_answer(tmp_path, server):
    """Half a second is for a letter that is on the wire; her batch takes many times as long."""
    ways = Ways(delay=0.05)
    with Works(tmp_path, readers=3_000, server=server, ways=ways) as works:
        works.plan()
        left = {}
        with page(works) as leave:
            works.start_workers(2)
            for number in range(100, 3_000, 100):
                who = works.readers[number]
                leave(who)
                left[who] = time.monotonic()
                works.wait_for(number // 2)
        finish_day(works)
        taken = {letter.recipient: letter.at for letter in works.sink.record().taken}
        assert [who for who, at in left.items() if taken.get(who, 0) > at + 0.5] == []
        states = works.account().states
        assert states["suppressed"] >= len(left) // 3
        assert works.account().breaches() == []


@contextmanager
def page(works: Works):
    """The readers' site of the same newsletter; a function that clicks a reader's link."""
    process = works.room.start("serve", "--port", "0")
    try:
        assert process.stderr is not None
        port = int(re.findall(r":(\d+)/ ", process.stderr.readline())[0])

        def leave(address: str) -> None:
            named = works.ask(f"SELECT reader_id FROM delivery WHERE address = '{address}'")
            body, kind = "List-Unsubscribe=One-Click", "application/x-www-form-urlencoded"
            with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as client:
                path = f"/u/{sign_token((KEY.encode(),), named, UNSUBSCRIBE)}"
                client.request("POST", path, body, {"Content-Type": kind})
                assert client.getresponse().status == 200

        yield leave
    finally:
        process.terminate()
        process.communicate()


@pytest.mark.parametrize("silently", [False, True])
@pytest.mark.parametrize("unknown", ["hold", "resend"])
def test_a_worker_cut_off_from_the_database_alone_begins_no_letter(
    tmp_path, server, unknown, silently
):
    """Its relay answers it all the while. Its batches go to others after the time-out; what was on
    the wire is told when the way is there again."""
    ways = Ways(delay=0.02)
    with (
        Works(tmp_path, readers=6_000, server=server, ways=ways, unknown=unknown) as works,
        pg_wire(works.url) as wire,
    ):
        works.plan()
        cut_off = works.start_worker(wire.url)
        works.start_worker()
        works.wait_for(500)
        wire.hush() if silently else wire.hang_up()
        stake = connections_of(cut_off.pid, works.sink.port)
        time.sleep(LONG)
        assert works.sink.count() < 6_000, "the way came back too late to prove anything"
        wire.mend()
        works.restart_dead()
        finish_day(works)
        report(works, time.monotonic())
        held = {"unknown": stake} if unknown == "hold" else {"doubled": stake}
        assert works.account().breaches(**held) == []


def test_answers_that_get_lost_leave_as_many_letters_in_doubt(tmp_path, server):
    """Each hundredth letter is taken, and the connection reset instead of an answer."""
    with Works(tmp_path, readers=3_000, server=server, ways=Ways(cut=100)) as works:
        works.plan()
        works.start_workers(2)
        finish_day(works)
        assert works.account().breaches(unknown=30) == []
        assert works.account().unknown == 30
