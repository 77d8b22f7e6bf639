"""Links that nobody else can make up."""

import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.mailing.keyed import KeyedHash
from digest.mailing.token import (
    PREFERENCES,
    UNSUBSCRIBE,
    ReaderNamer,
    TokenSigner,
    is_reader_id,
    preferences_url,
    sign_token,
    site_base,
    unsubscribe_url,
    verify_token,
)
from digest.model import EmailAddress

NEW, OLD = b"n" * 32, b"o" * 32
ADA = EmailAddress.parse("ada@example.org")
READER = ReaderNamer(NEW, "papers@example.org").name(ADA)


def test_a_reader_id_is_stable_opaque_and_apart_for_each_key_newsletter_and_address() -> None:
    namer = ReaderNamer(NEW, "papers@example.org")
    assert namer.name(EmailAddress.parse("ADA@Example.org")) == READER
    others = {
        READER,
        ReaderNamer(OLD, "papers@example.org").name(ADA),
        ReaderNamer(NEW, "other@example.org").name(ADA),
        namer.name(EmailAddress.parse("adb@example.org")),
    }
    assert len(others) == 4
    assert all(is_reader_id(name) and "ada" not in name.lower() for name in others)


def test_a_token_verifies_with_its_key_and_purpose_alone() -> None:
    token = sign_token([NEW], READER, UNSUBSCRIBE)
    assert verify_token([NEW], token, UNSUBSCRIBE) == READER
    assert verify_token([NEW], token, PREFERENCES) is None
    assert verify_token([OLD], token, UNSUBSCRIBE) is None


def test_keys_rotate_the_newest_signs_and_older_ones_verify() -> None:
    before = sign_token([OLD], READER, UNSUBSCRIBE)
    assert verify_token([NEW, OLD], before, UNSUBSCRIBE) == READER
    assert sign_token([NEW, OLD], READER, UNSUBSCRIBE) == sign_token([NEW], READER, UNSUBSCRIBE)
    assert verify_token([NEW], before, UNSUBSCRIBE) is None


def test_every_single_bit_flip_is_refused() -> None:
    """Also in the last characters, whose unused base64 bits a decoder would ignore."""
    raw = sign_token([NEW], READER, UNSUBSCRIBE).encode()
    for bit in range(8 * len(raw)):
        forged = bytearray(raw)
        forged[bit // 8] ^= 1 << bit % 8
        assert verify_token([NEW], forged.decode("latin-1"), UNSUBSCRIBE) is None


@given(
    st.text(max_size=60) | st.from_regex(r"[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{22}", fullmatch=True)
)
def test_made_up_tokens_are_refused(text: str) -> None:
    assert verify_token([NEW, OLD], text, UNSUBSCRIBE) is None


@pytest.mark.parametrize(
    "change",
    [
        str.lower,
        lambda t: t[:-1],
        lambda t: t + "A",
        lambda t: t + "\n",
        lambda t: " " + t,
        lambda t: t.replace(".", ""),
    ],
)
def test_a_damaged_token_is_refused(change) -> None:
    assert verify_token([NEW], change(sign_token([NEW], READER, UNSUBSCRIBE)), UNSUBSCRIBE) is None


def test_no_key_is_an_error_not_a_token() -> None:
    for keys in ([], [b""]):
        with pytest.raises(ValueError, match="secret key"):
            sign_token(keys, READER, UNSUBSCRIBE)


def test_links_are_short_and_stay_under_the_sites_path() -> None:
    token = sign_token([NEW], READER, UNSUBSCRIBE)
    assert (
        unsubscribe_url("https://digest.example.org/", token)
        == f"https://digest.example.org/u/{token}"
    )
    assert (
        preferences_url("https://example.org/papers", token)
        == f"https://example.org/papers/p/{token}"
    )
    assert len(unsubscribe_url("https://papers.example", token)) <= 70


def test_a_site_becomes_an_ascii_uri_that_cannot_end_early() -> None:
    assert (
        site_base("https://bücher.example:8443/a,b<c>é/?q#f")
        == "https://xn--bcher-kva.example:8443/a%2Cb%3Cc%3E%C3%A9"
    )
    assert site_base("http://[::1]:8000/") == "http://[::1]:8000"


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_a_keyed_hash_is_hmac_sha_256(key: bytes, value: bytes) -> None:
    assert KeyedHash(key).digest(value) == hmac.digest(key, value, "sha256")


@given(st.lists(st.binary(min_size=1, max_size=80), min_size=1, max_size=3), st.integers(0))
def test_many_tokens_are_signed_as_one_is(keys: list[bytes], number: int) -> None:
    reader = ReaderNamer(keys[0], "papers@example.org").name(
        EmailAddress(f"r{number}", "example.org")
    )
    for purpose in (UNSUBSCRIBE, PREFERENCES):
        token = TokenSigner(keys, purpose).sign(reader)
        assert token == sign_token(keys, reader, purpose)
        assert verify_token(keys, token, purpose) == reader
