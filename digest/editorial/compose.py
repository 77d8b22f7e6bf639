"""An edition from a day's papers, or from a week's editions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import reduce

from digest.config import EditionConfig, ThemesConfig
from digest.editorial.identity import is_commonplace, merge_papers, strength
from digest.editorial.knowledge import Knowledge
from digest.editorial.lead import choose_lead, spread
from digest.editorial.ranking import rank_papers
from digest.editorial.repeats import earned, may_come
from digest.editorial.summaries import summarise
from digest.editorial.themes import group_papers
from digest.model import (
    DayCount,
    Edition,
    EditionKey,
    Mailed,
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
    sent: Mapping[PaperId, Mailed],
    template_set: str,
) -> Edition:
    """Merge, sift, rank, cut, group, choose what leads.

    `sent` says when other editions mailed each id; the edition itself is not among them, so that
    composing a day again gives the same. A paper mailed before is left out unless
    `edition.repeat` lets it return, marked "now trending"; `repeated` counts both. A withdrawn
    paper is no news: it is dropped, but when it was mailed before it returns once, as a
    correction, behind all others. The same input in another order gives the same edition.
    """
    known = [(paper, _mailed(paper, sent)) for paper in merge_papers(papers)]
    kept = [
        _marked(paper, before, day)
        for paper, before in known
        if may_come(paper, before, day=day, repeat=edition.repeat)
    ]
    ranked = earned(rank_papers(kept, day=day, by=edition.rank), edition.repeat)
    chosen = _cut(ranked, edition.max_papers)
    told = sum(paper.withdrawn for paper in chosen)
    sections, lead = _arranged(chosen, edition, themes, knowledge)
    return Edition(
        key=key,
        date=day,
        created_at=now,
        sections=sections,
        lead=lead,
        rank=edition.rank,
        verdicts=tuple(reports),
        template_set=template_set,
        left_out=len(ranked) - len(chosen),
        repeated=sum(before is not None for _, before in known),
        withdrawn=sum(paper.withdrawn for paper, _ in known) - told,
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
    A weekly edition among them is passed over. What was new on its day is not marked so.
    """
    dailies = sorted((e for e in editions if not e.key.is_weekly), key=lambda e: e.date)
    papers = [
        replace(
            paper,
            first_sent=paper.first_sent or daily.date,
            marks=tuple(mark for mark in paper.marks if mark is not Mark.NEW),
            score=None,
            placement=None,
        )
        for daily in dailies
        for paper in daily.papers
    ]
    merged = [paper for paper in merge_papers(papers) if not paper.withdrawn]
    ranked = rank_papers(merged, day=day, by=edition.rank)
    chosen = _cut(ranked, edition.max_papers)
    sections, lead = _arranged(chosen, edition, themes, knowledge)
    return Edition(
        key=key,
        date=day,
        created_at=now,
        sections=sections,
        lead=lead,
        rank=edition.rank,
        template_set=template_set,
        left_out=len(ranked) - len(chosen),
        days=_days(dailies, merged),
    )


def _days(dailies: Sequence[Edition], papers: Sequence[Paper]) -> tuple[DayCount, ...]:
    """What each day brought; `papers` are the week's, each once. `dailies` are in order."""
    first: dict[PaperId, date] = {}
    for daily in dailies:
        for each in daily.papers:
            for paper_id in each.ids:
                first.setdefault(paper_id, daily.date)
    brought: dict[date, list[Paper]] = {daily.date: [] for daily in dailies}
    for paper in papers:
        brought[min(first[i] for i in paper.ids if i in first)].append(paper)
    return tuple(
        DayCount(date=day, papers=len(those), votes=sum(paper.votes or 0 for paper in those))
        for day, those in brought.items()
    )


def _arranged(
    chosen: Sequence[Paper], edition: EditionConfig, themes: ThemesConfig, knowledge: Knowledge
) -> tuple[tuple[Section, ...], tuple[PaperId, ...]]:
    """The sections, and what leads."""
    sections = tuple(
        replace(section, papers=spread(section.papers, rank=edition.rank))
        for section in _sections(_summarised(chosen, edition), themes, knowledge)
    )
    lead = choose_lead(sections, edition.lead, rank=edition.rank)
    return sections, tuple(paper.id for paper in lead.papers)


def _summarised(papers: Sequence[Paper], edition: EditionConfig) -> tuple[Paper, ...]:
    """Each with the summary that this room can make; a model's takes its place later."""
    way = "extract" if edition.summary == "llm" else edition.summary
    return tuple(summarise(paper, way) for paper in papers)


def _cut(ranked: Sequence[Paper], most: int) -> tuple[Paper, ...]:
    """The best `most`; room is kept for corrections, which stand last."""
    told = [paper for paper in ranked if paper.withdrawn][:most]
    news = [paper for paper in ranked if not paper.withdrawn][: most - len(told)]
    return (*news, *told)


def _mailed(paper: Paper, sent: Mapping[PaperId, Mailed]) -> Mailed | None:
    """When the paper was mailed under any of its ids. "Editorial" is no identity."""
    vague = is_commonplace(paper.title) and len(paper.ids) > 1
    found = [sent[i] for i in paper.ids if i in sent and not (vague and i.scheme == "title")]
    return reduce(Mailed.joined, found) if found else None


def _marked(paper: Paper, before: Mailed | None, day: date) -> Paper:
    """Add what the day says: withdrawn, trending again, cross-list, update, or new on this day.

    New means a first version that its source announced (or, without an announcement, that was
    published) on the day itself.
    """
    marks = set(paper.marks)
    kind = paper.announce_type
    is_update = (kind or "").startswith("replace") or (kind is None and (paper.version or 1) > 1)
    if paper.withdrawn:
        marks = {Mark.WITHDRAWN}
    elif is_update:
        marks.add(Mark.UPDATED)
    elif before is None and kind == "cross":
        marks.add(Mark.CROSS)
    elif before is None and (paper.announced or paper.published) == day:
        marks.add(Mark.NEW)
    if before is not None and not paper.withdrawn:
        marks.add(Mark.TRENDING)
    return replace(
        paper,
        marks=tuple(mark for mark in Mark if mark in marks),
        first_sent=before.first if before else None,
    )


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
