"""Header lines that nothing can break out of."""

from email import policy
from email.header import decode_header, make_header
from email.parser import BytesHeaderParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.mailing.error import LetterError
from digest.mailing.headers import (
    addr_spec,
    header_line,
    is_one_click,
    list_id,
    mailbox_line,
    mailto,
    text_line,
    to_line,
    unsubscribe_line,
)
from digest.mailing.measure import one_line
from digest.model import EmailAddress
from digest.prose.clusters import is_inside

ADA = EmailAddress.parse("ada@example.com")
NASTY = st.text(
    st.sampled_from("ab ,;:<>()@\"\\'=?_.\r\n\t\x00\x0b\x85\u2028é漢字😀\u202e\ud800")
    | st.characters(),
    max_size=150,
)
WORDS = st.from_regex(r"(?:=\?utf-8\?q\?[a-z=0-9A-F]{0,20}\?= ?)+", fullmatch=True)


def parse(line: bytes):
    return BytesHeaderParser(policy=policy.default).parsebytes(line + b"\r\n")


@given(NASTY | WORDS)
def test_a_subject_reads_back_as_it_was_meant(text: str) -> None:
    line = text_line("Subject", text)
    assert all(len(part) <= 76 for part in line.split(b"\r\n"))
    assert line.isascii()
    message = parse(line)
    assert message.keys() == ["Subject"]
    unfolded = line[9:-2].decode().replace("\r\n ", " ")
    assert str(make_header(decode_header(unfolded))).strip() == one_line(text)


@given(NASTY | WORDS)
def test_a_name_stays_a_name_and_the_address_stays_hers(name: str) -> None:
    line = mailbox_line("To", name, ADA)
    assert all(len(part) <= 76 for part in line.split(b"\r\n"))
    message = parse(line)
    assert message.keys() == ["To"]
    (address,) = message["To"].addresses
    assert address.addr_spec == "ada@example.com"
    # The parser of Python 3.11 keeps the blank between two encoded words of a phrase (RFC 2047
    # §6.2 says to drop it), so names are read by its decoder, which does not.
    assert "".join(address.display_name.split()) == "".join(one_line(name).split())
    phrase = line[4:-2].decode().replace("\r\n ", " ").rpartition("<")[0].strip()
    if phrase.startswith("=?"):
        assert str(make_header(decode_header(phrase))) == one_line(name)


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("Ada Lovelace", b"To: Ada Lovelace <ada@example.com>\r\n"),
        ("Lovelace, Ada", b'To: "Lovelace, Ada" <ada@example.com>\r\n'),
        ('A "B" \\ C', b'To: "A \\"B\\" \\\\ C" <ada@example.com>\r\n'),
        ("", b"To: ada@example.com\r\n"),
        ("Jürgen", b"To: =?utf-8?q?J=C3=BCrgen?= <ada@example.com>\r\n"),
        ("李", b"To: =?utf-8?b?5p2O?= <ada@example.com>\r\n"),
        ("Eve\r\nBcc: x@example.org", b'To: "Eve Bcc: x@example.org" <ada@example.com>\r\n'),
    ],
)
def test_names_are_written_in_the_plainest_form_that_holds_them(name: str, line: bytes) -> None:
    assert mailbox_line("To", name, ADA) == line


@given(NASTY.map(one_line) | st.from_regex(r"[A-Za-z&'. -]{0,70}").map(one_line))
def test_a_readers_line_is_the_same_as_any_mailboxs(name: str) -> None:
    assert to_line(name, addr_spec(ADA)) == mailbox_line("To", name, ADA)


def test_a_domain_is_ascii_and_a_local_part_may_be_utf8() -> None:
    assert addr_spec(EmailAddress.parse("u@bücher.example")) == "u@xn--bcher-kva.example"
    line = mailbox_line("To", "J", EmailAddress.parse("jürgen@example.org"))
    assert line == "To: J <jürgen@example.org>\r\n".encode()


@pytest.mark.parametrize(
    "local", ["a\r\nBcc: b", "a b", "a>", "", "a\x00", "a,b", "a\ud800", "a\u2028", "a" * 65]
)
def test_an_address_built_around_its_parser_is_refused(local: str) -> None:
    with pytest.raises(LetterError, match="not an address"):
        addr_spec(EmailAddress(local, "example.org"))


@pytest.mark.parametrize(
    "domain", ["example.org>", "example.org\r\nBcc: b", "example", "", "a" * 255 + ".org"]
)
def test_a_domain_built_around_the_parser_is_refused(domain: str) -> None:
    with pytest.raises(LetterError, match="not an address"):
        addr_spec(EmailAddress("a", domain))


@pytest.mark.parametrize(
    "value", ["a\rb", "a\nb", "a\r\nBcc: b", "a\x00", "a\x85b", "a\r\n \r\n b", "x" * 999]
)
def test_no_value_can_end_its_line_or_outgrow_it(value: str) -> None:
    with pytest.raises(LetterError, match="X-Test"):
        header_line("X-Test", value)


def test_list_unsubscribe_is_never_encoded_however_long() -> None:
    url = "https://digest.example.org/" + "p/" * 150 + "u/token"
    line = unsubscribe_line(url, ADA, "token")
    assert b"=?" not in line
    assert (
        parse(line)["List-Unsubscribe"]
        == f"<{url}>, <mailto:ada@example.com?subject=unsubscribe%20token>"
    )
    with pytest.raises(LetterError, match="List-Unsubscribe"):
        unsubscribe_line(url * 4, ADA, "token")


def test_a_mailto_escapes_what_would_end_it() -> None:
    assert (
        mailto(EmailAddress("a&b?c", "example.org"), "x y")
        == "mailto:a%26b%3Fc@example.org?subject=x%20y"
    )


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("Daily Papers", b'List-Id: "Daily Papers" <papers.example.org>\r\n'),
        ("Blätter", b"List-Id: <papers.example.org>\r\n"),
    ],
)
def test_a_list_id_is_never_encoded(name: str, line: bytes) -> None:
    assert list_id(name, EmailAddress.parse("Papers@example.org")) == line


@pytest.mark.parametrize(
    ("site", "one_click"),
    [
        ("https://digest.example.org", True),
        ("http://localhost:8000", True),
        ("http://127.0.0.1:8000/x", True),
        ("http://[::1]:8000", True),
        ("http://digest.example.org", False),
        ("http://localhost.example.org", False),
    ],
)
def test_one_click_needs_https_or_this_machine(site: str, one_click: bool) -> None:
    assert is_one_click(site) is one_click


LETTERS = (
    "é",
    "e\u0301\u0323",  # a base with two marks
    "क्षि",  # two consonants, what joins them, a vowel sign
    "நி",
    "ก็",
    "한",
    "漢",
    "שׁ",  # a letter with a point
    "ع",
    "𝔸",  # mathematics, past the BMP
    "∑",
    "👩\u200d👩\u200d👧\u200d👦",  # a joined family
    "👍🏽",
    "🇫🇷",
    "❤\ufe0f",
)  # fmt: skip


@given(st.lists(st.sampled_from([*LETTERS, "a", " ", ":"]), min_size=1, max_size=80))
def test_each_encoded_word_has_whole_letters_of_any_script(letters: list[str]) -> None:
    text = one_line("x" + "".join(letters))
    line = text_line("Subject", text)[9:-2].decode()
    if "=?" not in line:
        return
    words = [str(make_header(decode_header(word))) for word in line.split("\r\n ")]
    assert "".join(words) == text
    assert str(parse(text_line("Subject", text))["Subject"]) == text
    ends = [sum(map(len, words[:n])) for n in range(1, len(words))]
    assert not [end for end in ends if is_inside(text, end)]


def test_a_letter_that_fills_more_than_a_word_is_cut_between_characters() -> None:
    """A base with fifty marks has no other place for a cut, and must not be lost."""
    text = "a" + "\u0301" * 50
    line = text_line("Subject", text)
    assert max(map(len, line.split(b"\r\n"))) <= 76
    assert str(parse(line)["Subject"]) == text
