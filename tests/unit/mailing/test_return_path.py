"""Return paths name a letter, fit into an address, and nobody else can make one up."""

from base64 import urlsafe_b64encode
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.config import NewsletterConfig
from digest.mailing.return_path import ReturnPath, read_token
from digest.model import EditionKey, EmailAddress
from tests.support.letters import parse_letter
from tests.support.renditions import KEYS, make_recipient
from tests.unit.mailing.test_letter import CHOICE, make_writer

BOUNCES = EmailAddress("fifteen-letters", "example.org")
DAYS = st.dates(date(2000, 1, 3), date(2089, 1, 1))
READERS = st.binary(min_size=16, max_size=16).map(
    lambda octets: urlsafe_b64encode(octets).decode().rstrip("=")
)
EDITIONS = st.builds(
    lambda day, make: make(day), DAYS, st.sampled_from([EditionKey.daily, EditionKey.weekly])
)


def token(key: bytes, reader: str, edition: EditionKey) -> str:
    return ReturnPath(key, BOUNCES, edition).of(reader).local.rpartition("+")[2]


@given(reader=READERS, edition=EDITIONS)
def test_a_token_tells_reader_and_edition_whatever_case_servers_write(reader, edition):
    made = ReturnPath(KEYS[0], BOUNCES, edition).of(reader)
    assert EmailAddress.parse(str(made)) == made
    assert len(made.local) == 64
    for spelling in (made.local, made.local.upper()):
        assert read_token(KEYS, spelling.rpartition("+")[2]) == (reader, edition)


def test_no_altered_token_is_ours():
    """Every character of it, in every other spelling."""
    good = token(KEYS[0], "A" * 22, EditionKey("2026-11-23"))
    for place, was in enumerate(good):
        for other in "abcdefghijklmnopqrstuvwxyz234567":
            if other != was:
                assert read_token(KEYS, good[:place] + other + good[place + 1 :]) is None


@pytest.mark.parametrize(
    "text", ["", "a" * 47, "a" * 48, "a" * 49, "1" * 48, "é" * 48, "a" * 10**5]
)
def test_what_is_no_token_is_none(text):
    assert read_token(KEYS, text) is None


def test_a_rotated_key_still_reads_and_a_foreign_one_does_not():
    edition = EditionKey("2026-W48")
    old = token(KEYS[0], "A" * 22, edition)
    assert read_token([b"a newer key of this house", *KEYS], old) == ("A" * 22, edition)
    assert read_token([b"another newsletter's key."], old) is None


def test_a_letter_returns_to_its_own_address_and_asks_to_leave_there_too():
    recipient = make_recipient(CHOICE.segment)
    letter = make_writer(bounces="bounces@example.org").write(recipient)
    sender = letter.envelope.sender
    assert sender.domain == "example.org"
    assert sender.local.startswith("bounces+")
    named = read_token(KEYS, sender.local.rpartition("+")[2])
    assert named == (recipient.reader_id, recipient.edition)
    assert "<mailto:bounces@example.org?subject=" in str(
        parse_letter(letter.content)["List-Unsubscribe"]
    )


def test_without_the_setting_letters_return_to_their_sender():
    letter = make_writer().write(make_recipient(CHOICE.segment))
    assert str(letter.envelope.sender) == "papers@example.org"
    assert "mailto:editors@example.org?" in str(parse_letter(letter.content)["List-Unsubscribe"])


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("sixteen-letters-@example.org", "leaves no room"),
        ("bücher@example.org", "ASCII"),
        ("bounces", "@"),
        ("Bounces <bounces@example.org>", "display name"),
    ],
)
def test_an_address_with_no_room_for_a_token_is_refused(address, words):
    with pytest.raises(ValueError, match=words):
        NewsletterConfig.model_validate({"from": "papers@example.org", "bounces": address})
