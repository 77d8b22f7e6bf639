"""A letter that is no edition is as well made, and as well signed, as those that are."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from digest.mailing.note import write_note
from digest.model import EmailAddress, Letter
from tests.support.newsroom import html_of, parse_letter, text_of
from tests.support.renditions import KEYS, make_newsletter
from tests.unit.mailing.test_dkim import make_signer, verdicts

NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)
TEXT = ".\nFrom here: ä  \nhttps://example.org/confirm/" + "x" * 400 + "\n"
HTML = "<p>.ä\nFrom here</p>\n"


def note(to: str = "new@example.org", subject: str = "Please confirm", **more) -> Letter:
    given = {"subject": subject, "html": HTML, "text": TEXT, "language": "de", "now": NOW}
    return write_note(make_newsletter(), EmailAddress.parse(to), keys=KEYS, **given | more)


@pytest.mark.parametrize("subject", ["Please confirm", "Bitte bestätigen: " + "Blätter " * 20])
def test_both_parts_come_out_as_they_went_in(subject):
    letter = note(subject=subject)
    mail = parse_letter(letter.content)
    assert mail["Subject"] == subject.strip()
    assert (text_of(mail).rstrip("\n"), html_of(mail).rstrip("\n")) == (TEXT[:-1], HTML[:-1])
    assert mail.defects == []
    assert max(map(len, letter.content.split(b"\r\n"))) <= 78
    assert letter.content.isascii()


def test_both_kinds_of_signature_verify():
    signers = [make_signer("rsa"), make_signer("ed25519")]
    assert verdicts(note(signers=signers).content) == [True, True]


def test_a_letter_has_one_name_however_often_it_is_sent_and_another_has_another():
    assert note().message_id == note().message_id
    others = [note("other@example.org"), note(now=NOW.replace(second=1)), note(subject="x")]
    assert len({note().message_id, *(other.message_id for other in others)}) == 4


def test_an_address_that_no_list_could_hold_gets_none():
    evil = replace(EmailAddress.parse("a@example.org"), local="a>\r\nBcc: <b")
    with pytest.raises(Exception, match="not an address"):
        write_note(
            make_newsletter(),
            evil,
            subject="x",
            html=HTML,
            text=TEXT,
            language="en",
            now=NOW,
            keys=KEYS,
        )
