"""What mail one reader gets of an edition, and how her letter shows a paper."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time

from digest.app.house import House
from digest.app.looks import look_for, rendition_in
from digest.app.plan import NOTHING_MATCHES
from digest.config import NewsletterConfig
from digest.mailing.choice import Choice, Chooser
from digest.mailing.forms import forms_of
from digest.mailing.letter import LetterWriter
from digest.mailing.schedule import plan_due
from digest.mailing.segments import look_of
from digest.model import Edition, Rendition, Subscriber
from digest.model.audience import ALL
from digest.storage.audiences import planned_for
from digest.storage.campaigns import Campaign, load_campaign
from digest.storage.census import DeliveryRow, rows
from digest.storage.suppressions import is_suppressed


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadersMail:
    """`words` say it of the reader.

    `shown` says of each paper chosen for her letter, by id, how it is shown, as `forms_of`
    does. It is empty where she gets no letter.
    """

    words: str
    shown: Mapping[str, str] = field(default_factory=dict)


def mail_of(house: House, edition: Edition, reader: Subscriber, chooser: Chooser) -> ReadersMail:
    """What a reader gets of `edition`: as it was frozen, else as it would be by now.

    Raises:
        TemplateError: the edition is not frozen, and cannot be written.
    """
    if is_suppressed(house.database, reader.address, reader_id=house.reader_id(reader.address)):
        return ReadersMail(words="is suppressed, so no mail goes there")
    campaign = load_campaign(house.database, edition.key)
    if campaign is not None:
        row = next(rows(house.database, edition.key, address=reader.address), None)
        if row is not None or ALL in planned_for(house.database, edition.key):
            return _frozen_mail(house, edition, campaign, row)
    due = plan_due(
        reader,
        weekly=edition.key.is_weekly,
        day=edition.date,
        timezone=house.config.newsletter.timezone,
        weekly_on=house.config.edition.weekly_on,
    )
    if due is None:
        words = f"gets no letter on {edition.date}, a {edition.date:%A}: {reader.frequency}"
        if edition.key.is_weekly:
            words = f"gets no letter of a weekly edition: {reader.frequency}"
        return ReadersMail(words=words)
    choice = chooser.choose(reader)
    if not choice.count:
        return ReadersMail(words=f"gets no letter: {NOTHING_MATCHES}")
    rendition = rendition_in(house, edition, campaign, look_for(house, edition.key, reader))
    shown = _shown(rendition, choice, house.config.newsletter)
    words = f"is due from {due:%Y-%m-%d %H:%M} UTC"
    return ReadersMail(words=words, shown=shown)


def _frozen_mail(
    house: House, edition: Edition, campaign: Campaign, row: DeliveryRow | None
) -> ReadersMail:
    if row is None:
        words = "was not among the readers when the edition was frozen"
        return ReadersMail(words=words)
    if not row.segment:
        return ReadersMail(words=f"gets no letter: {row.words}")
    rendition = rendition_in(house, edition, campaign, look_of(row.segment))
    choice = Choice.from_json(campaign.choices[row.segment])
    shown = _shown(rendition, choice, campaign.newsletter or house.config.newsletter)
    words = f"has a frozen letter ({row.state})"
    return ReadersMail(words=words, shown=shown)


def _shown(rendition: Rendition, choice: Choice, newsletter: NewsletterConfig) -> dict[str, str]:
    """How the letter of this choice shows each paper of it."""
    # No letter is written, only measured: any key and date will do.
    now = datetime.combine(rendition.date, time(), UTC)
    writer = LetterWriter(rendition, {choice.segment: choice}, newsletter, [bytes(32)], now)
    return forms_of(rendition, choice, writer.assembled(choice.segment))
