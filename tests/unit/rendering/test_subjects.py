"""Subjects and preheaders of real days: no two are alike, and the most telling comes first."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

import pytest

from digest.mailing.assemble import Assembled, assemble_body
from digest.mailing.choice import Choice
from digest.model import Edition, EditionKey, Paper, PaperId, Section
from digest.prose import width_of
from digest.rendering.render import render_edition
from digest.storage.templates import load_template_set
from tests.support.real_days import Listing, first_sights, known_papers, listed_paper
from tests.support.real_letters import NEWSLETTER, NOWHERE, real_edition

DAILY = load_template_set("daily", NOWHERE)


def body_of(edition: Edition) -> Assembled:
    every = tuple(tuple(range(len(section.papers))) for section in edition.sections)
    return assemble_body(render_edition(edition, DAILY, NEWSLETTER), Choice(every))


def subject_of(body: Assembled) -> str:
    (words,) = body.subject.literals
    return words


def day(listing: Listing) -> Edition:
    papers = tuple(
        listed_paper(number, votes, listed=listing.day, seen=listing.day)
        for number, votes in listing.rows[:3]
    )
    return edition_of(papers, EditionKey.daily(listing.day))


def edition_of(papers: tuple[Paper, ...], key: EditionKey) -> Edition:
    return Edition(
        key=key,
        date=key.days()[-1] if key.is_weekly else key.day(),
        created_at=datetime(2026, 11, 23, 6, tzinfo=UTC),
        sections=(Section(theme="Language models", papers=papers),),
    )


def one(title: str, **more: object) -> Edition:
    paper = Paper(ids=(PaperId("arxiv", "2611.00001"),), title=title, **more)  # type: ignore[arg-type]
    return edition_of((paper,), EditionKey("2026-11-23"))


def test_a_hundred_real_days_have_a_hundred_subjects_and_preheaders() -> None:
    days = [each for each in first_sights() if each.rows][-100:]
    bodies = [body_of(day(each)) for each in days]
    subjects = [subject_of(body) for body in bodies]
    assert len({*subjects}) == len({body.preheader for body in bodies}) == 100
    for listing, subject, body in zip(days, subjects, bodies, strict=True):
        first = known_papers()[listing.rows[0][0]].title
        assert subject[:12] == first[:12]
        assert subject.endswith(f", {listing.day.day} {listing.day:%b}")
        assert 25 <= width_of(subject) <= 72
        assert 40 <= len(body.preheader) <= 130
    assert all(a.partition(" · ")[0] != b.partition(" · ")[0] for a, b in pairwise(subjects))


@pytest.mark.parametrize("count", [1, 10, 30, 50, 100])
def test_a_subject_has_the_count_and_the_day_and_a_preheader_none_of_it(count: int) -> None:
    body = body_of(real_edition(count))
    subject = subject_of(body)
    lead = subject.partition(" · ")[0]
    assert subject == f"{lead} · {count} paper{'s' * (count > 1)}, 12 Jun"
    assert lead not in body.preheader
    assert "papers" not in body.preheader.partition(" · ")[0]
    assert 40 <= len(body.preheader) <= 130


@pytest.mark.parametrize(
    "title",
    ["X", "DREAM", "大規模言語モデルの安全性" * 5, "تعلم الآلة للغات قليلة الموارد", "W" * 500],
)
def test_one_paper_of_any_title_has_both(title: str) -> None:
    for edition in (one(title), one(title, abstract="要旨。" * 40), one(title, abstract="Short.")):
        body = body_of(edition)
        assert subject_of(body).endswith(" · 1 paper, 23 Nov")
        assert width_of(subject_of(body)) <= 72
        assert 40 <= len(body.preheader) <= 130
        assert width_of(body.preheader) <= 130
        assert not body.preheader.startswith(subject_of(body)[:10])


def test_a_week_says_which() -> None:
    papers = real_edition(10).papers
    body = body_of(edition_of(papers, EditionKey("2026-W48")))
    assert subject_of(body).endswith(" · 10 papers, week 48")
