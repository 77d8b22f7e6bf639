"""Letters for relays with 8BITMIME, and that they say the same as the others."""

import quopri
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from digest.mailing.assemble import Assembled
from digest.mailing.choice import Choice
from digest.mailing.letter import LetterWriter
from digest.mailing.measure import NAME_LENGTH, clean_text, one_line, write_value
from digest.model import Block, Format, Letter, Piece
from tests.support.examples import examples
from tests.support.letters import parse_letter, parts_of
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


def make_writer(head: Block | None = None, foot: Block | None = None, extra: str = ""):
    rendition = make_rendition(EDITION, extra=extra)
    if head:
        rendition = replace(rendition, head=Piece(html=head, text=head))
    if foot:
        rendition = replace(rendition, foot=Piece(html=foot, text=foot))
    choices = {choice.segment: choice for choice in (CHOICE, TEXT_CHOICE)}
    return LetterWriter(rendition, choices, make_newsletter(), KEYS, NOON)


def meant(body: Assembled, values: dict[str, str], *, escape: bool) -> bytes:
    """What a part must hold, joined the plain way."""
    text, ended = "", True
    for placed in body.placed:
        block = placed.piece.html if escape else placed.text
        for field, literal in zip((None, *block.fields), block.literals, strict=True):
            for open_, words in ((True, field and values.get(field)), (False, literal)):
                if open_ and field and field not in values:
                    words = placed.values[field]
                if words is None:
                    continue
                words = clean_text(write_value(words, escape=escape and open_))
                text += words
                if open_ and field in values:
                    ended = False
                elif words:
                    ended = words.endswith("\n")
    return (text if ended else text + "\n").replace("\n", "\r\n").encode()


def codings(letter: Letter) -> dict[str, str]:
    message = parse_letter(letter.content)
    return {part.get_content_type(): part["Content-Transfer-Encoding"] for part in message.walk()}


def check_wire(letter: Letter) -> None:
    stuffed = letter.stuffed
    assert stuffed.count(b"\r") == stuffed.count(b"\n") == stuffed.count(b"\r\n")
    assert stuffed.endswith(b"\r\n")
    assert b"\0" not in stuffed
    assert max(map(len, letter.content.split(b"\r\n"))) <= 998
    assert not any(
        line.startswith(b".") and not line.startswith(b"..") for line in stuffed.split(b"\r\n")
    )
    again = Letter.of(letter.envelope, letter.message_id, letter.content)
    assert (again.stuffed, again.eightbit) == (stuffed, letter.eightbit)


WORDS = st.text(
    st.sampled_from("ab. \n\r\t=-_é漢😀<&\x00\x85\u2028\ud800") | st.characters(), max_size=60
) | st.sampled_from([".", "..", "\n.", "\n", "--=_", ".\r\n.\r\n", "x" * 990, "é" * 499, "."])
FIELDS = st.sampled_from(
    ["name", "address", "unsubscribe_url", "preferences_url", "papers", "preheader"]
)


@st.composite
def blocks(draw) -> Block:
    fields = draw(st.lists(FIELDS, max_size=5))
    return Block(tuple(draw(WORDS) for _ in range(len(fields) + 1)), tuple(fields))


def test_a_line_that_begins_with_from_is_quoted() -> None:
    """A mailbox file would put a > before it, and break the signature."""
    plain = make_writer(foot=Block(("Papers from afar\n",)))
    quoted = make_writer(foot=Block(("\nFrom grids to tokens\n",)))
    for writer, coding in ((plain, "7bit"), (quoted, "quoted-printable")):
        letter = writer.write(make_recipient(TEXT_CHOICE.segment), eightbit=True)
        assert codings(letter)["text/plain"] == coding
        assert b"\nFrom " not in letter.content


NAMES = st.sampled_from(["", ".", "..dots", "Ada", "Jürgen", "--=_", "<&>"]) | WORDS


@examples(300)
@given(
    head=blocks(),
    foot=blocks(),
    extra=WORDS,
    name=NAMES,
    address=st.sampled_from(["ada@example.com", "a=_b'&c@example.com", "jürgen@example.com"]),
    choice=st.sampled_from([CHOICE, TEXT_CHOICE]),
)
@example(Block(("", ". a"), ("name",)), Block(("",)), "", "", "ada@example.com", CHOICE)
@example(Block(("", "", "a"), ("name", "name")), Block(), "", ".", "ada@example.com", CHOICE)
@example(Block(("\n", "\n."), ("name",)), Block((".",)), "", ".", "ada@example.com", TEXT_CHOICE)
@example(Block(), Block(("a\n" + "é" * 500,)), "", "", "ada@example.com", TEXT_CHOICE)
def test_both_encodings_say_exactly_what_was_joined(
    head, foot, extra, name, address, choice
) -> None:
    writer = make_writer(head, foot, extra)
    recipient = make_recipient(choice.segment, name=name, address=address)
    ascii_, wide = writer.write(recipient), writer.write(recipient, True)
    assert ascii_.message_id == wide.message_id
    token = str(parse_letter(ascii_.content)["List-Unsubscribe"]).partition("/u/")[2][:45]
    for letter in (ascii_, wide):
        check_wire(letter)
        parts = parts_of(letter.content)
        page = writer._preferences.sign(recipient.reader_id)
        values = {
            "name": one_line(name)[:NAME_LENGTH].rstrip(),
            "address": address,
            "unsubscribe_url": f"https://digest.example.org/u/{token}",
            "preferences_url": f"https://digest.example.org/p/{page}",
        }
        assert len(parts) == (2 if choice is CHOICE else 1)
        for kind, received in parts.items():
            body = writer.assembled(choice.segment)
            assert received == meant(body, values, escape=kind == "html")
    head_, _, body_ = ascii_.stuffed.partition(b"\r\n\r\n")
    assert body_.isascii()
    assert max(map(len, body_.split(b"\r\n"))) <= 76
    assert head_.isascii() is (address.isascii())


@pytest.mark.parametrize(
    ("extra", "name", "expected", "eightbit"),
    [
        ("plain", "Ada", "7bit", False),
        ("plain", "Jürgen", "8bit", True),
        ("né", "Ada", "8bit", True),
        ("x" * 999, "Ada", "quoted-printable", False),
        ("é" * 500, "Jürgen", "quoted-printable", False),
    ],
)
def test_each_part_says_what_it_needs(extra, name, expected, eightbit) -> None:
    writer = make_writer(Block(("Dear ", ",\n"), ("name",)), extra=extra)
    for choice in (CHOICE, TEXT_CHOICE):
        letter = writer.write(make_recipient(choice.segment, name=name), True)
        found = codings(letter)
        outer = found.pop("multipart/alternative", None)
        assert set(found.values()) == {expected}
        assert outer == ("8bit" if eightbit and choice is CHOICE else None)
        assert letter.eightbit is eightbit is (not letter.content.isascii())


def test_one_long_line_quotes_its_own_part_alone() -> None:
    long = Block(("x" * 999,))
    rendition = make_rendition(EDITION)
    rendition = replace(rendition, middle=Piece(html=long, text=rendition.middle.text))
    writer = LetterWriter(rendition, {CHOICE.segment: CHOICE}, make_newsletter(), KEYS, NOON)
    found = codings(writer.write(make_recipient(CHOICE.segment, name="Jürgen"), True))
    assert (found["text/plain"], found["text/html"]) == ("8bit", "quoted-printable")


def test_a_line_is_counted_with_its_values_at_their_longest() -> None:
    for room, coding in ((590, "7bit"), (610, "quoted-printable")):
        head = Block(("\n" + "x" * room, "\n"), ("name",))
        letter = make_writer(head).write(make_recipient(TEXT_CHOICE.segment), True)
        assert codings(letter)["text/plain"] == coding
    longest = "😀" * NAME_LENGTH
    head = Block(("\n" + "x" * 590, "\n"), ("name",))
    letter = make_writer(head).write(make_recipient(TEXT_CHOICE.segment, name=longest), True)
    check_wire(letter)
    assert codings(letter)["text/plain"] == "8bit"


def test_without_8bitmime_nothing_but_an_address_goes_beyond_ascii() -> None:
    writer = make_writer(extra="é漢😀")
    letter = writer.write(make_recipient(CHOICE.segment, name="Jürgen"))
    assert letter.stuffed.isascii()
    assert not letter.eightbit
    letter = writer.write(make_recipient(CHOICE.segment, address="jürgen@example.com"))
    assert letter.eightbit, "its relay has SMTPUTF8, so 8BITMIME too (RFC 6531 §3.1)"
    assert letter.envelope.needs_smtputf8


@pytest.mark.parametrize("place", ["paper", "name", "both"])
def test_a_letter_that_holds_its_own_boundary_is_quoted(place: str) -> None:
    """Whoever knows the edition and the choice could guess it."""
    boundary = parse_letter(make_writer().write(make_recipient(CHOICE.segment)).content)
    mark = str(boundary.get_boundary())
    head, name = Block(("",)), f"--{mark}"
    if place == "paper":
        head, name = Block((f"\n--{mark}\n",)), "Ada"
    if place == "both":
        head, name = Block((f"\n--{mark[:9]}", "\n"), ("name",)), mark[9:]
    else:
        head = Block((head.literals[0], "\n"), ("name",))
    letter = make_writer(head).write(make_recipient(CHOICE.segment, name=name), True)
    assert set(codings(letter).values()) == {None, "quoted-printable"}
    assert set(parts_of(letter.content)) == {"text", "html"}
    assert mark in parts_of(letter.content)["text"].decode()


def test_the_eightbit_letter_is_the_same_text_in_fewer_octets() -> None:
    writer, recipient = make_writer(extra="Größe, 漢字 und mehr. " * 30), None
    recipient = make_recipient(CHOICE.segment)
    quoted, plain = writer.write(recipient), writer.write(recipient, True)
    assert len(plain.stuffed) < len(quoted.stuffed) * 0.8
    assert parts_of(plain.content) == parts_of(quoted.content)
    _, _, body = quoted.content.partition(b"\r\n\r\n")
    assert "漢字".encode() in quopri.decodestring(body)
