"""Weighs the blocks of a rendition against the room in a letter."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from digest.mailing.measure import weigh, weigh_block, write_value
from digest.mailing.preheader import LONGEST
from digest.mailing.shorten import Length, Weight, plan_lengths
from digest.model import SEGMENT_FIELDS, Format, LeadPaperBlocks, PaperBlocks, Piece, Rendition
from digest.prose.wrapping import growth

#: A seam is due after `seam_after` full papers; shorter blocks count for less of a page.
HEIGHTS = {Length.LINE: 1, Length.BRIEF: 2, Length.FULL: 4}
HEADING_HEIGHT = 1

#: A section's number and a paper's in it.
Place = tuple[int, int]


class Scale:
    """The weights of a rendition's blocks in one format."""

    def __init__(
        self,
        rendition: Rendition,
        leads: Mapping[Place, LeadPaperBlocks],
        format: Format,
        room: Mapping[str, int],
    ) -> None:
        self._rendition = rendition
        self._html = format is Format.HTML
        self._room = {**room, **self._segment_room()}
        self._fixed = sum(
            map(self._weigh, (rendition.head, rendition.middle, rendition.foot)), start=2
        )
        self._more = self._weigh(rendition.more)
        self._seam = self._weigh(rendition.seam)
        # Between two seams there are at least this many units of height, so that each unit can
        # pay its part of a seam beforehand.
        between = HEIGHTS[Length.FULL] * (rendition.seam_after - 1)
        self._seam_part = -(-self._seam // between) if between > 0 else self._seam
        self._sections = tuple(
            self._weigh_row(s.heading, HEADING_HEIGHT) + self._weigh(s.entry)
            for s in rendition.sections
        )
        self._papers = tuple(
            tuple(self._weigh_paper(paper, number, rank) for rank, paper in enumerate(s.papers))
            for number, s in enumerate(rendition.sections)
        )
        heading, contents = rendition.lead.heading, rendition.lead.contents
        self._lead = self._weigh_row(heading, HEADING_HEIGHT) + self._seam + self._weigh(contents)
        self._leads = {
            place: self._weigh_lead(blocks, place, number - len(leads))
            for number, (place, blocks) in enumerate(leads.items())
        }

    def plan(
        self,
        positions: Sequence[Place],
        leads: Collection[Place],
        budget: int,
        reasons: Sequence[str] = (),
    ) -> list[Length]:
        """A length for each paper; for those of `leads` it is their length there.

        `reasons` say why each paper is in the letter: one for each of `positions`, or none at all.
        """
        weights = [
            self._leads[place] if place in leads else self._papers[place[0]][place[1]]
            for place in positions
        ]
        if reasons:
            weights = [
                weight.plus(self._weigh_reason(reason))
                for weight, reason in zip(weights, reasons, strict=True)
            ]
        room = budget - self._fixed - (self._lead if leads else 0)
        lengths = plan_lengths(weights, self._sections, room, self._more)
        return [
            Length.BRIEF if length is Length.LINE and place in leads else length
            for place, length in zip(positions, lengths, strict=True)
        ]

    def _weigh_reason(self, reason: str) -> int:
        """The block that says why a paper is in a letter, which stands in each of its forms."""
        if not reason:
            return 0
        weight = self._weigh(self._rendition.why) + _escaped(reason)
        return weight if self._html else weight + growth(weight)

    def _weigh_paper(self, paper: PaperBlocks, section: int, rank: int) -> Weight:
        return Weight(
            section=section,
            rank=rank,
            line=self._weigh_row(paper.line, HEIGHTS[Length.LINE]),
            brief=self._weigh_row(paper.brief, HEIGHTS[Length.BRIEF]),
            full=self._weigh_row(paper.full, HEIGHTS[Length.FULL]),
        )

    def _weigh_lead(self, paper: LeadPaperBlocks, place: Place, rank: int) -> Weight:
        """Its line in the section is paid with it; there is no shorter form than the brief."""
        line = self._weigh_row(paper.line, HEIGHTS[Length.LINE])
        brief = line + self._weigh_row(paper.brief, HEIGHTS[Length.BRIEF])
        full = line + self._weigh_row(paper.full, HEIGHTS[Length.FULL])
        return Weight(section=place[0], rank=rank, line=brief, brief=brief, full=full)

    def _weigh_row(self, piece: Piece, height: int) -> int:
        return self._weigh(piece) + min(self._seam, self._seam_part * height)

    def _weigh(self, piece: Piece) -> int:
        if self._html:
            return weigh_block(piece.html, self._room)
        weight = weigh_block(piece.text, self._room)
        return weight + growth(weight) if set(piece.text.fields) & SEGMENT_FIELDS else weight

    def _segment_room(self) -> dict[str, int]:
        """The longest value of each segment field, with its HTML escapes."""
        phrases = self._rendition.phrases
        room = {
            field: max((_escaped(words) for words in phrases.get(field, ())), default=0)
            for field in ("papers", "themes", "section_papers", "more")
        }
        titles = [p.short_title for s in self._rendition.sections for p in s.papers]
        room["lead_title"] = max(map(_escaped, titles), default=0)
        room["share"] = len("100")
        room["preheader"] = 6 * LONGEST
        room["why"] = 0  # weighed for each choice
        return room


def _escaped(text: str) -> int:
    return weigh(write_value(text, escape=True))
