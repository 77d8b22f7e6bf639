"""The courier against a real server: lost nothing, twice nothing, nobody wrongly marked."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from digest.delivery.faults import LedgerLost, RunStopped
from digest.errors import Problem, StorageError, TemplateError
from digest.model import Letter, Stage
from tests.support.delivering import readers, smtp_run, write_letter
from tests.support.memory_ledger import NOON, MemoryLedger, reader
from tests.support.smtp_server import Options, Rule, ScriptedServer


def everyone(count):
    return {f"reader{n}@example.org": 1 for n in range(count)}


async def test_every_reader_gets_one_letter_and_the_report_counts_them():
    ledger = MemoryLedger(readers(100))
    async with ScriptedServer() as server:
        report = await smtp_run(ledger, server.port).go()
    assert server.recipients == everyone(100)
    assert server.violations == []
    assert ledger.at("sent") == set(everyone(100))
    assert (report.sent, report.connects, report.stopped) == (100, 4, False)
    assert [(r.code, r.count) for r in report.replies] == [(250, 100)]


async def test_at_any_time_at_most_one_letter_a_connection_is_in_doubt():
    """When a content arrives, its row is `data`, and the connection's letters before are `sent`."""
    ledger = MemoryLedger(readers(120))
    carried, wrong = {}, []

    def look(session, recipient):
        if ledger.state(recipient) != "data":
            wrong.append((recipient, "began undurably"))
        wrong.extend(
            (r, "not settled") for r in carried.get(session, []) if ledger.state(r) != "sent"
        )
        carried.setdefault(session, []).append(recipient)

    async with ScriptedServer(on_body=look) as server:
        await smtp_run(ledger, server.port, connections=6).go()
    assert wrong == []
    assert len(server.accepted) == 120
    assert ledger.most_in_data <= 6


async def test_connections_that_wait_together_share_one_transaction():
    ledger = MemoryLedger(readers(160))
    async with ScriptedServer() as server:
        await smtp_run(ledger, server.port, connections=8).go()
    assert len(ledger.records) < 160
    assert max(begun for begun, _ in ledger.records) > 1


async def test_one_bad_address_never_harms_its_neighbours():
    ledger = MemoryLedger(readers(30))
    rules = [
        Rule("rcpt", recipient="reader7@", reply="550 5.1.1 no such user"),
        Rule("rcpt", recipient="reader12@", reply="450 4.2.0 busy"),
        Rule("dot", recipient="reader20@", reply="451 4.3.0 local problem"),
    ]
    async with ScriptedServer(rules) as server:
        report = await smtp_run(ledger, server.port, connections=1).go()
    assert ledger.at("rejected") == {"reader7@example.org"}
    assert ledger.at("deferred") == {"reader12@example.org", "reader20@example.org"}
    assert len(server.accepted) == 27
    assert server.violations == []
    assert (report.sent, report.rejected, report.deferred, report.connects) == (27, 1, 2, 1)


async def test_greylisted_readers_come_with_a_later_run_and_no_sooner_than_their_time():
    ledger = MemoryLedger(readers(60))
    rules = [Rule("rcpt", tries=1, reply="450 4.7.1 Greylisted, try again later")]
    async with ScriptedServer(rules) as server:
        first = smtp_run(ledger, server.port)
        assert (await first.go()).deferred == 60
        assert (await replace(first, outcomes=[]).go()).sent == 0
        late = replace(first, now=NOON + timedelta(minutes=2), outcomes=[])
        assert (await late.go()).sent == 60
    assert server.recipients == everyone(60)
    assert all(o.retry_at and o.retry_at > NOON for _, o in first.outcomes)


BEFORE = ["ehlo", "mail", "rcpt", "data"]


@pytest.mark.parametrize("stage", ["connect", *BEFORE])
@pytest.mark.parametrize("reset", [False, True])
async def test_a_connection_lost_before_the_content_costs_no_try(stage, reset):
    ledger = MemoryLedger(readers(20))
    rules = [Rule(stage, drop="before", reset=reset, times=1, skip=1)]
    async with ScriptedServer(rules) as server:
        report = await smtp_run(ledger, server.port, connections=2).go()
    assert server.recipients == everyone(20)
    assert {row.attempts for row in ledger.rows.values()} == {1}
    assert report.unknown == 0


@pytest.mark.parametrize("stage", [*BEFORE, "connect"])
async def test_421_before_the_content_costs_no_try(stage):
    ledger = MemoryLedger(readers(20))
    rules = [Rule(stage, reply="421 4.3.2 restarting", times=1, skip=1)]
    async with ScriptedServer(rules) as server:
        await smtp_run(ledger, server.port, connections=2).go()
    assert server.recipients == everyone(20)
    assert {row.attempts for row in ledger.rows.values()} == {1}


@pytest.mark.parametrize("take", [True, False])
async def test_a_lost_answer_behind_the_dot_is_unknown_taken_or_not(take):
    ledger = MemoryLedger(readers(10))
    rules = [Rule("dot", recipient="reader3@", drop="before", take=take)]
    async with ScriptedServer(rules) as server:
        report = await smtp_run(ledger, server.port, connections=1).go()
    assert ledger.at("unknown") == {"reader3@example.org"}
    assert server.recipients["reader3@example.org"] == int(take)
    assert (report.sent, report.unknown) == (9, 1)


async def test_a_connection_lost_amid_the_content_is_unknown():
    ledger = MemoryLedger(readers(10))
    rules = [Rule("body", recipient="reader3@", octets=40)]
    async with ScriptedServer(rules) as server:
        await smtp_run(ledger, server.port, connections=1).go()
    assert ledger.at("unknown") == {"reader3@example.org"}
    assert len(server.accepted) == 9


async def test_421_after_the_dot_is_deferred_on_a_new_connection():
    ledger = MemoryLedger(readers(10))
    rules = [Rule("dot", recipient="reader3@", reply="421 4.3.2 shutting down")]
    async with ScriptedServer(rules) as server:
        report = await smtp_run(ledger, server.port, connections=1).go()
    assert ledger.at("deferred") == {"reader3@example.org"}
    assert (report.sent, report.connects) == (9, 2)


async def test_a_drop_after_the_answer_keeps_the_answer():
    ledger = MemoryLedger(readers(10))
    async with ScriptedServer([Rule("dot", recipient="reader3@", drop="after")]) as server:
        await smtp_run(ledger, server.port, connections=1).go()
    assert server.recipients == everyone(10)
    assert len(ledger.at("sent")) == 10


@pytest.mark.parametrize(
    ("stage", "state"), [("rcpt", "sent"), ("data", "sent"), ("dot", "unknown")]
)
async def test_a_stalled_server_ends_at_that_stages_time_out(stage, state):
    ledger = MemoryLedger(readers(4))
    rules = [Rule(stage, recipient="reader2@", stall=True, times=1)]
    async with ScriptedServer(rules) as server:
        run = smtp_run(ledger, server.port, connections=1, command_timeout=0.3, dot_timeout=0.3)
        await run.go()
    assert ledger.state("reader2@example.org") == state
    assert len(ledger.at("sent")) == 3 + (state == "sent")


@pytest.mark.parametrize(
    ("stage", "state"), [("mail", "sent"), ("rcpt", "sent"), ("dot", "unknown")]
)
async def test_garbage_closes_the_connection_and_leaves_what_is_true(stage, state):
    ledger = MemoryLedger(readers(6))
    async with ScriptedServer([Rule(stage, raw="garbage\r\n", times=1)]) as server:
        report = await smtp_run(ledger, server.port, connections=1).go()
    assert report.connects == 2
    assert len(ledger.at("sent")) == (6 if state == "sent" else 5)
    assert len(ledger.at("unknown")) == (0 if state == "sent" else 1)


@pytest.mark.parametrize(
    "options",
    [
        Options(chunk=1),
        Options(multiline=True),
        Options(multiline=True, chunk=1),
        Options(ehlo=False),
        Options(pipelining=False, eightbit=False, size=None, smtputf8=False),
        Options(letters_per_connection=3),
        Options(idle_timeout=0.2),
    ],
)
async def test_odd_servers_get_every_letter_once(options):
    ledger = MemoryLedger(readers(24))
    async with ScriptedServer(options=options) as server:
        await smtp_run(ledger, server.port, connections=3).go()
    assert server.recipients == everyone(24)
    assert {row.attempts for row in ledger.rows.values()} == {1}


class LastFirst(MemoryLedger):
    """Gives its readers so that the first one always comes second on her connection."""

    def claim(self, limit, now):
        return list(reversed(super().claim(limit, now)))


async def test_a_full_connection_is_never_held_against_the_reader_it_meets():
    """However often a reader meets the end of a connection, another one takes her letter."""
    ledger = LastFirst(readers(20))
    full = Rule("mail", reply="421 4.7.0 enough letters on this connection", skip=1, every=2)
    async with ScriptedServer([full]) as server:
        report = await smtp_run(ledger, server.port, connections=1).go()
    assert server.recipients == everyone(20)
    assert report.connects == 20


async def test_a_relay_that_takes_few_connections_is_not_asked_for_ever():
    ledger = MemoryLedger(readers(200))
    async with ScriptedServer(options=Options(max_connections=2)) as server:
        await smtp_run(ledger, server.port, connections=6).go()
    assert server.recipients == everyone(200)
    assert len(server.connects) <= 2 + 4 * 5


async def test_no_more_letters_a_connection_than_configured():
    ledger = MemoryLedger(readers(25))
    async with ScriptedServer() as server:
        run = smtp_run(ledger, server.port, connections=1, letters_per_connection=10)
        report = await run.go()
    assert report.connects == 3
    assert [sum(t.session == n for t in server.accepted) for n in (1, 2, 3)] == [10, 10, 5]


async def test_a_wrong_password_stops_the_run_and_marks_nobody():
    ledger = MemoryLedger(readers(20))
    async with ScriptedServer(options=Options(users={"papers": "right"})) as server:
        run = smtp_run(ledger, server.port, username="papers", password="wrong")
        with pytest.raises(RunStopped, match=r"refused us at auth: 535 5\.7\.8") as caught:
            await run.go()
    assert not caught.value.temporary
    assert server.auth_tries == 1
    assert server.accepted == []
    assert len(ledger.at("pending")) == 20
    assert {row.attempts for row in ledger.rows.values()} == {0}


async def test_a_demand_to_log_in_stops_the_run_at_once():
    ledger = MemoryLedger(readers(20))
    rules = [Rule("mail", reply="530 5.7.0 authentication required")]
    async with ScriptedServer(rules) as server:
        with pytest.raises(RunStopped, match="530"):
            await smtp_run(ledger, server.port, connections=1).go()
    assert sum(c.startswith("MAIL") for c in server.commands) == 1
    assert len(ledger.at("pending")) == 20


@pytest.mark.parametrize(
    ("stage", "reply"),
    [
        ("rcpt", "550 5.4.5 daily sending quota exceeded"),
        ("dot", "550 5.7.1 not from you"),
        ("mail", "552 5.3.4 message too big"),
        ("dot", "554 transaction failed"),
    ],
)
async def test_ten_equal_refusals_of_us_stop_the_run_and_mark_nobody(stage, reply):
    ledger = MemoryLedger(readers(60))
    rules = [Rule(stage, reply=reply, skip=20)]
    async with ScriptedServer(rules) as server:
        with pytest.raises(RunStopped, match=reply[:9]) as caught:
            await smtp_run(ledger, server.port, connections=1).go()
    assert len(server.accepted) == len(ledger.at("sent")) == 20
    assert len(ledger.at("pending")) == 40
    assert caught.value.report.untried == 10
    assert {ledger.rows[a].attempts for a in ledger.at("pending")} == {0}


async def test_one_refusal_of_us_leaves_that_reader_for_the_next_run():
    ledger = MemoryLedger(readers(20))
    rules = [Rule("dot", recipient="reader5@", reply="550 5.7.1 looks like spam")]
    async with ScriptedServer(rules) as server:
        report = await smtp_run(ledger, server.port).go()
    assert ledger.at("pending") == {"reader5@example.org"}
    assert (report.sent, report.untried) == (19, 1)


async def test_letter_after_letter_refused_pauses_the_run():
    ledger = MemoryLedger(readers(60))
    async with ScriptedServer([Rule("dot", reply="451 4.3.0 disk trouble")]) as server:
        run = smtp_run(ledger, server.port, connections=1)
        run.delivery = run.delivery.model_copy(update={"stop_after_failures": 7})
        with pytest.raises(RunStopped, match="7 letters in a row failed") as caught:
            await run.go()
    assert caught.value.temporary
    assert len(ledger.at("deferred")) == 7
    assert len(ledger.at("pending")) == 53


async def test_a_relay_that_is_down_ends_the_run_with_everyone_pending():
    ledger = MemoryLedger(readers(20))
    async with ScriptedServer() as server:
        port = server.port
    with pytest.raises(RunStopped, match="5 tries in a row") as caught:
        await smtp_run(ledger, port).go()
    assert caught.value.temporary
    assert len(ledger.at("pending")) == 20


async def test_a_relay_that_never_answers_a_letter_is_not_tried_for_ever():
    ledger = MemoryLedger(readers(40))
    async with ScriptedServer([Rule("mail", reply="421 4.3.2 not now")]) as server:
        with pytest.raises(RunStopped) as caught:
            await smtp_run(ledger, server.port).go()
    assert caught.value.temporary
    assert len(server.connects) <= 12
    assert len(ledger.at("pending")) == 40


async def test_a_relay_that_drops_every_letter_is_not_said_to_have_marked_nobody():
    ledger = MemoryLedger(readers(40))
    async with ScriptedServer([Rule("dot", drop="before")]) as server:
        with pytest.raises(RunStopped, match="keeps closing connections") as caught:
            await smtp_run(ledger, server.port).go()
    assert ledger.at("unknown")
    assert "stays pending" not in str(caught.value)


async def test_a_relay_that_comes_back_after_a_restart_gets_the_rest():
    ledger = MemoryLedger(readers(60))
    server = ScriptedServer()
    await server.start()

    async def restart():
        while len(server.accepted) < 20:
            await asyncio.sleep(0.001)
        await server.stop()
        await asyncio.sleep(0.05)
        await server.start()

    run = smtp_run(ledger, server.port)
    _, report = await asyncio.gather(restart(), run.go())
    await server.stop()
    in_doubt = ledger.at("unknown")
    assert ledger.at("sent") | in_doubt == set(everyone(60))
    assert len(in_doubt) <= 4
    assert report.sent == 60 - len(in_doubt)
    assert set(server.recipients.values()) == {1}


async def test_stop_is_exact_letters_under_way_finish_and_no_more_begin():
    ledger = MemoryLedger(readers(100))
    async with ScriptedServer([Rule("dot", delay=0.01)]) as server:
        run = smtp_run(ledger, server.port)
        run.on_outcome = lambda *_: len(run.outcomes) == 20 and run.stop.set()
        report = await run.go()
    assert report.stopped
    # Of the group that was on record last, three more had ended and four had begun.
    assert 20 <= report.sent <= 27
    assert ledger.at("sent") == set(server.recipients)
    assert len(ledger.at("pending")) == 100 - report.sent
    assert ledger.at("claimed") == ledger.at("data") == set()


async def test_stop_does_not_wait_for_a_relay_that_is_down():
    ledger = MemoryLedger(readers(5))
    async with ScriptedServer() as server:
        port = server.port
    run = smtp_run(ledger, port)
    run.timing = replace(run.timing, knock_first=60, knock_longest=60, knocks=99)
    asyncio.get_running_loop().call_later(0.1, run.stop.set)
    assert (await run.go()).stopped
    assert len(ledger.at("pending")) == 5


async def test_pacing_counts_letters_over_all_connections():
    ledger = MemoryLedger(readers(7))
    async with ScriptedServer() as server:
        await smtp_run(ledger, server.port, letters_per_minute=600).go()
    times = sorted(t.at for t in server.accepted)
    assert times[-1] - times[0] >= 0.5  # seven letters, six gaps of 0.1 s


async def test_suppressed_readers_get_nothing():
    ledger = MemoryLedger(readers(10), suppressed=frozenset({"reader4@example.org"}))
    async with ScriptedServer() as server:
        await smtp_run(ledger, server.port).go()
    assert "reader4@example.org" not in server.recipients
    assert ledger.at("suppressed") == {"reader4@example.org"}


def fails_from(name, first, count=10**9):
    def fail(call, number):
        if call == name and first <= number < first + count:
            raise StorageError("no space left on device")

    return fail


async def test_a_ledger_that_cannot_be_written_stops_everything_and_names_the_letters():
    ledger = MemoryLedger(readers(100), fail=fails_from("record", 6))
    async with ScriptedServer() as server:
        with pytest.raises(LedgerLost, match="no space left") as caught:
            await smtp_run(ledger, server.port).go()
    lost = {str(r.address) for r in caught.value.unwritten}
    assert len(lost) <= 4
    assert set(server.recipients) == ledger.at("sent") | lost
    assert lost == ledger.at("data")
    assert all(address in str(caught.value) for address in lost)


async def test_a_ledger_that_recovers_at_the_last_try_loses_no_outcome():
    ledger = MemoryLedger(readers(100), fail=fails_from("record", 6, count=1))
    async with ScriptedServer() as server:
        with pytest.raises(LedgerLost, match="every outcome so far is recorded") as caught:
            await smtp_run(ledger, server.port).go()
    assert caught.value.unwritten == ()
    assert set(server.recipients) == ledger.at("sent")
    assert ledger.at("data") == set()


async def test_a_ledger_that_cannot_be_read_sends_nothing():
    ledger = MemoryLedger(readers(10), fail=fails_from("claim", 1))
    async with ScriptedServer() as server:
        with pytest.raises(LedgerLost):
            await smtp_run(ledger, server.port).go()
    assert server.accepted == []


def broken_for(bad):
    def write(recipient, eightbit=False):
        if str(recipient.address) in bad:
            raise TemplateError([Problem(file="letter.mjml.j2", line=3, what="no such field")])
        return write_letter(recipient)

    return write


async def test_a_letter_that_cannot_be_rendered_costs_one_reader_only():
    ledger = MemoryLedger(readers(50))
    async with ScriptedServer() as server:
        run = smtp_run(ledger, server.port)
        run.write = broken_for({"reader0@example.org"})
        report = await run.go()
    assert ledger.at("rejected") == {"reader0@example.org"}
    assert (report.sent, report.rejected) == (49, 1)
    outcome = dict(run.outcomes)["reader0@example.org"]
    assert outcome.stage is Stage.RENDER
    assert "letter.mjml.j2:3: no such field" in outcome.words


async def test_letters_that_mostly_cannot_be_rendered_stop_the_run_and_mark_nobody():
    ledger = MemoryLedger(readers(50))
    async with ScriptedServer() as server:
        run = smtp_run(ledger, server.port)
        run.write = broken_for(set(everyone(50)))
        with pytest.raises(TemplateError):
            await run.go()
    assert server.accepted == []
    assert len(ledger.at("pending")) == 50


async def test_an_address_beyond_ascii_goes_only_where_smtputf8_is_offered():
    people = [*readers(3), reader("jürgen@example.org")]
    ledger = MemoryLedger(people)
    async with ScriptedServer(options=Options(smtputf8=False)) as server:
        await smtp_run(ledger, server.port).go()
    assert ledger.at("rejected") == {"jürgen@example.org"}
    assert ledger.rows["jürgen@example.org"].outcome.enhanced == "5.6.7"
    assert server.recipients == everyone(3)
    ledger = MemoryLedger(people)
    async with ScriptedServer() as server:
        await smtp_run(ledger, server.port).go()
    assert server.recipients["jürgen@example.org"] == 1


async def test_a_letter_above_the_servers_size_is_never_begun_on_the_wire():
    ledger = MemoryLedger(readers(3))
    async with ScriptedServer(options=Options(size=50)) as server:
        report = await smtp_run(ledger, server.port).go()
    assert report.untried == 3
    assert not any(c.startswith("MAIL") for c in server.commands)
    assert len(ledger.at("pending")) == 3


async def test_the_server_gets_the_letters_very_bytes():
    ledger = MemoryLedger(readers(5))
    async with ScriptedServer(options=Options(keep=True)) as server:
        await smtp_run(ledger, server.port).go()
    for person in readers(5):
        assert server.contents[str(person.address)] == write_letter(person).content
    assert {t.sender for t in server.accepted} == {"papers@example.org"}


async def test_smuggled_messages_stay_one_message():
    ledger = MemoryLedger(readers(6))
    breaks = [b"\n.\n", b"\n.\r\n", b"\r.\r", b"\r\n.\r\n", b"\r\r\n.\r\r\n", b"\r\n.\n"]

    def write(recipient, eightbit=False):
        letter = write_letter(recipient)
        n = int(recipient.address.local.removeprefix("reader"))
        more = breaks[n] + b"MAIL FROM:<evil@example.net>\r\nRCPT TO:<e@example.net>\r\nDATA\r\n"
        return Letter.of(letter.envelope, letter.message_id, letter.content + more)

    async with ScriptedServer() as server:
        run = smtp_run(ledger, server.port)
        run.write = write
        await run.go()
    assert server.recipients == everyone(6)
    assert server.violations == []


async def test_an_outcome_listener_that_fails_ends_the_run_without_a_hang():
    ledger = MemoryLedger(readers(30))

    def trip(recipient, outcome):
        raise ValueError("the progress bar broke")

    async with ScriptedServer() as server:
        run = smtp_run(ledger, server.port)
        run.on_outcome = trip
        with pytest.raises(ValueError, match="progress bar"):
            await run.go()
    assert ledger.at("sent") == set(server.recipients)
