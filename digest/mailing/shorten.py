"""Decides how long each paper's block may be, so that a letter stays within its budget."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum


class Length(IntEnum):
    """How much of a paper a letter shows; larger is more."""

    OUT = 0  # only on the web page
    LINE = 1
    BRIEF = 2
    FULL = 3


@dataclass(frozen=True, slots=True)
class Weight:
    """One paper's bytes in each length, its section's number, and its rank there from 0.

    Papers of the lead rank below 0, the first lowest.
    """

    section: int
    rank: int
    line: int
    brief: int
    full: int

    def plus(self, extra: int) -> Weight:
        """The same with so many bytes more in each length."""
        return Weight(
            section=self.section,
            rank=self.rank,
            line=self.line + extra,
            brief=self.brief + extra,
            full=self.full + extra,
        )

    def at(self, length: Length) -> int:
        return (0, self.line, self.brief, self.full)[length]


#: The papers that stay full while others shrink to a line, as far as half of the room allows.
LEADING = 10


def plan_lengths(
    papers: Sequence[Weight], section_costs: Sequence[int], room: int, more_cost: int = 0
) -> tuple[Length, ...]:
    """A length for each paper, in the order given; the sum of their weights is within `room`.

    Papers matter by their rank: the lead first, then the best of each theme. If not all can
    be full, the best are full and the rest brief; if not all can be brief, the `LEADING` are
    full, the next brief, the rest a line; if not all can have a line, the last are left out and
    `more_cost` is paid. `section_costs` (heading, contents entry) is paid once per section of
    which a paper is kept. One paper's line is always kept, even if the room is too small.
    """
    order = sorted(range(len(papers)), key=lambda n: (papers[n].rank, papers[n].section))
    lengths = [Length.OUT] * len(papers)
    headings = sum(section_costs[s] for s in {paper.section for paper in papers})
    for floor in (Length.FULL, Length.BRIEF, Length.LINE):
        left = room - headings - sum(paper.at(floor) for paper in papers)
        if left >= 0:
            lengths = [floor] * len(papers)
            break
    else:
        floor = Length.OUT
        left = _keep_lines(papers, order, lengths, section_costs, room - more_cost)
    if floor < Length.BRIEF:
        left = _raise_to(Length.FULL, papers, order[:LEADING], lengths, left, room // 2)
    if floor in (Length.LINE, Length.BRIEF):
        _raise_to(Length(floor + 1), papers, order, lengths, left, left)
    return tuple(lengths)


def _keep_lines(
    papers: Sequence[Weight],
    order: Sequence[int],
    lengths: list[Length],
    section_costs: Sequence[int],
    room: int,
) -> int:
    """Give the best papers a line until the room ends, having put aside the leading ones' rest.

    Returns what is left, the part put aside included.
    """
    wanted = sum(papers[n].full - papers[n].line for n in order[:LEADING])
    aside = max(0, min(wanted, room // 2))
    left, opened = room - aside, set[int]()
    for n in order:
        paper = papers[n]
        cost = paper.line + (0 if paper.section in opened else section_costs[paper.section])
        if cost > left and opened:
            break
        lengths[n] = Length.LINE
        opened.add(paper.section)
        left -= cost
    return left + aside


def _raise_to(
    length: Length,
    papers: Sequence[Weight],
    order: Sequence[int],
    lengths: list[Length],
    left: int,
    share: int,
) -> int:
    """Lengthen papers, the best first, with at most `share` of what is left; returns the rest."""
    spare = max(0, left - share)
    left -= spare
    for n in order:
        if lengths[n] is Length.OUT or lengths[n] >= length:
            continue
        cost = papers[n].at(length) - papers[n].at(lengths[n])
        if cost > left:
            break
        lengths[n] = length
        left -= cost
    return left + spare
