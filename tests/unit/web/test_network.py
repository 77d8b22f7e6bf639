"""Whose word counts about where a request comes from, and what shares an allowance."""

from __future__ import annotations

import pytest

from digest.web.allowance import Allowance
from digest.web.network import Proxies, network_of

PROXIES = Proxies(["127.0.0.1", "10.0.0.0/8", "::1"])


@pytest.mark.parametrize(
    ("peer", "forwarded", "network"),
    [
        ("203.0.113.7", [], "203.0.113.0/24"),
        ("203.0.113.7", ["198.51.100.1"], "203.0.113.0/24"),  # a stranger's claim
        ("127.0.0.1", [], "127.0.0.0/24"),
        ("127.0.0.1", ["198.51.100.1"], "198.51.100.0/24"),
        ("127.0.0.1", ["1.2.3.4, 198.51.100.1"], "198.51.100.0/24"),  # the client's own claim
        ("127.0.0.1", ["198.51.100.1, 10.1.2.3"], "198.51.100.0/24"),  # two proxies
        ("127.0.0.1", ["198.51.100.1", "10.1.2.3"], "198.51.100.0/24"),  # on two lines
        ("127.0.0.1", ["198.51.100.1, nonsense"], "127.0.0.0/24"),
        ("127.0.0.1", ["198.51.100.1:4711"], "198.51.100.0/24"),
        ("::1", ["[2001:db8:1:2::3]:80"], "2001:db8:1::/48"),
        ("::1", ["2001:db8:1:2::3"], "2001:db8:1::/48"),
        ("::ffff:203.0.113.9", [], "203.0.113.0/24"),
        ("", [], ""),
    ],
)
def test_only_a_known_proxy_says_who_asked_it(peer, forwarded, network):
    assert network_of(PROXIES.client(peer, forwarded)) == network


def test_an_allowance_is_spent_and_comes_back():
    allowance = Allowance(2, 60)
    assert [allowance.take("a", at) for at in (0, 1, 2, 59, 60, 61, 62)] == [
        *(True, True, False, False),
        *(True, True, False),
    ]
    assert allowance.take("b", 2)


def test_the_oldest_is_forgotten_where_too_many_are_known():
    allowance = Allowance(1, 60, most=3)
    assert all(allowance.take(name, 0) for name in "abcd")
    assert not allowance.take("d", 1)
    assert allowance.take("a", 1)
