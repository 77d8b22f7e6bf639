"""How a letter shows each paper is told as the letter does it."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from digest.app.house import House
from digest.app.looks import render
from digest.app.plan import make_chooser
from digest.app.readers_mail import mail_of
from digest.mailing.letter import LetterWriter
from digest.model import EmailAddress, Format, Subscriber
from tests.support.labelled_days import labelled_day
from tests.support.lists import config_for
from tests.support.renditions import make_edition

NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)


@pytest.mark.parametrize("format", Format)
@pytest.mark.parametrize("size", [5, 130, 270])
def test_the_papers_in_each_length_are_as_many_as_the_letter_has(tmp_path: Path, size, format):
    house = House(
        config=config_for(tmp_path, "readers.csv"),
        clock=lambda: NOW,
        environ={"DIGEST_SECRET_KEY": "k" * 32},
    )
    papers = [
        p for day in ("iccv2025_day", "neurips2023_orals", "acl2020_day") for p in labelled_day(day)
    ]
    papers = papers[:size]
    assert len(papers) == size
    edition = make_edition([("One", papers[:2]), ("Two", papers[2:])])
    ada = Subscriber(address=EmailAddress.parse("ada@example.org"), format=format)
    chooser = make_chooser(house, edition)
    choice = chooser.choose(ada)
    writer = LetterWriter(
        render(house, edition),
        {choice.segment: choice},
        house.config.newsletter,
        house.keys,
        edition.created_at,
    )
    assembled = writer.assembled(choice.segment)
    mail = mail_of(house, edition, ada, chooser)
    counts = Counter(mail.shown.values())
    told = assembled.shortened
    expected = [told.full, told.brief, told.line, told.left_out]
    assert [counts[form] for form in ("full", "brief", "line", "online")] == expected
    assert {i for i, shown in mail.shown.items() if shown != "online"} == set(assembled.papers)
