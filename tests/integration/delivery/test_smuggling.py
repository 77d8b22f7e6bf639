"""One letter sent is one letter received, whatever stands in it and however lax the server is."""

import asyncio
import hashlib
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.mailing.choice import Choice
from digest.mailing.letter import LetterWriter
from digest.model import Letter, Piece, Recipient
from digest.model.rendition import Block
from tests.support.delivering import readers, smtp_run, write_letter
from tests.support.lenient_server import LenientServer
from tests.support.letters import parts_of
from tests.support.memory_ledger import MemoryLedger
from tests.support.renditions import (
    KEYS,
    NOON,
    make_edition,
    make_newsletter,
    make_paper,
    make_recipient,
    make_rendition,
)
from tests.support.smtp_server import Options, ScriptedServer

EVIL = (
    "MAIL FROM:<evil@example.net>{0}RCPT TO:<victim@example.net>{0}DATA{0}"
    "From: bank@example.net{0}{0}smuggled{0}.{0}"
)
#: Ends of a letter to somebody: RFC 5321 knows one, and that one has to be doubled.
ENDS = {
    "LF.LF": "\n.\n",
    "LF.CRLF": "\n.\r\n",
    "CR.CR": "\r.\r",
    "CR.CRLF": "\r.\r\n",
    "CRLF.CRLF": "\r\n.\r\n",
    "CRLF.LF": "\r\n.\n",
    "CRCRLF": "\r\r\n.\r\r\n",
    "LF.CR": "\n.\r",
    "NUL": "\r\n.\0\r\n",
    "NEL": "\x85.\x85",
    "LS": "\u2028.\u2028",
    "VT": "\v.\v",
    "FF": "\f.\f",
    "dot at the start": ".\r\n",
    "many": "\r\n.\r\n.\r\n..\r\n.\n.\r.\n",
}
OFFERS = [
    ("PIPELINING", "8BITMIME"),
    ("PIPELINING",),
    ("8BITMIME",),
    ("SIZE 0",),
]


def smuggle(end):
    return f"harmless{end}" + EVIL.format("\r\n") + end + EVIL.format("\n") + "the end"


BODIES = [smuggle(end) for end in ENDS.values()]


def written_with(body):
    """A writer as the courier has it, with the hostile words in every place of a paper."""
    paper = make_paper(1, title=body[:300])
    edition = make_edition([("Theme", [paper, make_paper(2, title="A good one")])])
    rendition = make_rendition(edition, extra=body)
    choice = Choice(((0, 1),))
    return LetterWriter(rendition, {choice.segment: choice}, make_newsletter(), KEYS, NOON)


WRITERS = [written_with(body) for body in BODIES]


def people():
    """A reader for each body; her name is hostile as well."""
    segment = Choice(((0, 1),)).segment
    return [
        make_recipient(segment, address=f"reader{n}@example.org", name=body[:150])
        for n, body in enumerate(BODIES)
    ]


def write_hostile(recipient, eightbit=False):
    number = int(recipient.address.local.removeprefix("reader"))
    return WRITERS[number].write(recipient, eightbit)


def write_raw(recipient: Recipient, eightbit: bool = False) -> Letter:
    """The words as octets of a content, nothing encoded."""
    number = int(recipient.address.local.removeprefix("reader"))
    letter = write_letter(recipient)
    more = BODIES[number].encode().replace(b"\0", b"" if not eightbit else b"\0")
    if not eightbit:
        more = more.decode().encode("ascii", "replace")
    return Letter.of(letter.envelope, letter.message_id, letter.content + more + b"\r\n")


EXPECTED = {f"reader{n}@example.org": 1 for n in range(len(BODIES))}


@pytest.mark.parametrize("write", [write_hostile, write_raw])
@pytest.mark.parametrize("connections", [1, 3])
@pytest.mark.parametrize("offers", OFFERS, ids="+".join)
async def test_a_lenient_server_sees_as_many_letters_as_we_sent(offers, connections, write):
    ledger = MemoryLedger(people())
    async with LenientServer(offers) as server:
        run = smtp_run(ledger, server.port, connections=connections)
        run.write = write
        report = await run.go()
    assert report.sent == len(BODIES)
    assert server.recipients == sorted(EXPECTED)
    assert server.verbs <= {"EHLO", "MAIL", "RCPT", "DATA", "QUIT", "RSET"}
    assert len([c for c in server.commands if c.startswith("MAIL")]) == len(BODIES)
    assert not any("victim" in c or "evil" in c for c in server.commands)


async def test_the_lenient_server_is_fooled_by_a_sender_that_writes_octets_as_they_are():
    """Otherwise the trial above would prove nothing."""

    def write(recipient, eightbit=False):
        letter = write_letter(recipient)
        return replace(letter, pieces=(letter.stuffed + smuggle("\n.\n").encode() + b"\r\n",))

    async with LenientServer(("SIZE 0",)) as server:
        run = smtp_run(MemoryLedger(readers(1)), server.port, connections=1)
        run.write = write
        await asyncio.gather(run.go(), return_exceptions=True)
    assert "victim@example.net" in server.recipients


@pytest.mark.parametrize("write", [write_hostile, write_raw])
@pytest.mark.parametrize("pipelining", [True, False])
@pytest.mark.parametrize("eightbit", [True, False])
async def test_a_strict_server_finds_nothing_to_object_to(eightbit, pipelining, write):
    ledger = MemoryLedger(people())
    options = Options(pipelining=pipelining, eightbit=eightbit, keep=True)
    async with ScriptedServer(options=options) as server:
        run = smtp_run(ledger, server.port, connections=1)
        run.write = write
        await run.go()
    assert server.recipients == EXPECTED
    assert server.violations == []
    for person in people():
        content = server.contents[str(person.address)]
        assert content == write(person, eightbit).content
    if write is write_hostile:
        texts = [parts_of(content)["text"] for content in server.contents.values()]
        assert all(b"smuggled" in text for text in texts), "the words arrive, as words"


#: Long lines and words, octets past 127, NUL, dots at every place.
SIGNS = [".", "..", "\r\n", "\n", "\r", "\0", "é", "漢", "😀", "=", "=3D", " ", "\t", "\x85"]
RUNS = ["\u2028", "\ud800", "a", "From ", "x" * 999, "é" * 500, "word " * 300, ".\r\n", "--"]
PIECES = st.sampled_from([*SIGNS, *RUNS]) | st.text(max_size=40)
TEXTS = st.lists(PIECES, max_size=12).map("".join)


@settings(max_examples=20)
@given(texts=st.lists(TEXTS, min_size=1, max_size=6), eightbit=st.booleans(), piped=st.booleans())
def test_what_comes_is_what_was_written_and_breaks_no_rule(texts, eightbit, piped):
    """The octets that arrive have the digest of those that were meant, and decode to the text."""
    writers = [_writer_of(text) for text in texts]
    segment = Choice(((0,),)).segment
    everyone = [
        make_recipient(segment, address=f"reader{n}@example.org", name=text[:80])
        for n, text in enumerate(texts)
    ]

    def write(recipient, eightbit=False):
        number = int(recipient.address.local.removeprefix("reader"))
        return writers[number].write(recipient, eightbit)

    async def send():
        options = Options(pipelining=piped, eightbit=eightbit, keep=True)
        async with ScriptedServer(options=options) as server:
            run = smtp_run(MemoryLedger(everyone), server.port, connections=1)
            run.write = write
            await run.go()
        return server

    server = asyncio.run(send())
    assert server.violations == []
    assert server.recipients == {str(each.address): 1 for each in everyone}
    digests = {taken.recipient: taken.sha256 for taken in server.accepted}
    for person in everyone:
        letter = write(person, eightbit)
        assert digests[str(person.address)] == hashlib.sha256(letter.content).hexdigest()
        both = [parts_of(write(person, way).content) for way in (True, False)]
        assert both[0] == both[1], "8bit and quoted-printable say the same"


def _writer_of(text):
    edition = make_edition([("Theme", [make_paper(1)])])
    rendition = make_rendition(edition, extra=text)
    block = Block((text, text), ("name",))
    rendition = replace(rendition, head=Piece(html=block, text=block))
    choice = Choice(((0,),))
    return LetterWriter(rendition, {choice.segment: choice}, make_newsletter(), KEYS, NOON)


RAW = st.lists(
    st.sampled_from(
        [b".", b"..", b"\r\n", b"\n", b"\r", b"\0", b"\xff", b"\x80", b"a", b"y" * 400]
    ),
    max_size=30,
).map(b"".join)


@settings(max_examples=40)
@given(bodies=st.lists(RAW, min_size=1, max_size=8), piped=st.booleans())
def test_raw_octets_arrive_in_their_canonical_form(bodies, piped):
    """Whatever a letter is made of: line ends become CRLF, and not an octet else changes."""
    everyone = readers(len(bodies))

    def write(recipient, eightbit=False):
        number = int(recipient.address.local.removeprefix("reader"))
        letter = write_letter(recipient)
        content = b"Subject: raw\r\n\r\n" + bodies[number]
        return Letter.of(letter.envelope, letter.message_id, content)

    async def send():
        async with ScriptedServer(options=Options(pipelining=piped, keep=True)) as server:
            run = smtp_run(MemoryLedger(everyone), server.port, connections=1)
            run.write = write
            await run.go()
        return server

    server = asyncio.run(send())
    assert server.recipients == {str(each.address): 1 for each in everyone}
    wrong = [v for v in server.violations if "line over 998" not in v]  # nobody wraps raw octets
    assert wrong == []
    for person, body in zip(everyone, bodies, strict=True):
        text = b"Subject: raw\r\n\r\n" + body
        plain = text.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n")
        expected = plain if plain.endswith(b"\r\n") else plain + b"\r\n"
        assert server.contents[str(person.address)] == expected
