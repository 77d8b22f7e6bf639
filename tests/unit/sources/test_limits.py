"""The arithmetic of bounds: addresses, waits, inflating, entity counting."""

from __future__ import annotations

import gzip
import zlib
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpcore
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.errors import SourceError
from digest.sources.address_guard import ForbiddenAddress, GuardedBackend, is_public
from digest.sources.inflate import Inflater, inflate, inflaters_for
from digest.sources.politeness import Pace, parse_retry_after
from digest.sources.xml_guard import guard_xml

NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.9.9.9", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1",
        "169.254.169.254", "100.64.0.1", "224.0.0.1", "255.255.255.255", "::1", "::",
        "fe80::1%eth0", "fc00::1", "fd12::1", "ff02::1", "::ffff:10.0.0.1", "::127.0.0.1",
        "2002:7f00:1::",
        "64:ff9b::a9fe:a9fe", "64:ff9b:1::7f00:1", "nonsense", "",
    ],
)  # fmt: skip
def test_private_addresses_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["151.101.1.42", "2a04:4e42::555", "64:ff9b::9765:12a"])
def test_public_addresses_are(address: str) -> None:
    assert is_public(address)


async def test_a_name_is_judged_by_every_address_it_has_before_any_connect() -> None:
    """DNS rebinding: a name that answers with one private address is refused as a whole."""

    async def resolve(host: str, port: int, seconds: float) -> tuple[str, ...]:
        return ("151.101.1.42", "127.0.0.1")

    backend = GuardedBackend(frozenset(), resolve)
    with pytest.raises(ForbiddenAddress, match=r"lure\.example leads to 127\.0\.0\.1"):
        await backend.connect_tcp("lure.example", 80, timeout=1)


async def test_a_name_server_that_is_silent_is_a_connect_timeout() -> None:
    async def resolve(host: str, port: int, seconds: float) -> tuple[str, ...]:
        raise TimeoutError

    with pytest.raises(httpcore.ConnectTimeout, match="no name server answers"):
        await GuardedBackend(frozenset(), resolve).connect_tcp("a.example", 80, timeout=1)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("120", 120),
        (" 7 ", 7),
        (format_datetime(NOW + timedelta(seconds=90), usegmt=True), 90),
        (format_datetime(NOW - timedelta(days=1), usegmt=True), 0),
        ("99999999999999999999", 999999999),
    ],
)
def test_retry_after_is_seconds_or_a_date(value: str | None, seconds: float | None) -> None:
    assert parse_retry_after(value, NOW) == seconds


@given(st.integers(1, 60), st.floats(0, 1))
def test_backoff_grows_but_never_past_its_bound(attempt: int, chance: float) -> None:
    pace = Pace()
    delay = pace.delay(attempt, chance=lambda: chance)
    assert 0.5 * pace.backoff <= delay <= pace.longest_backoff


@given(st.binary(max_size=3000), st.sampled_from(["gzip", "deflate", ""]), st.integers(1, 700))
def test_inflating_in_pieces_is_inflating(content: bytes, encoding: str, step: int) -> None:
    packed = {"gzip": gzip.compress, "deflate": zlib.compress, "": bytes}[encoding](content)
    layers = inflaters_for(encoding)
    pieces = (packed[n : n + step] for n in range(0, len(packed), step))
    assert b"".join(out for piece in pieces for out in inflate(piece, layers)) == content
    assert all(layer.is_complete for layer in layers)


def test_a_cut_stream_is_not_complete() -> None:
    inflater = Inflater()
    list(inflater.feed(gzip.compress(b"abc" * 1000)[:-12]))
    assert not inflater.is_complete


def test_gzip_members_one_after_the_other_are_one_body() -> None:
    packed = gzip.compress(b"one ") + gzip.compress(b"two") + b"\0\0"
    assert b"".join(Inflater().feed(packed)) == b"one two"


def test_harmless_entities_pass() -> None:
    body = b'<!DOCTYPE rss [<!ENTITY nbsp "&#160;"><!ENTITY % lat PUBLIC "-//X" "u">]><rss/>'
    assert guard_xml(body, most_entries=5) == (body, 0)


@pytest.mark.parametrize("declaration", [b'<!ENTITY a "&b;">', b"<!ENTITY x SYSTEM 'file:///x'>"])
def test_entities_of_entities_and_external_ones_are_refused(declaration: bytes) -> None:
    with pytest.raises(SourceError, match="refused"):
        guard_xml(b"<!DOCTYPE r [" + declaration + b"]><rss/>", most_entries=5)


def test_a_long_feed_keeps_its_first_entries_and_its_end() -> None:
    body = b"<rss><channel>" + b"<item>x</item>" * 9 + b"</channel></rss>"
    trimmed, cut = guard_xml(body, most_entries=4)
    assert trimmed == b"<rss><channel>" + b"<item>x</item>" * 4 + b"</channel></rss>"
    assert cut == 5
