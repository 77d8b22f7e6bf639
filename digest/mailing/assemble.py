"""Joins an edition's blocks into the body of one segment's letters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from digest.mailing.choice import Choice
from digest.mailing.error import LetterError
from digest.mailing.measure import ROOM, clean_text, fill, fill_text, one_line, weigh_block
from digest.mailing.preheader import compose_preheader
from digest.mailing.scale import HEADING_HEIGHT, HEIGHTS, Place, Scale
from digest.mailing.shorten import Length
from digest.model import Block, Format, LeadPaperBlocks, PaperBlocks, Piece, Rendition

#: Bytes of decoded HTML; Gmail clips a letter at about 102 KB, its foot first.
BUDGET = 96_000
# Less is not worth another plan: no paper grows for it.
_WORTH = 300

# In the edition's order.
_Kept = Mapping[Place, Length]


@dataclass(frozen=True, slots=True)
class Placed:
    """A piece of the rendition where it stands in a letter, with its segment fields' values."""

    piece: Piece
    values: Mapping[str, str]

    @property
    def text(self) -> Block:
        """Its text with the values in it, and those lines wrapped."""
        return fill_text(self.piece.text, self.values)


# What may not be parted, and its height.
_Row = tuple[Sequence[Placed], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortening:
    """How many of the chosen papers stand in each length, those of the lead by their form there."""

    full: int
    brief: int
    line: int
    left_out: int

    def __str__(self) -> str:
        return (
            f"{self.full} full, {self.brief} brief, {self.line} in a line, "
            f"{self.left_out} only online"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Assembled:
    """One segment's letter with nothing open but the reader fields.

    `placed` is what it is made of, in order; `papers` the ids of the papers kept, in the order
    in which a reader meets them first.
    """

    placed: tuple[Placed, ...]
    format: Format
    subject: Block
    preheader: str
    papers: tuple[str, ...]
    shortened: Shortening

    @property
    def html(self) -> Block:
        return join_blocks(fill(p.piece.html, p.values, escape=True) for p in self.placed)

    @property
    def text(self) -> Block:
        return join_blocks(p.text for p in self.placed)


def join_blocks(blocks: Iterator[Block]) -> Block:
    """Several blocks as one."""
    literals, fields = [""], list[str]()
    for block in blocks:
        literals[-1] += block.literals[0]
        literals.extend(block.literals[1:])
        fields.extend(block.fields)
    return Block(tuple(literals), tuple(fields))


def assemble_body(
    rendition: Rendition,
    choice: Choice,
    budget: int = BUDGET,
    *,
    room: Mapping[str, int] = ROOM,
) -> Assembled:
    """The body of one segment; for many segments of an edition keep an `Assembler`."""
    return Assembler(rendition, budget, room=room).assemble(choice)


class Assembler:
    """Assembles any number of segments of one edition, each block weighed once.

    The decoded HTML part (the text part of a text letter), in UTF-8 with CRLF line ends, takes
    at most `budget` bytes whatever the reader's name and address are: papers are shown brief,
    in a line, or left for the web page (`shorten`). Head, contents of what is kept, and foot
    are always whole. `room` holds the most bytes that each reader field can take.

    Papers of the lead that are chosen come first, and stand in their section in a line. A letter
    of no more papers than the edition leads with has no lead: it would say everything twice.
    """

    def __init__(
        self, rendition: Rendition, budget: int = BUDGET, *, room: Mapping[str, int] = ROOM
    ) -> None:
        self._rendition = rendition
        self._budget = budget
        self._leads = _leads_of(rendition)
        self._room = {**ROOM, **room}
        self._scales = {
            format: Scale(rendition, self._leads, format, self._room) for format in Format
        }

    def assemble(self, choice: Choice) -> Assembled:
        """The body for one choice.

        Raises:
            LetterError: the choice is empty, or is not of this edition.
        """
        self._check(choice)
        best, room = self._fit(choice, self._budget), self._budget
        spare = self._spare(best)
        while best.shortened.full < choice.count and spare > _WORTH:
            more = self._fit(choice, room + spare)
            if self._spare(more) < 0:
                spare //= 2
            elif more.shortened == best.shortened:
                break
            else:
                best, room, spare = more, room + spare, self._spare(more)
        return best

    def _spare(self, body: Assembled) -> int:
        """Bytes that a letter leaves of its budget, whoever reads it.

        A plan pays seams and counts before they are known, and so a little too much.
        """
        block = body.html if body.format is Format.HTML else body.text
        return self._budget - weigh_block(block, self._room)

    def _fit(self, choice: Choice, budget: int) -> Assembled:
        positions = [(s, p) for s, papers in enumerate(choice.papers) for p in papers]
        scale = self._scales[choice.format]
        leads = [(s, p) for s, p in self._leads if p in choice.papers[s]]
        reasons = [text for texts in choice.why for text in texts]
        kept = _kept(positions, scale.plan(positions, leads, budget, reasons))
        if leads and len(kept) <= len(self._leads):
            leads = []
            kept = _kept(positions, scale.plan(positions, leads, budget, reasons))
        return self._compose(choice, kept, leads, len(positions) - len(kept))

    def _check(self, choice: Choice) -> None:
        sections = self._rendition.sections
        sizes = [len(section.papers) for section in sections]
        if len(choice.papers) != len(sections) or any(
            papers and papers[-1] >= size for papers, size in zip(choice.papers, sizes, strict=True)
        ):
            what = f"segment {choice.segment} is no choice from edition {self._rendition.key}"
            raise LetterError(what)
        if not choice.count:
            raise LetterError(f"segment {choice.segment} holds no paper, so there is no letter")

    def _compose(
        self, choice: Choice, kept: _Kept, leads: Sequence[Place], left_out: int
    ) -> Assembled:
        rendition = self._rendition
        blocks = [
            rendition.sections[section].papers[paper]
            for section, paper in dict.fromkeys((*leads, *kept))
        ]
        counts = Counter(section for section, _ in kept)
        values = self._letter_values(blocks, counts, left_out)
        lengths = Counter(kept.values())
        return Assembled(
            placed=tuple(self._place(kept, leads, counts, values, left_out, _why_of(choice))),
            format=choice.format,
            subject=fill(rendition.subject, values, escape=False),
            preheader=values["preheader"],
            papers=tuple(paper.paper_id for paper in blocks),
            shortened=Shortening(
                full=lengths[Length.FULL],
                brief=lengths[Length.BRIEF],
                line=lengths[Length.LINE],
                left_out=left_out,
            ),
        )

    def _letter_values(
        self, blocks: Sequence[PaperBlocks], counts: Mapping[int, int], left_out: int
    ) -> dict[str, str]:
        values = {
            "papers": self._phrase("papers", len(blocks)),
            "themes": self._phrase("themes", len(counts)),
            "more": self._phrase("more", left_out),
            "lead_title": one_line(blocks[0].short_title),
            "why": "",  # only the block of that name says something
        }
        facts = [self._rendition.sections[section].theme for section in counts]
        # An edition that was frozen before there were catalogues has no words of its own.
        said = self._rendition.words.get("facts", "%(papers)s in %(themes)s") % values
        facts += [self._rendition.title, said]
        titles = [block.short_title for block in blocks]
        values["preheader"] = compose_preheader(titles, blocks[0].teaser, facts)
        return values

    def _phrase(self, field: str, count: int) -> str:
        phrases = self._rendition.phrases.get(field, ())
        if count < len(phrases):
            return clean_text(phrases[count])
        if field in _fields_of(self._rendition):
            what = f"edition {self._rendition.key} has no words for {count} in its field {field!r}"
            raise LetterError(f"{what}; the template set's phrases are too few")
        return ""

    def _place(
        self,
        kept: _Kept,
        leads: Sequence[Place],
        counts: Mapping[int, int],
        values: Mapping[str, str],
        left_out: int,
        why: Mapping[Place, str],
    ) -> Iterator[Placed]:
        rendition = self._rendition
        largest = max(counts.values())
        own = {
            section: {
                **values,
                "section_papers": self._phrase("section_papers", count),
                "share": str(round(100 * count / largest)),
            }
            for section, count in counts.items()
        }
        yield Placed(rendition.head, values)
        if leads:
            yield from self._stack(self._lead_rows(kept, leads, own, values, why), values)
            yield Placed(rendition.seam, values)
            yield Placed(rendition.lead.contents, values)
        for section in counts:
            yield Placed(rendition.sections[section].entry, own[section])
        yield Placed(rendition.middle, values)
        yield from self._stack(self._section_rows(kept, set(leads), own, why), values)
        if left_out:
            yield Placed(rendition.more, values)
        yield Placed(rendition.foot, values)

    def _lead_rows(
        self,
        kept: _Kept,
        leads: Sequence[Place],
        own: Mapping[int, Mapping[str, str]],
        values: Mapping[str, str],
        why: Mapping[Place, str],
    ) -> Iterator[_Row]:
        heading = [Placed(self._rendition.lead.heading, values)]
        for place in leads:
            piece = _piece(self._leads[place], kept[place])
            tall = HEIGHTS[kept[place]] + HEADING_HEIGHT * len(heading)
            reason = self._reason(place, own, why)
            yield (*heading, Placed(piece, own[place[0]]), *reason), tall
            heading = []

    def _section_rows(
        self,
        kept: _Kept,
        leads: Collection[Place],
        own: Mapping[int, Mapping[str, str]],
        why: Mapping[Place, str],
    ) -> Iterator[_Row]:
        current = -1
        for place, length in kept.items():
            section, paper = place
            blocks = self._rendition.sections[section]
            heading = [] if section == current else [Placed(blocks.heading, own[section])]
            current = section
            reason: Sequence[Placed] = ()
            if place in leads:
                piece, tall = self._leads[place].line, HEIGHTS[Length.LINE]
            else:
                piece, tall = _piece(blocks.papers[paper], length), HEIGHTS[length]
                reason = self._reason(place, own, why)
            tall += HEADING_HEIGHT * len(heading)
            yield (*heading, Placed(piece, own[section]), *reason), tall

    def _reason(
        self, place: Place, own: Mapping[int, Mapping[str, str]], why: Mapping[Place, str]
    ) -> Sequence[Placed]:
        """The block behind a paper that says why it is there, where there is something to say."""
        text = why.get(place)
        return (Placed(self._rendition.why, {**own[place[0]], "why": text}),) if text else ()

    def _stack(self, rows: Iterable[_Row], values: Mapping[str, str]) -> Iterator[Placed]:
        """The rows, with a seam before each that would make a table too tall."""
        height, limit = 0, HEIGHTS[Length.FULL] * self._rendition.seam_after
        for row, tall in rows:
            if height and height + tall > limit:
                yield Placed(self._rendition.seam, values)
                height = 0
            yield from row
            height += tall


def _leads_of(rendition: Rendition) -> dict[Place, LeadPaperBlocks]:
    """Where the papers of the lead stand, the first of them first."""
    places = {
        paper.paper_id: (number, rank)
        for number, section in enumerate(rendition.sections)
        for rank, paper in enumerate(section.papers)
    }
    return {places[paper.paper_id]: paper for paper in rendition.lead.papers}


def _why_of(choice: Choice) -> dict[Place, str]:
    return {
        (section, paper): text
        for section, (papers, texts) in enumerate(zip(choice.papers, choice.why, strict=False))
        for paper, text in zip(papers, texts, strict=True)
    }


def _kept(positions: Sequence[Place], lengths: Sequence[Length]) -> _Kept:
    pairs = zip(positions, lengths, strict=True)
    return {place: length for place, length in pairs if length is not Length.OUT}


def _piece(blocks: PaperBlocks | LeadPaperBlocks, length: Length) -> Piece:
    if length is Length.FULL:
        return blocks.full
    return blocks.brief if length is Length.BRIEF else blocks.line


def _fields_of(rendition: Rendition) -> set[str]:
    pieces = [rendition.head, rendition.middle, rendition.seam, rendition.more, rendition.foot]
    pieces += [rendition.lead.heading, rendition.lead.contents]
    for section in rendition.sections:
        pieces += [section.heading, section.entry]
    blocks = [block for piece in pieces for block in (piece.html, piece.text)]
    return {field for block in (*blocks, rendition.subject) for field in block.fields}
