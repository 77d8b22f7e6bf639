"""A confirmation link holds what was asked for, shows nothing of it, and ages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from digest.mailing.pending import Pending, confirm_url, open_pending, seal_pending
from digest.mailing.token import PREFERENCES, UNSUBSCRIBE, sign_token, verify_token
from digest.model import EmailAddress

KEYS = (b"k" * 32, b"older" * 8)
NOW = datetime(2026, 11, 23, 7, 0, 0, 123456, tzinfo=UTC)
ASKED = Pending(
    address=EmailAddress.parse("jürgen@bücher.example"),
    fields={"themes": "Robots;机器人", "send_at": "08:30"},
    asked_at=NOW,
)
A_DAY = 86_400.0


def opened(token: str, keys=KEYS, now=NOW, within=A_DAY):
    return open_pending(keys, token, now=now, within=within)


def test_what_is_sealed_comes_back_whole():
    assert opened(seal_pending(KEYS, ASKED)) == ASKED


def test_a_link_is_short_plain_ascii_and_shows_no_address():
    url = confirm_url("https://papers.example.org/", seal_pending(KEYS, ASKED))
    assert url.startswith("https://papers.example.org/confirm/gAAAAA")
    assert url.isascii()
    assert not set("=+?&#% ") & set(url)
    assert "example" not in url.removeprefix("https://papers.example.org")


def test_a_link_ends_in_time_and_is_not_from_the_future():
    token = seal_pending(KEYS, ASKED)
    assert opened(token, now=NOW + timedelta(seconds=A_DAY - 1))
    assert opened(token, now=NOW + timedelta(seconds=A_DAY + 2)) is None
    assert opened(token, now=NOW - timedelta(hours=1)) is None


def test_older_keys_open_and_only_the_newest_seals():
    assert opened(seal_pending(KEYS[1:], ASKED)) == ASKED
    assert opened(seal_pending((b"new" * 12, *KEYS), ASKED)) is None


def test_every_flipped_bit_and_every_other_spelling_is_refused():
    token = seal_pending(KEYS, ASKED)
    flipped = [
        token[:place] + chr(ord(char) ^ 1 << bit) + token[place + 1 :]
        for place, char in enumerate(token)
        for bit in range(8)
    ]
    assert not any(map(opened, flipped))
    for other in (f"{token}=", f"{token}==", token[:-1], f" {token}", f"{token}\n", "", "=" * 40):
        assert opened(other) is None


def test_every_flipped_bit_of_a_readers_link_is_refused():
    for purpose in (UNSUBSCRIBE, PREFERENCES):
        token = sign_token(KEYS, "A" * 22, purpose)
        flipped = [
            token[:place] + chr(ord(char) ^ 1 << bit) + token[place + 1 :]
            for place, char in enumerate(token)
            for bit in range(8)
        ]
        assert not any(verify_token(KEYS, each, purpose) for each in flipped)
        assert verify_token(KEYS, token, purpose) == "A" * 22


def test_a_link_of_one_purpose_is_worthless_for_another():
    confirm = seal_pending(KEYS, ASKED)
    assert verify_token(KEYS, confirm, UNSUBSCRIBE) is None
    assert opened(sign_token(KEYS, "A" * 22, UNSUBSCRIBE)) is None
