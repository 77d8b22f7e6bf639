"""Why each paper of an edition stands where it does, in words."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from digest.editorial.lead import choose_lead
from digest.model import Edition, Paper, Score

_BY = {
    "rule": "a rule of the config",
    "taxonomy": "the built-in themes",
    "discovered": "words it shares with the others there",
    "other": "no theme fits",
}


def explain_edition(edition: Edition) -> tuple[str, ...]:
    """Lines for a terminal: what leads, then a line a section, some a paper."""
    lines = [_summary(edition)]
    lines.extend(_about_lead(edition))
    place = {paper.id: n for n, paper in enumerate(_by_score(edition), 1)}
    for section in edition.sections:
        subtitle = f" ({section.subtitle})" if section.subtitle else ""
        lines.append(f"{section.theme}{subtitle}")
        for paper in section.papers:
            lines.extend(f"  {line}" for line in _about(paper, place[paper.id], len(place)))
    return tuple(lines)


def find_paper(edition: Edition, names: Collection[str]) -> int | None:
    """The number, in the edition's order, of the paper that has one of these names.

    A name is an id, with or without its scheme, or the id that a file gave the paper.
    """
    for number, paper in enumerate(edition.papers):
        known = {str(i) for i in paper.ids} | {i.value for i in paper.ids} | {paper.source_id}
        if not known.isdisjoint(names):
            return number
    return None


def explain_paper(edition: Edition, number: int) -> tuple[str, ...]:
    """The lines of the paper with that number in the edition's order."""
    paper = edition.papers[number]
    extra = [*_standing(edition, paper)]
    if paper.marks:
        extra.append(f"marked {', '.join(paper.marks)}")
    if paper.sources:
        extra.append(f"from {', '.join(paper.sources)}")
    if len(paper.ids) > 1:
        extra.append(f"also known as {', '.join(str(i) for i in paper.ids[1:])}")
    about = _about(paper, score_place(edition, number), len(edition.papers))
    return (*about, *(f"  {line}" for line in extra))


def score_place(edition: Edition, number: int) -> int:
    """A paper's place by score in its whole edition, the best 1."""
    return 1 + _by_score(edition).index(edition.papers[number])


def why_not_leading(edition: Edition, paper: Paper) -> str:
    """Why others lead that have a lower score; "" when none does."""
    lead = choose_lead(edition.sections, len(edition.lead), rank=edition.rank)
    if tuple(each.id for each in lead.papers) != edition.lead:
        return ""
    return next((each.reason for each in lead.passed if each.paper.id == paper.id), "")


def _standing(edition: Edition, paper: Paper) -> Iterator[str]:
    section = next(s for s in edition.sections if paper in s.papers)
    yield f"number {1 + section.papers.index(paper)} of {len(section.papers)} in {section.theme}"
    if paper.id in edition.lead:
        yield f"leads, number {1 + edition.lead.index(paper.id)} of {len(edition.lead)}"
    elif reason := why_not_leading(edition, paper):
        yield f"does not lead: {reason}"


def _by_score(edition: Edition) -> list[Paper]:
    return sorted(edition.papers, key=lambda p: (-(p.score.total if p.score else 0.0), str(p.id)))


def _summary(edition: Edition) -> str:
    counts = f"{len(edition.papers)} papers in {len(edition.sections)} themes, by {edition.rank}"
    gone = f"{edition.left_out} left out, {edition.repeated} mailed before"
    return f"{edition.key}: {counts}; {gone}, {edition.withdrawn} withdrawn"


def _about_lead(edition: Edition) -> Iterator[str]:
    """Who leads, and why a paper with a higher score does not."""
    papers = {paper.id: paper for paper in edition.papers}
    for place, paper_id in enumerate(edition.lead, 1):
        yield f"leads {place}: {paper_id} {papers[paper_id].title}"
    lead = choose_lead(edition.sections, len(edition.lead), rank=edition.rank)
    if tuple(paper.id for paper in lead.papers) == edition.lead:
        for each in lead.passed:
            yield f"does not lead: {each.paper.id} {each.paper.title}: {each.reason}"


def _about(paper: Paper, place: int, of: int) -> tuple[str, ...]:
    return (f"{paper.id} {paper.title}", *(f"  {line}" for line in _reasons(paper, place, of)))


def _reasons(paper: Paper, place: int, of: int) -> Iterator[str]:
    yield f"place {place} of {of}, {_score(paper.score)}"
    if placement := paper.placement:
        words = f": {', '.join(placement.words)}" if placement.words else ""
        second = f"; second: {placement.second}" if placement.second else ""
        yield f"theme {placement.theme} by {_BY.get(placement.by, placement.by)}{words}{second}"
    if paper.summary_by:
        yield f"summary by {paper.summary_by}"
    if paper.withdrawn:
        yield "withdrawn since it was mailed: told once more, as a correction"
    if paper.first_sent:
        yield f"first sent {paper.first_sent.isoformat()}"


def _score(score: Score | None) -> str:
    if score is None:
        return "never scored"
    parts = ", ".join(f"{name} {value:.2f}" for name, value in score.parts)
    return f"score {score.total:.2f} = {parts}" if parts else f"score {score.total:.2f}"
