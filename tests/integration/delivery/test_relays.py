"""Several relays, domains and limits: each gets its share, none more than it will have."""

import time
from collections import Counter
from contextlib import AsyncExitStack

import pytest

from digest.config import DeliveryConfig
from digest.delivery.door import Timing
from digest.delivery.faults import RunStopped
from digest.delivery.relay import Way
from digest.delivery.smtp import SmtpTransport
from tests.integration.delivery.test_courier import everyone
from tests.support.delivering import Run, readers, smtp_config, smtp_run
from tests.support.memory_ledger import MemoryLedger, reader
from tests.support.smtp_server import Options, Rule, ScriptedServer


def way(port, name, *, share=1.0, left_today=None, **smtp):
    config = smtp_config(port, **smtp)
    return Way(transport=SmtpTransport(config, name=name), share=share, left_today=left_today)


def run_of(ledger, *ways, **delivery):
    config = DeliveryConfig(transport="smtp", **delivery)
    return Run(ledger, ways[0].transport, delivery=config, ways=list(ways))


async def servers(stack, *rules):
    return [await stack.enter_async_context(ScriptedServer(each)) for each in rules]


async def test_letters_are_shared_out_as_configured():
    ledger = MemoryLedger(readers(400))
    async with AsyncExitStack() as stack:
        big, small = await servers(stack, [], [])
        ways = way(big.port, "big", share=3), way(small.port, "small", share=1)
        report = await run_of(ledger, *ways).go()
    assert report.sent == 400
    assert big.recipients + small.recipients == everyone(400)
    assert 270 <= len(big.accepted) <= 330


@pytest.mark.parametrize(
    "rule",
    [
        Rule("mail", reply="530 5.7.0 log in first"),
        Rule("ehlo", drop="before"),
        Rule("rcpt", reply="550 5.7.1 not from you"),
        Rule("mail", reply="450 4.7.1 slow down"),
    ],
)
async def test_a_relay_that_refuses_us_leaves_its_letters_to_the_other(rule):
    ledger = MemoryLedger(readers(200))
    async with AsyncExitStack() as stack:
        bad, good = await servers(stack, [rule], [])
        run = run_of(ledger, way(bad.port, "bad"), way(good.port, "good"))
        report = await run.go()
    aside = ledger.at("pending")  # refused once for our own fault: not tried again in this run
    assert len(aside) <= 14
    assert good.recipients == Counter(set(everyone(200)) - aside)
    assert report.sent == 200 - len(aside)
    assert ledger.at("rejected") == ledger.at("deferred") == set()


async def test_when_every_relay_refuses_the_run_stops_and_nobody_is_marked():
    ledger = MemoryLedger(readers(50))
    refuse = Rule("mail", reply="530 5.7.0 log in first")
    async with AsyncExitStack() as stack:
        one, two = await servers(stack, [refuse], [refuse])
        with pytest.raises(RunStopped, match="log in first"):
            await run_of(ledger, way(one.port, "one"), way(two.port, "two")).go()
    assert len(ledger.at("pending")) == 50


async def test_a_daily_limit_is_kept_to_the_letter_and_the_rest_waits():
    ledger = MemoryLedger(readers(100))
    async with ScriptedServer() as server:
        with pytest.raises(RunStopped, match="letters of the day") as caught:
            await run_of(ledger, way(server.port, "relay", left_today=30)).go()
    assert caught.value.temporary
    assert caught.value.report.sent == len(server.accepted) == len(ledger.at("sent")) == 30
    assert len(ledger.at("pending")) == 70


async def test_a_daily_limit_that_is_just_enough_ends_well():
    ledger = MemoryLedger(readers(30))
    async with ScriptedServer() as server:
        report = await run_of(ledger, way(server.port, "relay", left_today=30)).go()
    assert report.sent == 30


async def test_a_refused_letter_does_not_use_up_the_day():
    ledger = MemoryLedger(readers(31))
    dropped = Rule("data", drop="before", times=3)
    async with ScriptedServer([dropped]) as server:
        report = await run_of(ledger, way(server.port, "relay", left_today=31)).go()
    assert report.sent == 31


async def test_a_full_relay_leaves_the_rest_to_the_other():
    ledger = MemoryLedger(readers(100))
    async with AsyncExitStack() as stack:
        small, big = await servers(stack, [], [])
        ways = way(small.port, "small", left_today=10), way(big.port, "big")
        report = await run_of(ledger, *ways).go()
    assert report.sent == 100
    assert len(small.accepted) == 10


async def test_a_slow_domain_waits_while_others_go():
    slow = [reader(f"slow{n}@slow.example.org") for n in range(6)]
    ledger = MemoryLedger([*slow, *readers(60)])
    async with ScriptedServer() as server:
        run = smtp_run(ledger, server.port)
        limits = DeliveryConfig.model_validate(
            {"domains": {"Slow.example.org": {"letters_per_minute": 600}}}
        ).domains
        run.delivery = run.delivery.model_copy(update={"domains": limits})
        report = await run.go()
    assert report.sent == 66
    slow_at = sorted(t.at for t in server.accepted if "slow" in t.recipient)
    others = sorted(t.at for t in server.accepted if "slow" not in t.recipient)
    assert slow_at[-1] - slow_at[0] >= 0.4
    assert others[-1] < slow_at[-1]


async def test_the_pace_over_all_relays_is_kept():
    ledger = MemoryLedger(readers(12))
    async with AsyncExitStack() as stack:
        one, two = await servers(stack, [], [])
        run = run_of(ledger, way(one.port, "one"), way(two.port, "two"), letters_per_minute=1_200)
        begin = time.monotonic()
        await run.go()
    assert time.monotonic() - begin >= 0.45  # twelve letters, eleven gaps of 0.05 s


async def test_too_fast_costs_no_reader_a_try_and_everyone_is_served_in_one_run():
    ledger = MemoryLedger(readers(300))
    rules = [
        Rule("mail", reply="450 4.7.1 rate limit, slow down", every=9, times=3),
        Rule(
            "dot", reply="454 Throttling failure: Maximum sending rate exceeded.", every=31, times=3
        ),
    ]
    async with ScriptedServer(rules) as server:
        report = await smtp_run(ledger, server.port).go()
    assert server.recipients == everyone(300)
    assert report.sent == 300
    assert {row.attempts for row in ledger.rows.values()} == {1}


async def test_a_relay_that_is_too_slow_for_ever_ends_the_run_with_everyone_pending():
    ledger = MemoryLedger(readers(40))
    async with ScriptedServer([Rule("mail", reply="451 4.7.0 too many messages")]) as server:
        with pytest.raises(RunStopped, match="takes nothing for being too fast") as caught:
            await smtp_run(ledger, server.port).go()
    assert caught.value.temporary
    assert len(ledger.at("pending")) == 40
    assert {row.attempts for row in ledger.rows.values()} == {0}


async def test_a_relay_that_goes_away_holds_nobody_back():
    """The other one waits for its share, and takes everyone as soon as it is alone."""
    ledger = MemoryLedger(readers(300))
    away = [Rule("mail", skip=20, drop="before"), Rule("connect", skip=4, drop="before")]
    async with AsyncExitStack() as stack:
        bad, good = await servers(stack, away, [])
        run = run_of(ledger, way(bad.port, "bad"), way(good.port, "good"))
        run.timing, run.seconds = Timing(), 8
        report = await run.go()
    assert report.sent == 300
    assert bad.recipients + good.recipients == everyone(300)


async def test_a_slow_domain_is_served_by_a_relay_that_hangs_up_on_idle_connections():
    """A domain's turn is not lost with the connection that should have used it."""
    ledger = MemoryLedger(readers(4))
    async with ScriptedServer(options=Options(idle_timeout=0.15)) as server:
        domains = {"example.org": {"letters_per_minute": 150}}
        run = run_of(ledger, way(server.port, "relay", connections=1), domains=domains)
        run.timing, run.seconds = Timing(), 8
        report = await run.go()
    assert report.sent == 4
    assert server.recipients == everyone(4)


class Resting(ScriptedServer):
    """Refuses the first who asks as too fast, and whoever asks in the half second after."""

    until = 0.0

    def admits(self):
        self.until = self.until or time.monotonic() + 0.5
        return time.monotonic() > self.until


async def test_connections_that_come_while_a_relay_rests_rest_as_well():
    """Each would else be refused, and the relay be given up for refusing so many."""
    ledger = MemoryLedger(readers(60))
    staggered = [Rule("ehlo", skip=n, times=1, delay=0.02 * n) for n in range(20)]
    async with Resting(staggered) as server:
        run = run_of(ledger, way(server.port, "relay", connections=20))
        run.timing, run.seconds = Timing(ramp=0), 20
        report = await run.go()
    assert report.sent == 60
