"""DKIM signatures, verified by dkimpy with the key as the DNS would give it."""

import re
import subprocess
import sys
from dataclasses import replace
from functools import cache

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from dkim.canonicalization import Relaxed
from hypothesis import given
from hypothesis import strategies as st

from digest.errors import ConfigError
from digest.mailing.choice import Choice
from digest.mailing.dkim import BodyHash, Signer, dns_record, parse_signer, relax_body
from digest.mailing.letter import LetterWriter
from digest.mailing.wire import encode_chunk
from digest.model import Block, Format, Letter, Piece
from tests.support.examples import examples
from tests.support.letters import parse_letter
from tests.support.renditions import (
    KEYS,
    NOON,
    make_newsletter,
    make_recipient,
    make_rendition,
    plain_edition,
)

EDITION = plain_edition([2])
CHOICE, TEXT_CHOICE = Choice(((0, 1),)), Choice(((0, 1),), Format.TEXT)
PLAIN = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@cache
def pems() -> dict[str, bytes]:
    """Keys of this run, one of each kind."""
    return {
        "rsa": rsa.generate_private_key(65537, 2048).private_bytes(*PLAIN),
        "pkcs1": rsa.generate_private_key(65537, 1024).private_bytes(
            Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()
        ),
        "ed25519": ed25519.Ed25519PrivateKey.generate().private_bytes(*PLAIN),
    }


def make_signer(kind: str) -> Signer:
    return parse_signer(pems()[kind], selector=f"sel.{kind}", domain="example.org", where="x.pem")


def make_writer(kinds=("rsa", "ed25519"), rendition=None, **newsletter: object) -> LetterWriter:
    return LetterWriter(
        rendition or make_rendition(EDITION),
        {choice.segment: choice for choice in (CHOICE, TEXT_CHOICE)},
        make_newsletter(**newsletter),
        KEYS,
        NOON,
        signers=tuple(map(make_signer, kinds)),
    )


def verdicts(content: bytes, count: int = 2) -> list[bool]:
    """Whether each signature of a letter is good."""
    records = {
        f"{record.name}.".encode(): record.value.encode()
        for record in (dns_record(make_signer(kind)) for kind in pems())
    }
    found = []
    for number in range(count):
        try:
            check = dkim.DKIM(content).verify(number, dnsfunc=lambda name, timeout=5: records[name])
        except dkim.DKIMException:
            check = False
        found.append(check)
    return found


WORDS = st.text(
    st.sampled_from("ab. \n\t=;:é漢<\x00\r") | st.characters(), max_size=90
) | st.sampled_from([".", "\n.\n", "  a  \t b \n", " \n", "\n\n\n", "a" * 75 + "\t\n", "\t"])
FIELDS = st.sampled_from(["name", "address", "unsubscribe_url", "preferences_url", "papers"])


@st.composite
def blocks(draw) -> Block:
    fields = draw(st.lists(FIELDS, max_size=3))
    return Block(tuple(draw(WORDS) for _ in range(len(fields) + 1)), tuple(fields))


@examples(25)
@given(
    head=blocks(),
    foot=blocks(),
    subject=WORDS,
    name=WORDS | st.sampled_from(["", "Jürgen", "Lovelace, Ada " * 8]),
    address=st.sampled_from(["ada@example.com", "jürgen@bücher.example"]),
    choice=st.sampled_from([CHOICE, TEXT_CHOICE]),
)
def test_every_letter_verifies_with_both_kinds_of_key(
    head, foot, subject, name, address, choice
) -> None:
    rendition = replace(
        make_rendition(EDITION),
        head=Piece(html=head, text=head),
        foot=Piece(html=foot, text=foot),
        subject=Block((subject, " ", ""), ("name", "lead_title")),
    )
    writer = make_writer(rendition=rendition)
    letter = writer.write(make_recipient(choice.segment, name=name, address=address), True)
    assert verdicts(letter.content) == [True, True]
    assert letter.content.partition(b"\r\n\r\n")[2].isascii(), "signed letters are not 8bit"
    assert max(map(len, letter.content.split(b"\r\n"))) <= 998
    again = Letter.of(letter.envelope, letter.message_id, letter.content)
    assert (again.stuffed, again.eightbit) == (letter.stuffed, letter.eightbit)


@pytest.mark.parametrize("tail", ["", "\n", "\n\n\n\n", " \n \n", ".\n"])
@pytest.mark.parametrize("fields", [(), ("name",)])
def test_empty_lines_at_the_end_of_a_text_letter_do_not_count(tail: str, fields) -> None:
    foot = Block((f"end{tail}", tail)[: len(fields) + 1], fields)
    rendition = replace(make_rendition(EDITION), foot=Piece(html=foot, text=foot))
    for name in ("Ada", ""):
        content = (
            make_writer(rendition=rendition)
            .write(make_recipient(TEXT_CHOICE.segment, name=name))
            .content
        )
        assert verdicts(content) == [True, True]
        assert verdicts(content + b"\r\n\r\n") == [True, True]


def test_what_relays_may_change_leaves_the_signatures_good() -> None:
    content = make_writer().write(make_recipient(CHOICE.segment)).content
    headers, _, body = content.partition(b"\r\n\r\n")
    squeezed = re.sub(rb"(?<=\S) (?=\S)", b" \t ", body)
    assert squeezed != body
    refolded = headers.replace(b"Subject: ", b"SUBJECT:\r\n ")
    added = b"Received: from a by b\r\nX-Spam: no\r\n" + refolded
    assert verdicts(added + b"\r\n\r\n" + squeezed + b"\r\n\r\n") == [True, True]


SIGNED = [
    "From", "To", "Reply-To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type",
    "List-Id", "List-Unsubscribe", "List-Unsubscribe-Post", "Auto-Submitted",
]  # fmt: skip


@pytest.mark.parametrize("name", SIGNED)
def test_a_changed_header_breaks_both(name: str) -> None:
    content = make_writer().write(make_recipient(CHOICE.segment)).content
    line = re.search(rf"^{name}: ".encode(), content, re.MULTILINE)
    assert line
    forged = content[: line.end()] + b"x" + content[line.end() :]
    assert verdicts(forged) == [False, False]
    whole = re.compile(rf"^{name}: [^\r]*\r\n(?: [^\r]*\r\n)*".encode(), re.MULTILINE)
    gone = whole.sub(b"", content)
    assert gone != content
    assert verdicts(gone) == [False, False]


def test_content_transfer_encoding_is_signed_where_it_is_a_letters_own() -> None:
    content = make_writer().write(make_recipient(TEXT_CHOICE.segment)).content
    assert verdicts(content) == [True, True]
    assert verdicts(content.replace(b"quoted-printable", b"8bit", 1)) == [False, False]


def test_a_changed_body_or_a_second_from_breaks_both() -> None:
    content = make_writer().write(make_recipient(CHOICE.segment)).content
    assert verdicts(content.replace(b"We study", b"We steal", 1)) == [False, False]
    assert verdicts(b"From: Eve <eve@example.net>\r\n" + content) == [False, False]
    assert verdicts(content.replace(b"\r\nTo:", b"\r\nFrom: eve@example.net\r\nTo:", 1)) == [
        False,
        False,
    ]


def test_the_signature_names_what_it_covers_and_has_no_time() -> None:
    content = make_writer(("rsa",)).write(make_recipient(CHOICE.segment)).content
    line = "".join(str(parse_letter(content)["DKIM-Signature"]).split())
    tags = dict(tag.split("=", 1) for tag in line.split(";"))
    assert tags.keys() == {"v", "a", "c", "d", "s", "h", "bh", "b"}
    assert (tags["v"], tags["a"], tags["c"]) == ("1", "rsa-sha256", "relaxed/relaxed")
    assert (tags["d"], tags["s"]) == ("example.org", "sel.rsa")
    assert sorted(tags["h"].lower().split(":")) == sorted(map(str.lower, [*SIGNED, "From"]))
    assert max(map(len, content.partition(b"From: ")[0].split(b"\r\n"))) <= 76


def test_a_letter_without_reply_to_or_one_click_verifies() -> None:
    writer = make_writer(reply_to=None, site_url="http://digest.example.org")
    assert verdicts(writer.write(make_recipient(CHOICE.segment)).content) == [True, True]


def test_the_same_row_gives_the_same_bytes_from_any_writer_and_thread() -> None:
    from concurrent.futures import ThreadPoolExecutor

    rows = [
        make_recipient((CHOICE, TEXT_CHOICE)[n % 2].segment, address=f"r{n}@example.com")
        for n in range(60)
    ]
    alone, shared = make_writer(), make_writer()
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(shared.write, rows)) == [alone.write(row) for row in rows]


def test_a_body_that_is_not_kept_joined_has_the_same_hash(monkeypatch) -> None:
    row = make_recipient(CHOICE.segment)
    kept = make_writer().write(row).stuffed
    monkeypatch.setattr("digest.mailing.letter.JOINED_OCTETS", 0)
    writer = make_writer()
    assert [writer.write(row).stuffed, writer.write(row).stuffed] == [kept, kept]


@given(st.lists(WORDS, max_size=5), st.lists(WORDS, max_size=5), st.sampled_from(["", "Ada"]))
def test_a_body_hash_is_that_of_the_relaxed_body(before, after, name) -> None:
    import hashlib

    first, last = (b"".join(map(encode_chunk, texts)) for texts in (before, after))
    value = encode_chunk(name)
    pieces = [relax_body(first), b"", relax_body(last)]
    got = BodyHash(pieces, [(1, 0)]).digest([value])
    assert got == hashlib.sha256(Relaxed.canonicalize_body(first + value + last)).digest()
    whole = relax_body(first + last)
    assert (
        BodyHash([whole], []).digest([])
        == hashlib.sha256(Relaxed.canonicalize_body(first + last)).digest()
    )


def test_the_dns_record_is_what_verifiers_ask_for() -> None:
    record = dns_record(make_signer("rsa"))
    assert record.name == "sel.rsa._domainkey.example.org"
    assert record.value.startswith("v=DKIM1; k=rsa; p=MIIBIjANBgkq")
    record = dns_record(make_signer("ed25519"))
    assert re.fullmatch(r"v=DKIM1; k=ed25519; p=[A-Za-z0-9+/]{43}=", record.value)


def test_keys_come_as_octets_text_or_one_line_of_an_environment() -> None:
    pem = pems()["rsa"].decode()
    for form in (pem, pem.encode(), pem.strip().replace("\n", "\\n"), pem.replace("\n", "\r\n")):
        signer = parse_signer(form, selector="s", domain="Example.org", where="x")
        assert signer.public == make_signer("rsa").public
        assert signer.domain == "example.org"
    assert make_signer("pkcs1").algorithm == "rsa-sha256"


def test_a_signer_never_shows_its_key() -> None:
    signer = make_signer("ed25519")
    assert "sign" not in repr(signer).replace("Signer", "")
    assert "PRIVATE" not in repr(signer)


def short_key() -> bytes:
    """An RSA key of 511 bits, from two primes that everybody knows."""
    p, q, e = 2**255 - 19, 2**256 - 189, 65537
    d = pow(e, -1, (p - 1) * (q - 1))
    public = rsa.RSAPublicNumbers(e, p * q)
    numbers = rsa.RSAPrivateNumbers(p, q, d, d % (p - 1), d % (q - 1), pow(q, -1, p), public)
    return numbers.private_key().private_bytes(*PLAIN)


def _wrong_keys() -> dict[str, tuple[bytes | str, str]]:
    key = rsa.generate_private_key(65537, 1024)
    locked = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x"))
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    curve = ec.generate_private_key(ec.SECP256R1()).private_bytes(*PLAIN)
    return {
        "encrypted": (locked, "passphrase"),
        "public": (public, "public key"),
        "curve": (curve, "RSA or Ed25519 keys, not"),
        "short": (short_key(), "511 bits is too short"),
        "empty": ("  \n", "empty"),
        "no key": ("hello", "no private key"),
        "damaged": (pems()["rsa"][:300] + b"\n-----END PRIVATE KEY-----\n", "damaged"),
    }


@pytest.mark.parametrize(
    "kind", ["encrypted", "public", "curve", "short", "empty", "no key", "damaged"]
)
def test_a_wrong_key_is_refused_in_words_that_say_where_it_is_from(kind: str) -> None:
    pem, words = _wrong_keys()[kind]
    with pytest.raises(ConfigError, match=words) as caught:
        parse_signer(pem, selector="s", domain="example.org", where="keys/dkim.pem")
    assert str(caught.value).startswith("keys/dkim.pem: delivery.dkim: ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("selector", "domain"), [("a b", "example.org"), ("s;", "example.org"), ("s", "x; d=y.org")]
)
def test_names_that_are_none_in_the_dns_are_refused(selector: str, domain: str) -> None:
    with pytest.raises(ConfigError, match="no name in the DNS"):
        parse_signer(pems()["rsa"], selector=selector, domain=domain, where="x")


def test_without_cryptography_signing_says_what_to_install(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives.serialization", None)
    with pytest.raises(ConfigError, match=r"papers-digest\[dkim\]"):
        parse_signer(pems()["rsa"], selector="s", domain="example.org", where="x")


def test_who_does_not_sign_never_loads_cryptography() -> None:
    program = "import sys, digest.mailing.letter; sys.exit('cryptography' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
