"""Letters of real papers, from the editor's desk to the reader's inbox."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path

from digest.config import EditionConfig, NewsletterConfig, ThemesConfig
from digest.editorial.compose import compose_edition
from digest.mailing.assemble import Shortening
from digest.mailing.choice import choose_papers
from digest.mailing.letter import LetterWriter
from digest.model import Edition, EditionKey, EmailAddress, Format, Paper, Subscriber
from digest.rendering.render import render_edition
from digest.sources.huggingface import parse_daily_papers
from digest.storage.catalogues import load_catalogues
from digest.storage.templates import load_template_set
from tests.support.knowing import shipped_knowledge
from tests.support.labelled_days import labelled_day
from tests.support.letters import parse_letter, parts_of
from tests.support.renditions import KEYS, NOON, make_recipient

DAY = date(2026, 6, 12)
NOW = datetime(2026, 6, 12, 8, tzinfo=UTC)
_RECORDED = Path(__file__).parents[1] / "data" / "raw" / "hf_api" / "daily_papers_2026-06-12.json"
NOWHERE = Path("/nowhere")  # no templates of a person's own
NEWSLETTER = NewsletterConfig.model_validate(
    {
        "name": "Daily Papers",
        "tagline": "Trending papers in your inbox",
        "curator": "AK and the research community",
        "from": "Daily Papers <papers@example.org>",
        "reply_to": "editors@example.org",
        "site_url": "https://papers.example.org",
        "postal_address": "1 Example Street, 75001 Paris",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RealLetter:
    """A letter as it is sent, and its parts as they are read."""

    content: bytes
    subject: str
    html: str
    text: str
    shortened: Shortening


def real_papers(count: int) -> tuple[Paper, ...]:
    """`count` papers: a recorded day with pictures, votes and links, then conference papers."""
    recorded = parse_daily_papers(_RECORDED.read_bytes(), asked=DAY, fetched_at=NOW).papers
    more = [
        replace(
            paper,
            url=f"https://proceedings.example.org/{name}/{number}",
            pdf_url=f"https://proceedings.example.org/{name}/{number}.pdf",
        )
        for name in ("iccv2025_day", "acl2020_day", "tex_sample")
        for number, paper in enumerate(labelled_day(name))
    ]
    papers = (*recorded, *more)[:count]
    assert len(papers) == count
    return papers


@cache
def real_edition(count: int) -> Edition:
    """The day's edition of `count` real papers, by theme, with three in its lead."""
    return compose_edition(
        real_papers(count),
        key=EditionKey.daily(DAY),
        day=DAY,
        now=NOW,
        reports=(),
        edition=EditionConfig(max_papers=count),
        themes=ThemesConfig(),
        knowledge=shipped_knowledge(),
        sent={},
        template_set="daily",
    )


def write_letter(
    edition: Edition,
    *,
    templates: str = "daily",
    newsletter: NewsletterConfig = NEWSLETTER,
    format: Format = Format.HTML,
    folder: Path = NOWHERE,
) -> RealLetter:
    """The letter of `edition` to a reader who takes all of it; own templates are in `folder`."""
    rendition = render_edition(
        edition,
        load_template_set(templates, folder),
        newsletter,
        load_catalogues(newsletter.language, NOWHERE),
    )
    reader = Subscriber(
        address=EmailAddress.parse("ada@example.org"), name="Ada Example", format=format
    )
    choice = choose_papers(edition, reader)
    writer = LetterWriter(rendition, {choice.segment: choice}, newsletter, KEYS, NOON)
    recipient = make_recipient(choice.segment, address=str(reader.address), name=reader.name)
    content = writer.write(replace(recipient, edition=edition.key)).content
    parts = {name: part.decode().replace("\r\n", "\n") for name, part in parts_of(content).items()}
    return RealLetter(
        content=content,
        subject=str(parse_letter(content)["Subject"]),
        html=parts.get("html", ""),
        text=parts["text"],
        shortened=writer.assembled(choice.segment).shortened,
    )


@cache
def real_letter(count: int, templates: str = "daily") -> RealLetter:
    """The letter of `real_edition(count)`."""
    return write_letter(real_edition(count), templates=templates)
