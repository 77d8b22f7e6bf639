"""Made-up editions, renditions and readers of any size, for tests that need no templates."""

from __future__ import annotations

import html
from collections.abc import Sequence
from datetime import UTC, date, datetime

from digest.config import NewsletterConfig
from digest.model import (
    Block,
    Edition,
    EditionKey,
    EmailAddress,
    LeadBlocks,
    LeadPaperBlocks,
    Paper,
    PaperBlocks,
    PaperId,
    Piece,
    Recipient,
    Rendition,
    Score,
    Section,
    SectionBlocks,
)

DAY = date(2026, 11, 23)
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
KEYS = (b"k" * 32, b"an older key" * 3)
THEMES = ("Safety & alignment", "Vision", "Language models", "Robotics")


def make_paper(
    number: int, *, title: str = "", score: float | None = None, **fields: object
) -> Paper:
    """A paper with a title of its own."""
    return Paper(
        ids=(PaperId("arxiv", f"2611.{number:05d}"),),
        title=title or f"Paper number {number} on a made-up matter",
        abstract=f"We study matter {number} in detail and find that it holds.",
        score=None if score is None else Score(total=score),
        **fields,  # type: ignore[arg-type]
    )


def make_edition(
    sections: Sequence[tuple[str, Sequence[Paper]]], lead: Sequence[Paper] = ()
) -> Edition:
    """An edition of these (theme, papers), with `lead` of them first."""
    return Edition(
        key=EditionKey.daily(DAY),
        date=DAY,
        created_at=NOON,
        sections=tuple(Section(theme=theme, papers=tuple(papers)) for theme, papers in sections),
        lead=tuple(paper.id for paper in lead),
    )


def plain_edition(sizes: Sequence[int]) -> Edition:
    """Sections of these sizes, with titles that differ."""
    numbers = iter(range(1_000_000))
    return make_edition(
        [
            (
                f"Theme {n}" if n >= len(THEMES) else THEMES[n],
                [make_paper(next(numbers)) for _ in range(size)],
            )
            for n, size in enumerate(sizes)
        ]
    )


def _piece(markup: str, words: str) -> Piece:
    return Piece(html=Block((markup,)), text=Block((words,)))


def paper_blocks(paper: Paper, *, extra: str = "") -> PaperBlocks:
    """A paper in three lengths; each length says which it is."""
    title, more = html.escape(paper.title), html.escape(extra)
    return PaperBlocks(
        paper_id=str(paper.id),
        short_title=paper.title[:60],
        full=_piece(
            f'<tr><td data-p="{paper.id}:full"><h3>{title}</h3>'
            f"<p>{paper.abstract} {more}</p></td></tr>\n",
            f"* {paper.title}\n  {paper.abstract} {extra}\n  [{paper.id}:full]\n\n",
        ),
        brief=_piece(
            f'<tr><td data-p="{paper.id}:brief"><b>{title}</b> {paper.abstract}</td></tr>\n',
            f"* {paper.title}\n  [{paper.id}:brief]\n",
        ),
        line=_piece(
            f'<tr><td data-p="{paper.id}:line">{title}</td></tr>',
            f"* {paper.title} [{paper.id}:line]\n",
        ),
    )


def lead_blocks(paper: Paper, *, extra: str = "") -> LeadPaperBlocks:
    """A paper of the lead; each length says which it is, `above` its line in the section."""
    title, more = html.escape(paper.title), html.escape(extra)
    return LeadPaperBlocks(
        paper_id=str(paper.id),
        full=_piece(
            f'<tr><td data-p="{paper.id}:lead-full"><h3>{title}</h3><p>{more}</p></td></tr>\n',
            f"* {paper.title}\n  {extra}\n  [{paper.id}:lead-full]\n\n",
        ),
        brief=_piece(
            f'<tr><td data-p="{paper.id}:lead-brief"><b>{title}</b></td></tr>\n',
            f"* {paper.title}\n  [{paper.id}:lead-brief]\n",
        ),
        line=_piece(
            f'<tr><td data-p="{paper.id}:above">{title}</td></tr>',
            f"* {paper.title} [{paper.id}:above]\n",
        ),
    )


def _phrases(one: str, many: str, count: int) -> tuple[str, ...]:
    return tuple(f"{n} {one if n == 1 else many}" for n in range(count + 1))


def make_rendition(
    edition: Edition, *, extra: str = "", lead_extra: str = "", seam_after: int = 6
) -> Rendition:
    """What a renderer would make of the edition, small but with every merge field.

    The full forms hold `extra`, those in the lead `lead_extra`.
    """
    count = len(edition.papers)
    by_id = {paper.id: paper for paper in edition.papers}
    papers = _phrases("paper", "papers", count)
    return Rendition(
        key=edition.key,
        date=edition.date,
        language="en",
        template_set="made-up",
        title="Daily Papers, 23 November 2026",
        subject=Block(("", " · 23 Nov"), ("lead_title",)),
        head=Piece(
            html=Block(
                ("<!doctype html>\n<html><body><div>", "</div><p>Dear ", ", ", " in ", "</p><ul>"),
                ("preheader", "name", "papers", "themes"),
            ),
            text=Block(("Dear ", ",\n", " in ", "\n\n"), ("name", "papers", "themes")),
        ),
        middle=_piece("</ul><table>", "\n"),
        sections=tuple(
            SectionBlocks(
                theme=section.theme,
                heading=Piece(
                    html=Block(
                        (f'<tr><th data-s="{number}">', "</th></tr>\n"), ("section_papers",)
                    ),
                    text=Block((f"== {section.theme} (", ") ==\n\n"), ("section_papers",)),
                ),
                entry=Piece(
                    html=Block(
                        (f"<li>{html.escape(section.theme)}: ", "</li>\n"), ("section_papers",)
                    ),
                    text=Block((f"- {section.theme}: ", "\n"), ("section_papers",)),
                ),
                papers=tuple(paper_blocks(paper, extra=extra) for paper in section.papers),
            )
            for number, section in enumerate(edition.sections)
        ),
        seam=_piece("</table><!--seam--><table>", ""),
        more=Piece(
            html=Block(("<tr><td>and ", " online</td></tr>"), ("more",)),
            text=Block(("and ", " online\n"), ("more",)),
        ),
        foot=Piece(
            html=Block(
                (
                    "</table><p>For ",
                    ': <a href="',
                    '">unsubscribe</a> <a href="',
                    '">preferences</a></p></body></html>',
                ),
                ("address", "unsubscribe_url", "preferences_url"),
            ),
            text=Block(
                ("\nFor ", "\n", "\n", "\n"), ("address", "unsubscribe_url", "preferences_url")
            ),
        ),
        phrases={
            "papers": papers,
            "section_papers": papers,
            "more": papers,
            "themes": _phrases("theme", "themes", len(edition.sections)),
        },
        seam_after=seam_after,
        lead=LeadBlocks(
            heading=_piece('<tr><th data-s="lead">First</th></tr>\n', "== First ==\n\n"),
            papers=tuple(lead_blocks(by_id[one], extra=lead_extra) for one in edition.lead),
            contents=_piece("<tr><th>Contents</th></tr>\n", "== Contents ==\n\n"),
        ),
        why=Piece(
            html=Block(("<tr><td>why: ", "</td></tr>\n"), ("why",)),
            text=Block(("why: ", "\n\n"), ("why",)),
        ),
    )


def make_newsletter(**changes: object) -> NewsletterConfig:
    """Settings of a newsletter at example.org."""
    settings: dict[str, object] = {
        "name": "Daily Papers",
        "from": "Daily Papers <papers@example.org>",
        "reply_to": "editors@example.org",
        "site_url": "https://digest.example.org",
    }
    return NewsletterConfig.model_validate(settings | changes)


def make_recipient(
    segment: str,
    *,
    address: str = "ada@example.com",
    name: str = "Ada Lovelace",
    due_at: datetime = NOON,
) -> Recipient:
    """A frozen row with a reader id of the right form."""
    from digest.mailing.token import ReaderNamer

    parsed = EmailAddress.parse(address)
    return Recipient(
        edition=EditionKey.daily(DAY),
        address=parsed,
        name=name,
        reader_id=ReaderNamer(KEYS[0], "papers@example.org").name(parsed),
        segment=segment,
        due_at=due_at,
    )
