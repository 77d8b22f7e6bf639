"""Which papers come first in a letter, so that no theme or group of people fills its head.

The best papers by score lead, with one rule. A paper is passed over when one that leads already
is of its theme, or of its group: the same organization, the same first or last author, or two
authors in common. So it goes as long as the better half of the edition (or the best two for
each place, if that is more) holds another. Then a theme may lead twice; then, if nothing else is
left there, a group. What was withdrawn never leads.

Among those that may, the best leads, with two exceptions. A paper without a theme ("Other") waits
for one with a theme whose score is at most 1.0 lower, which is a quarter of its votes. A paper
with a picture goes before one without whose score is at most 0.1 higher.

Within a section, at most two papers of one group stand in a row as long as the section has
another whose score is at most 1.0 lower.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from digest.editorial.ranking import ONE_POINT, total
from digest.model import Paper, PaperId, Section

NEAR = 1.0
TIE = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """A paper that does not lead although one with a lower score does; `reason` is in words."""

    paper: Paper
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lead:
    """The papers that lead, in their order, and those passed over for them, best first."""

    papers: tuple[Paper, ...]
    passed: tuple[Passed, ...]


def choose_lead(sections: Sequence[Section], places: int, *, rank: str = "trending") -> Lead:
    """The lead of an edition with these sections; shorter than `places` if it has fewer papers."""
    themes = {paper.id: section.theme for section in sections for paper in section.papers}
    papers = [p for section in sections for p in section.papers if not p.withdrawn]
    papers.sort(key=lambda paper: -round(total(paper), 6))
    left = papers[: max(2 * places, (len(papers) + 1) // 2)]
    leading: list[Paper] = []
    while left and len(leading) < places:
        chosen = _best(_allowed(left, leading, themes), ONE_POINT[rank])
        left.remove(chosen)
        leading.append(chosen)
    return Lead(papers=tuple(leading), passed=tuple(_passed(left, leading, themes)))


def spread(papers: Sequence[Paper], *, rank: str = "trending") -> tuple[Paper, ...]:
    """A section's papers, best first, without three of one group in a row where it can be."""
    left, row = list(papers), list[Paper]()
    near = NEAR * ONE_POINT[rank]
    while left:
        chosen = left[0]
        if len(row) > 1 and all(_shared(chosen, before) for before in row[-2:]):
            others = (p for p in left if not p.withdrawn and not _shared(p, row[-1]))
            chosen = next((p for p in others if total(chosen) - total(p) <= near), chosen)
        left.remove(chosen)
        row.append(chosen)
    return tuple(row)


def _allowed(
    left: Sequence[Paper], leading: Sequence[Paper], themes: Mapping[PaperId, str]
) -> Sequence[Paper]:
    """Of no group and no theme that leads; else of no such group; else all."""
    groups = [p for p in left if not any(_shared(p, one) for one in leading)]
    taken = {themes[one.id] for one in leading if _has_theme(one)}
    return [p for p in groups if themes[p.id] not in taken] or groups or left


def _best(allowed: Sequence[Paper], point: float) -> Paper:
    best = allowed[0]
    if not _has_theme(best):
        named = (p for p in allowed if _has_theme(p))
        best = next((p for p in named if total(best) - total(p) <= NEAR * point), best)
    if best.thumbnail is None:
        pictured = (p for p in allowed if p.thumbnail and _has_theme(p) == _has_theme(best))
        return next((p for p in pictured if abs(total(best) - total(p)) <= TIE * point), best)
    return best


def _passed(
    left: Sequence[Paper], leading: Sequence[Paper], themes: Mapping[PaperId, str]
) -> Iterator[Passed]:
    lowest = min((total(paper) for paper in leading), default=0.0)
    for paper in left:
        if total(paper) > lowest:
            yield Passed(paper=paper, reason=_why_not(paper, leading, themes))


def _why_not(paper: Paper, leading: Sequence[Paper], themes: Mapping[PaperId, str]) -> str:
    for one in leading:
        if shared := _shared(paper, one):
            return f"{one.id} has the same {shared}"
    if not _has_theme(paper):
        return "it is in no theme"
    for one in leading:
        if themes[one.id] == themes[paper.id]:
            return f"{one.id} has the same theme"
    return "it has no picture"


def _has_theme(paper: Paper) -> bool:
    return paper.placement is None or paper.placement.by != "other"


def _shared(one: Paper, other: Paper) -> str:
    """What two papers of one group have in common; "" for two groups.

    Who submitted a paper to a list is nothing in common: some submit many, of all kinds.
    """
    if (known := _key(one.organization or "")) and known == _key(other.organization or ""):
        return "organization"
    ours, theirs = [_key(n) for n in one.authors], [_key(n) for n in other.authors]
    if not ours or not theirs:
        return ""
    if ours[0] == theirs[0]:
        return "first author"
    if ours[-1] == theirs[-1]:
        return "last author"
    return "authors" if len(set(ours) & set(theirs)) >= 2 else ""


def _key(name: str) -> str:
    return " ".join(name.casefold().split())
