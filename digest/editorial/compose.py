"""An edition from a day's papers, or from a week's editions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime

from digest.config import EditionConfig, ThemesConfig
from digest.editorial.identity import is_commonplace, merge_papers, strength
from digest.editorial.knowledge import Knowledge
from digest.editorial.ranking import rank_papers
from digest.editorial.summaries import summarise
from digest.editorial.themes import group_papers
from digest.model import (
    Edition,
    EditionKey,
    Mark,
    Paper,
    PaperId,
    Section,
    SourceReport,
)


def compose_edition(
    papers: Sequence[Paper],
    *,
    key: EditionKey,
    day: date,
    now: datetime,
    reports: Sequence[SourceReport],
    edition: EditionConfig,
    themes: ThemesConfig,
    knowledge: Knowledge,
    sent: Mapping[PaperId, date],
    template_set: str,
) -> Edition:
    """Merge, sift, rank, cut, group.

    `sent` says when each id was first mailed; only days before `day` count, so that composing a
    day again gives the same. A paper mailed before is left out, or with `edition.repeat` marked
    "now trending" with its `first_sent`; `repeated` counts both. A withdrawn paper is no news: it
    is dropped. The same input in another order gives the same edition.
    """
    whole = [paper for paper in merge_papers(papers) if not paper.withdrawn]
    known = [replace(paper, first_sent=_first_sent(paper, sent, day)) for paper in whole]
    kept = [p for p in known if edition.repeat or p.first_sent is None]
    ranked = rank_papers([_marked(p, day) for p in kept], day=day, by=edition.rank)
    chosen = _summarised(ranked[: edition.max_papers], edition)
    return Edition(
        key=key,
        date=day,
        created_at=now,
        sections=_sections(chosen, themes, knowledge),
        verdicts=tuple(reports),
        template_set=template_set,
        rank=edition.rank,
        left_out=len(ranked) - len(chosen),
        repeated=sum(p.first_sent is not None for p in known),
    )


def compose_weekly(
    editions: Sequence[Edition],
    *,
    key: EditionKey,
    day: date,
    now: datetime,
    edition: EditionConfig,
    themes: ThemesConfig,
    knowledge: Knowledge,
    template_set: str,
) -> Edition:
    """The week's best out of its daily editions: merged with their best signals, ranked anew.

    The caller chooses which days make the week; `first_sent` says when each paper was first mailed.
    A weekly edition among them is passed over.
    """
    papers = [
        replace(paper, first_sent=paper.first_sent or daily.date, score=None, placement=None)
        for daily in editions
        if not daily.key.is_weekly
        for paper in daily.papers
    ]
    merged = [paper for paper in merge_papers(papers) if not paper.withdrawn]
    ranked = rank_papers(merged, day=day, by=edition.rank)
    chosen = _summarised(ranked[: edition.max_papers], edition)
    return Edition(
        key=key,
        date=day,
        created_at=now,
        sections=_sections(chosen, themes, knowledge),
        template_set=template_set,
        rank=edition.rank,
        left_out=len(ranked) - len(chosen),
    )


def _summarised(papers: Sequence[Paper], edition: EditionConfig) -> tuple[Paper, ...]:
    """Each with the summary that this room can make; a model's takes its place later."""
    way = "extract" if edition.summary == "llm" else edition.summary
    return tuple(summarise(paper, way) for paper in papers)


def _first_sent(paper: Paper, sent: Mapping[PaperId, date], day: date) -> date | None:
    """The first day on which any identity of the paper was mailed. "Editorial" is no identity."""
    vague = is_commonplace(paper.title) and len(paper.ids) > 1
    days = [sent[i] for i in paper.ids if i in sent and not (vague and i.scheme == "title")]
    return min((d for d in days if d < day), default=None)


def _marked(paper: Paper, day: date) -> Paper:
    """Add what the day says: trending again, else cross-list, update, or new on this day.

    New means a first version that its source announced (or, without an announcement, that was
    published) on the day itself.
    """
    marks = set(paper.marks)
    kind = paper.announce_type
    if paper.first_sent is not None:
        marks.add(Mark.TRENDING)
    elif kind == "cross":
        marks.add(Mark.CROSS)
    elif (kind or "").startswith("replace") or (kind is None and (paper.version or 1) > 1):
        marks.add(Mark.UPDATED)
    elif (paper.announced or paper.published) == day:
        marks.add(Mark.NEW)
    return replace(paper, marks=tuple(mark for mark in Mark if mark in marks))


def _sections(
    ranked: Sequence[Paper], themes: ThemesConfig, knowledge: Knowledge
) -> tuple[Section, ...]:
    """Sections by weight, the heaviest first and `themes.other` last.

    A section weighs the sum of 1 / (10 + rank) over its papers (rank from 0 in the whole edition):
    a good paper lifts its theme, and so do many fair ones.
    """
    rank = {paper.id: number for number, paper in enumerate(ranked)}

    def order(section: Section) -> tuple[bool, float, tuple[int, str, str]]:
        weight = sum(1 / (10 + rank[paper.id]) for paper in section.papers)
        is_other = section.theme == themes.other
        return (is_other, -round(weight, 9), strength(section.papers[0].id))

    return tuple(sorted(group_papers(ranked, themes, knowledge), key=order))
