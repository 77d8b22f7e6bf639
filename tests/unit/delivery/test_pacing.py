"""How fast letters may leave: evenly, and no faster than the relay will have them."""

import math

import pytest

from digest.delivery.pacing import DomainPaces, Pace


class Day:
    """A clock that goes on only when somebody waits."""

    def __init__(self):
        self.now = 1_000.0

    def __call__(self):
        return self.now

    async def wait(self, seconds):
        self.now += seconds
        return True


class Bucket:
    """A relay that takes `rate` letters a second, with `burst` at once."""

    def __init__(self, day, rate, burst):
        self.day, self.rate, self.burst = day, rate, burst
        self.tokens, self.at = burst, day()

    def takes(self):
        now = self.day()
        self.tokens = min(self.tokens + (now - self.at) * self.rate, self.burst)
        self.at = now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True


def pace_of(day, per_minute=None, **more):
    return Pace(per_minute, clock=day, wait=day.wait, **more)


async def send(pace, day, relay, seconds, own=0.0002):
    """Letters until `seconds` have gone; (moment, taken) of each."""
    end, seen = day() + seconds, []
    while day() < end:
        assert await pace.turn()
        begun = day()
        day.now += own
        taken = relay.takes()
        seen.append((begun, taken))
        pace.sent() if taken else pace.throttled(begun)
    return seen


async def test_letters_per_minute_are_spread_evenly():
    day = Day()
    pace = pace_of(day, 600)
    moments = []
    for _ in range(21):
        await pace.turn()
        moments.append(day())
    assert moments[-1] - moments[0] == pytest.approx(2.0, abs=0.06)


async def test_without_a_limit_nothing_waits():
    day = Day()
    pace = pace_of(day)
    for _ in range(1_000):
        await pace.turn()
        pace.sent()
    assert day() == 1_000.0
    assert not pace.waits
    assert math.isinf(pace.rate)


@pytest.mark.parametrize("burst", [5, 20, 200])
@pytest.mark.parametrize("rate", [20, 200, 1_500])
async def test_a_throttling_relay_is_used_to_ninety_percent_with_few_refusals(rate, burst):
    day = Day()
    pace, relay = pace_of(day), Bucket(day, rate, burst)
    seen = await send(pace, day, relay, 60)
    begin = seen[0][0]
    later = [taken for moment, taken in seen if moment > begin + 2]
    assert later.count(False) < 0.05 * len(later)
    settled = [taken for moment, taken in seen if moment > begin + 10]
    assert settled.count(True) >= 0.9 * rate * 50


async def test_letters_under_way_when_the_pace_dropped_drop_it_only_once():
    day = Day()
    pace = pace_of(day)
    for _ in range(100):
        day.now += 0.01
        pace.sent()
    begun = day()
    day.now += 0.01
    pace.throttled(begun)
    after = pace.rate
    assert after == pytest.approx(50, rel=0.2)
    pace.throttled(begun)
    assert pace.rate == after


async def test_a_relay_that_takes_nothing_is_left_alone_longer_each_time():
    day = Day()
    pace = pace_of(day, first_rest=1.0, longest_rest=60.0)
    rests = []
    for _ in range(9):
        begin = day()
        await pace.turn()
        pace.throttled(day())
        await pace.turn()
        rests.append(round(day() - begin))
        day.now += 0.001
    assert rests == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert pace.rests == 9
    pace.sent()
    assert pace.rests == 0


async def test_the_configured_rate_is_never_exceeded_after_a_drop():
    day = Day()
    pace = pace_of(day, 6_000)
    relay = Bucket(day, 1_000, 5)
    pace.sent()
    pace.throttled(day())
    seen = await send(pace, day, relay, 30)
    assert len(seen) <= 30 * 100 + 10


def test_each_domain_has_its_own_gap_and_the_star_is_for_all_others():
    day = Day()
    paces = DomainPaces({"example.org": 60, "*": 600}, clock=day)
    for domain, gap in (("example.org", 1.0), ("example.com", 0.1), ("example.net", 0.1)):
        assert paces.ahead(domain) == 0
        paces.take(domain)
        assert paces.ahead(domain) == pytest.approx(gap, abs=0.06)
    assert not DomainPaces({}, clock=day)
