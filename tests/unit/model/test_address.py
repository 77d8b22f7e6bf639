"""An address is built right or not at all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.model import EmailAddress
from digest.model.address import domain_to_unicode

GOOD = [
    ("ada@example.org", "ada@example.org"),
    ("  ada@example.org\n", "ada@example.org"),
    ("Ada.Lovelace+x@Example.ORG", "Ada.Lovelace+x@example.org"),
    ("o'hara@example.org", "o'hara@example.org"),
    ("ada@bücher.example", "ada@xn--bcher-kva.example"),
    ("ada@XN--BCHER-KVA.example", "ada@xn--bcher-kva.example"),
    ("jürgen@example.org", "jürgen@example.org"),
    ("u@bücher.test", "u@xn--bcher-kva.test"),
]
BAD = [
    "",
    "ada",
    "ada@",
    "@example.org",
    "ada@localhost",
    "ada@example..org",
    ".ada@example.org",
    "ada.@example.org",
    "a b@example.org",
    "ada@exa mple.org",
    "ada@-example.org",
    "ada@example.org, ben@example.org",
    "Ada <ada@example.org>",
    "<>",
    '"a b"@example.org',
    "ada@[127.0.0.1]",
    "ada@192.0.2.1",
    "-oProxy@example.org",
    "ada@example.org\r\nRCPT TO:<eve@example.org>",
    "ada\x00@example.org",
    "a" * 65 + "@example.org",
    "ada@" + ".".join(["a" * 60] * 5) + ".org",
]


@pytest.mark.parametrize(("text", "expected"), GOOD)
def test_a_good_address_is_taken_with_its_domain_as_a_labels(text: str, expected: str):
    address = EmailAddress.parse(text)
    assert str(address) == expected
    assert address.domain.isascii()


@pytest.mark.parametrize("text", BAD)
def test_a_bad_address_is_refused_in_words(text: str):
    with pytest.raises(ValueError, match=r"\w") as caught:
        EmailAddress.parse(text)
    assert "\n" not in str(caught.value)


def test_case_makes_no_second_reader_but_dots_and_tags_do():
    key = EmailAddress.parse("Ada.L+x@Example.org").key
    assert key == EmailAddress.parse("ada.l+X@EXAMPLE.ORG").key
    assert key != EmailAddress.parse("adal+x@example.org").key
    assert key != EmailAddress.parse("ada.l@example.org").key


@given(st.text(max_size=80))
def test_whatever_is_taken_can_stand_in_an_smtp_command(text: str):
    try:
        address = EmailAddress.parse(text)
    except ValueError:
        return
    assert not set(str(address)) & set(' <>"\r\n\t\0,;:()[]\\')
    assert EmailAddress.parse(str(address)) == address


def test_a_domain_is_shown_as_people_write_it():
    assert domain_to_unicode("xn--bcher-kva.example") == "bücher.example"
    assert domain_to_unicode("example.org") == "example.org"
