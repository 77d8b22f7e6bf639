"""Links that nobody was given, by the million, and what the time of an answer tells."""

from __future__ import annotations

import random
import string
import time
from datetime import UTC, datetime
from http.client import HTTPConnection
from statistics import mean

import pytest

from digest.mailing.pending import Pending, open_pending, seal_pending
from digest.mailing.token import PREFERENCES, UNSUBSCRIBE, verify_token
from digest.model import EmailAddress
from tests.support.reader_site import reader_site

pytestmark = pytest.mark.soak

KEYS = (b"k" * 32, b"older" * 8)
NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)
ALPHABET = string.ascii_letters + string.digits + "-_"


def test_of_a_million_made_up_links_none_is_accepted():
    chance = random.Random(20261123)
    for _ in range(1_000_000):
        made = "".join(chance.choices(ALPHABET, k=44))
        token = f"{made[:22]}.{made[22:]}"
        assert verify_token(KEYS, token, UNSUBSCRIBE) is None
        assert verify_token(KEYS, token, PREFERENCES) is None


def test_of_a_hundred_thousand_changed_confirmations_none_is_accepted():
    asked = Pending(address=EmailAddress.parse("a@example.org"), fields={}, asked_at=NOW)
    good = seal_pending(KEYS, asked)
    chance = random.Random(20261123)
    for _ in range(100_000):
        letters = list(good)
        for place in chance.sample(range(8, len(good)), chance.randint(1, 4)):
            letters[place] = chance.choice(ALPHABET)
        token = "".join(letters)
        accepted = open_pending(KEYS, token, now=NOW, within=60.0)
        assert accepted is None or token == good


def test_wrong_and_unknown_links_are_answered_in_the_same_time(tmp_path):
    """Within a millisecond in the mean of 10,000 each, in turn."""
    with reader_site(tmp_path) as site:
        good = site.unsubscribe("ada@example.org")
        kinds = {
            "unknown": f"/u/{'A' * 22}.{'A' * 22}",
            "wrong signature": good[:-1] + ("A" if good[-1] != "A" else "B"),
            "of another purpose": site.preferences("ada@example.org").replace("/p/", "/u/"),
            "malformed": "/u/x",
        }
        client = HTTPConnection("127.0.0.1", site.port)
        times: dict[str, list[float]] = {kind: [] for kind in kinds}
        for _ in range(10_000):
            for kind, path in kinds.items():
                begin = time.perf_counter()
                client.request("GET", path)
                client.getresponse().read()
                times[kind].append(time.perf_counter() - begin)
        means = [mean(each) for each in times.values()]
        assert max(means) - min(means) < 0.001, times.keys()
