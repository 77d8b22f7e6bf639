"""The exact bytes of letters, read back by the standard library's parser."""

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.mailing.choice import Choice, Chooser
from digest.mailing.error import LetterError
from digest.mailing.letter import JOINED_OCTETS, LetterWriter
from digest.mailing.measure import NAME_LENGTH, fill, one_line
from digest.mailing.token import PREFERENCES, UNSUBSCRIBE, verify_token
from digest.model import Block, EditionKey, EmailAddress, Format, Subscriber
from tests.support.examples import examples
from tests.support.letters import parse_letter, parts_of
from tests.support.renditions import (
    DAY,
    KEYS,
    NOON,
    THEMES,
    make_edition,
    make_newsletter,
    make_paper,
    make_recipient,
    make_rendition,
    plain_edition,
)

EDITION = plain_edition([3, 2])
CHOICE = Choice(((0, 1, 2), (0, 1)))
TEXT_CHOICE = Choice(CHOICE.papers, Format.TEXT)
HEADERS = [
    "Date", "From", "To", "Reply-To", "List-Id", "List-Unsubscribe-Post", "Precedence",
    "Auto-Submitted", "Content-Language", "MIME-Version", "Subject", "Message-ID",
    "List-Unsubscribe", "Content-Type",
]  # fmt: skip


def make_writer(
    rendition=None, choices=(CHOICE, TEXT_CHOICE), **newsletter: object
) -> LetterWriter:
    return LetterWriter(
        rendition or make_rendition(EDITION),
        {choice.segment: choice for choice in choices},
        make_newsletter(**newsletter),
        KEYS,
        NOON,
    )


def token_of(content: bytes) -> str:
    url = str(parse_letter(content)["List-Unsubscribe"]).split(">")[0]
    return url.rpartition("/")[2]


def test_every_header_is_there_exactly_once_and_no_other() -> None:
    message = parse_letter(make_writer().write(make_recipient(CHOICE.segment)).content)
    assert sorted(message.keys()) == sorted(HEADERS)
    assert message["From"] == "Daily Papers <papers@example.org>"
    assert message["To"] == "Ada Lovelace <ada@example.com>"
    assert message["Reply-To"] == "editors@example.org"
    assert message["Subject"] == "Paper number 0 on a made-up matter · 23 Nov"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["Precedence"] == "bulk"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Content-Language"] == "en"
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    assert not message.defects
    assert not any(part.defects for part in message.walk())


def test_unsubscribe_is_one_logical_line_with_page_and_mail_that_name_the_reader() -> None:
    recipient = make_recipient(CHOICE.segment)
    content = make_writer().write(recipient).content
    token = token_of(content)
    assert parse_letter(content)["List-Unsubscribe"] == (
        f"<https://digest.example.org/u/{token}>, "
        f"<mailto:editors@example.org?subject=unsubscribe%20{token}>"
    )
    assert verify_token(KEYS, token, UNSUBSCRIBE) == recipient.reader_id
    html = parts_of(content)["html"].decode()
    assert f'href="https://digest.example.org/u/{token}"' in html
    preferences = html.partition("/p/")[2].partition('"')[0]
    assert verify_token(KEYS, preferences, PREFERENCES) == recipient.reader_id


def test_without_https_there_is_no_one_click_header_but_the_link_stays() -> None:
    content = (
        make_writer(site_url="http://digest.example.org")
        .write(make_recipient(CHOICE.segment))
        .content
    )
    assert "List-Unsubscribe-Post" not in parse_letter(content)
    assert "http://digest.example.org/u/" in parse_letter(content)["List-Unsubscribe"]


def test_a_text_letter_is_plain_text_alone() -> None:
    content = make_writer().write(make_recipient(TEXT_CHOICE.segment)).content
    assert parse_letter(content).get_content_type() == "text/plain"
    assert parts_of(content).keys() == {"text"}


def test_the_date_is_when_it_was_due_and_never_before_the_freeze() -> None:
    writer = make_writer()
    for due, dated in [
        (NOON - timedelta(hours=9), NOON),
        (NOON + timedelta(hours=3, microseconds=5), NOON + timedelta(hours=3)),
    ]:
        letter = writer.write(make_recipient(CHOICE.segment, due_at=due))
        assert parsedate_to_datetime(parse_letter(letter.content)["Date"]) == dated


def test_a_message_id_depends_on_key_edition_and_address_alone() -> None:
    writer, ada = make_writer(), EmailAddress.parse("ada@example.com")
    letter = writer.write(make_recipient(CHOICE.segment))
    assert letter.message_id == parse_letter(letter.content)["Message-ID"] == writer.message_id(ada)
    assert letter.message_id.endswith("@example.org>")
    again = make_writer(name="Another name").write(make_recipient(TEXT_CHOICE.segment, name="A"))
    assert again.message_id == letter.message_id
    other_day = replace(make_rendition(EDITION), key=EditionKey("2026-11-24"))
    assert make_writer(other_day).message_id(ada) != letter.message_id
    assert writer.message_id(EmailAddress.parse("adb@example.com")) != letter.message_id


PROGRAM = """
import sys
from tests.unit.mailing.test_letter import CHOICE, make_writer, make_recipient
sys.stdout.buffer.write(make_writer().write(make_recipient(CHOICE.segment)).content)
"""


def test_the_same_row_gives_the_same_bytes_in_another_process() -> None:
    once = make_writer().write(make_recipient(CHOICE.segment)).content
    environment = {"PYTHONHASHSEED": "4711", "PYTHONPATH": ":".join(sys.path), "TZ": "Asia/Tokyo"}
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, env=environment, check=True
    )
    assert run.stdout == once


SCRIPTS = "aZ 'é漢字عربิ한😀<>&\"\\=?_.,;:@\r\n\t\x00\x0b\x1b\x85\u2028\u202e\ud800"
ANY = st.text(st.sampled_from(SCRIPTS) | st.characters(), max_size=120)
TITLE = ANY.filter(lambda text: bool(one_line(text)))


@examples(60)
@given(
    name=ANY,
    titles=st.lists(TITLE, min_size=1, max_size=4),
    extra=ANY,
    format=st.sampled_from(Format),
)
def test_what_is_received_is_what_was_joined_for_any_name_and_paper(
    name, titles, extra, format
) -> None:
    edition = make_edition(
        [("Vision", [make_paper(n, title=title) for n, title in enumerate(titles)])]
    )
    choice = Choice((tuple(range(len(titles))),), format)
    writer = make_writer(make_rendition(edition, extra=extra), (choice,))
    recipient = make_recipient(choice.segment, name=name)
    letter = writer.write(recipient)
    message = parse_letter(letter.content)

    assert sorted(message.keys()) == sorted(
        [*HEADERS, *(["Content-Transfer-Encoding"] if format is Format.TEXT else [])]
    )
    assert message["To"].addresses[0].addr_spec == "ada@example.com"
    shown = one_line(name)[:NAME_LENGTH].rstrip()
    assert message["To"].addresses[0].display_name.replace(" ", "") == shown.replace(" ", "")
    assert str(message["Subject"]) == f"{one_line(titles[0][:60])} · 23 Nov".strip()
    token = token_of(letter.content)
    parts = parts_of(letter.content)
    body = writer.assembled(choice.segment)
    page = parts["text"].decode().rpartition("/p/")[2].strip()
    values = {
        "name": shown,
        "address": "ada@example.com",
        "unsubscribe_url": f"https://digest.example.org/u/{token}",
        "preferences_url": f"https://digest.example.org/p/{page}",
    }
    for kind, block in (("text", body.text), ("html", body.html)):
        if kind in parts:
            assert parts[kind] == as_received(fill(block, values, escape=kind == "html"))
    check_wire(letter.content)


def as_received(block: Block) -> bytes:
    """A joined block as it should arrive: cleaned, CRLF, its last line ended."""
    from digest.mailing.measure import clean_text

    (text,) = block.literals
    text = clean_text(text)
    return (text if text.endswith("\n") else text + "\n").replace("\n", "\r\n").encode()


def check_wire(content: bytes) -> None:
    assert content.isascii()
    assert b"\x00" not in content
    assert content.count(b"\r") == content.count(b"\n") == content.count(b"\r\n")
    assert content.endswith(b"\r\n")
    head, _, body = content.partition(b"\r\n\r\n")
    assert all(len(line) <= 76 for line in body.split(b"\r\n"))
    assert all(len(line) <= 998 for line in head.split(b"\r\n"))


@pytest.mark.parametrize("letter", ["\r\n.\r\n", "\n--=_x\n", "=_", "\n.\n..\n", "From me\n"])
def test_a_body_cannot_end_its_letter_or_its_part(letter: str) -> None:
    writer = make_writer(make_rendition(EDITION, extra=letter * 5))
    content = writer.write(make_recipient(CHOICE.segment)).content
    assert b"\r\n.\r\n" not in content
    assert len(list(parse_letter(content).iter_parts())) == 2
    boundary = parse_letter(content).get_boundary()
    assert content.count(f"--{boundary}".encode()) == 3


def test_an_address_beyond_ascii_needs_smtputf8_and_stands_as_utf8() -> None:
    letter = make_writer().write(
        make_recipient(CHOICE.segment, address="jürgen@bücher.example", name="Jürgen")
    )
    assert letter.envelope.needs_smtputf8
    assert "<jürgen@xn--bcher-kva.example>\r\n".encode() in letter.content
    plain = make_writer().write(make_recipient(CHOICE.segment, address="u@bücher.example"))
    assert not plain.envelope.needs_smtputf8


def test_a_subject_may_hold_a_prefix_and_the_readers_name() -> None:
    named = replace(
        make_rendition(EDITION), subject=Block(("For ", ": ", ""), ("name", "lead_title"))
    )
    choices = {CHOICE.segment: CHOICE}
    writer = LetterWriter(
        named, choices, make_newsletter(), KEYS, NOON, subject_prefix="[Preview] "
    )
    message = parse_letter(writer.write(make_recipient(CHOICE.segment)).content)
    assert message["Subject"] == "[Preview] For Ada Lovelace: Paper number 0 on a made-up matter"


def test_a_row_of_another_edition_or_segment_is_refused_by_name() -> None:
    writer, good = make_writer(), make_recipient(CHOICE.segment)
    with pytest.raises(LetterError, match="'nowhere'"):
        writer.write(replace(good, segment="nowhere"))
    with pytest.raises(LetterError, match="2026-11-22"):
        writer.write(replace(good, edition=EditionKey("2026-11-22")))
    with pytest.raises(LetterError, match="reader"):
        writer.write(replace(good, reader_id="x>\r\nBcc: y"))


def test_a_site_too_long_for_a_header_is_refused_before_any_letter() -> None:
    with pytest.raises(LetterError, match="List-Unsubscribe"):
        make_writer(site_url="https://example.org/" + "x" * 1000)


def test_a_naive_freeze_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        LetterWriter(make_rendition(EDITION), {}, make_newsletter(), KEYS, datetime(2026, 1, 1))


def test_a_thousand_readers_of_twenty_choices_get_exactly_their_papers() -> None:
    """Planned, written and parsed back: sections and papers as asked, nobody else's links."""
    edition = plain_edition([5, 4, 3, 6])
    wishes = [{"themes": (theme,)} for theme in THEMES]
    wishes += [{"themes": pair} for pair in pairwise(THEMES)]
    wishes += [{"keywords": (f"paper number {n}",)} for n in range(6)]
    wishes += [{"exclude": (theme,)} for theme in THEMES]
    wishes += [{"max_papers": 2}, {"themes": ("*",), "max_papers": 7}, {"format": Format.TEXT}]
    assert len(wishes) == 20
    chooser, choices, tokens = Chooser(edition), {}, set()
    rows = []
    for number in range(1000):
        address = EmailAddress.parse(f"reader{number}@example.com")
        choice = chooser.choose(Subscriber(address=address, **wishes[number % 20]))
        choices[choice.segment] = choice
        rows.append((make_recipient(choice.segment, address=str(address)), choice))
    assert len(choices) == 20
    writer = make_writer(make_rendition(edition), choices.values())
    for recipient, choice in rows:
        letter = writer.write(recipient)
        tokens.add(token_of(letter.content))
        assert letter.envelope.recipient == recipient.address
        for body in parts_of(letter.content).values():
            text = body.decode()
            for section, indexes in zip(edition.sections, choice.papers, strict=True):
                named = section.theme.replace("&", "&amp;") if "<html>" in text else section.theme
                assert (named in text) is bool(indexes)
                for n, paper in enumerate(section.papers):
                    assert (f"{paper.id}:full" in text) is (n in indexes)
    assert len(tokens) == 1000


def test_many_segments_share_their_encoded_blocks() -> None:
    """A thousand choices of a day's 40 papers keep references and what fits on the shelf."""
    import tracemalloc

    edition = plain_edition([10, 10, 10, 10])
    choices = [
        Choice((tuple(range(n % 10 + 1)), tuple(range(n // 10 % 10 + 1)), (n // 100,), (0,)))
        for n in range(1000)
    ]
    writer = make_writer(make_rendition(edition, extra="x" * 3000), choices)
    rows = [make_recipient(choice.segment) for choice in choices]
    writer.write(rows[0])
    tracemalloc.start()
    octets = sum(len(writer.write(row).stuffed) for row in rows)
    used, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert octets > 1.2 * JOINED_OCTETS, "more than may be kept"
    assert used < JOINED_OCTETS + 30_000_000


def test_a_letter_is_the_same_whether_its_body_is_kept_or_joined_anew(monkeypatch) -> None:
    choices = [Choice((tuple(range(n + 1)), (0,))) for n in range(3)]
    rows = [make_recipient(choices[n % 3].segment, address=f"r{n}@example.com") for n in range(9)]
    rows += [rows[0], rows[3]]
    kept = [make_writer(choices=choices).write(row, True).stuffed for row in rows]
    for octets in (0, 4_000, 9_000):
        monkeypatch.setattr("digest.mailing.letter.JOINED_OCTETS", octets)
        monkeypatch.setattr("digest.mailing.letter.LAYOUTS", 2)
        writer = make_writer(choices=choices)
        assert [writer.write(row, True).stuffed for row in rows] == kept


def test_threads_may_share_a_writer() -> None:
    from concurrent.futures import ThreadPoolExecutor

    choices = [Choice((tuple(range(n % 3 + 1)), (n // 3,))) for n in range(6)]
    rows = [make_recipient(choices[n % 6].segment, address=f"r{n}@example.com") for n in range(300)]
    alone, shared = make_writer(choices=choices), make_writer(choices=choices)
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(shared.write, rows)) == [alone.write(row) for row in rows]


def test_the_day_in_the_fixture_is_the_day_of_the_date_header() -> None:
    letter = make_writer().write(make_recipient(CHOICE.segment))
    assert parsedate_to_datetime(parse_letter(letter.content)["Date"]).astimezone(UTC).date() == DAY
