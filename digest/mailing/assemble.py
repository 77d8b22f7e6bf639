"""Joins an edition's blocks into the body of one segment's letters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from digest.mailing.choice import Choice
from digest.mailing.error import LetterError
from digest.mailing.measure import ROOM, clean_text, fill, one_line, weigh, weigh_block, write_value
from digest.mailing.preheader import LONGEST, compose_preheader
from digest.mailing.shorten import Length, Weight, plan_lengths
from digest.model import Block, Format, PaperBlocks, Piece, Rendition

#: Bytes of decoded HTML; Gmail clips a letter at about 102 KB, its foot first.
BUDGET = 96_000

# A seam is due after `seam_after` full papers; shorter blocks count for less of a page.
_HEIGHTS = {Length.LINE: 1, Length.BRIEF: 2, Length.FULL: 4}
_HEADING_HEIGHT = 1


@dataclass(frozen=True, slots=True)
class Placed:
    """A piece of the rendition where it stands in a letter, with its segment fields' values."""

    piece: Piece
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortening:
    """How many of the chosen papers stand in each length."""

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

    `placed` is what it is made of, in order; `papers` the ids of the papers kept, in order.
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
        return join_blocks(fill(p.piece.text, p.values, escape=False) for p in self.placed)


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
    """

    def __init__(
        self, rendition: Rendition, budget: int = BUDGET, *, room: Mapping[str, int] = ROOM
    ) -> None:
        self._rendition = rendition
        self._budget = budget
        self._scales = {format: _Scale(rendition, format, {**ROOM, **room}) for format in Format}

    def assemble(self, choice: Choice) -> Assembled:
        """The body for one choice.

        Raises:
            LetterError: the choice is empty, or is not of this edition.
        """
        self._check(choice)
        positions = [(s, p) for s, papers in enumerate(choice.papers) for p in papers]
        lengths = self._scales[choice.format].plan(positions, self._budget)
        kept = [
            (section, paper, length)
            for (section, paper), length in zip(positions, lengths, strict=True)
            if length is not Length.OUT
        ]
        return self._compose(choice, kept, len(positions) - len(kept), lengths)

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
        self,
        choice: Choice,
        kept: Sequence[tuple[int, int, Length]],
        left_out: int,
        lengths: Sequence[Length],
    ) -> Assembled:
        rendition = self._rendition
        blocks = [rendition.sections[section].papers[paper] for section, paper, _ in kept]
        counts: dict[int, int] = {}
        for section, _, _ in kept:
            counts[section] = counts.get(section, 0) + 1
        values = self._letter_values(blocks, counts, left_out)
        return Assembled(
            placed=tuple(self._place(kept, counts, values, left_out)),
            format=choice.format,
            subject=fill(rendition.subject, values, escape=False),
            preheader=values["preheader"],
            papers=tuple(paper.paper_id for paper in blocks),
            shortened=Shortening(
                full=lengths.count(Length.FULL),
                brief=lengths.count(Length.BRIEF),
                line=lengths.count(Length.LINE),
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
        }
        facts = [f"{values['papers']}, {values['themes']}".strip(", ")]
        facts += [self._rendition.sections[section].theme for section in counts]
        titles = [block.short_title for block in blocks]
        values["preheader"] = compose_preheader(titles, (*facts, self._rendition.title))
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
        kept: Sequence[tuple[int, int, Length]],
        counts: Mapping[int, int],
        values: Mapping[str, str],
        left_out: int,
    ) -> Iterator[Placed]:
        rendition = self._rendition
        own = {
            section: {**values, "section_papers": self._phrase("section_papers", count)}
            for section, count in counts.items()
        }
        yield Placed(rendition.head, values)
        for section in counts:
            yield Placed(rendition.sections[section].entry, own[section])
        yield Placed(rendition.middle, values)
        yield from self._rows(kept, own, values)
        if left_out:
            yield Placed(rendition.more, values)
        yield Placed(rendition.foot, values)

    def _rows(
        self,
        kept: Sequence[tuple[int, int, Length]],
        own: Mapping[int, Mapping[str, str]],
        values: Mapping[str, str],
    ) -> Iterator[Placed]:
        """Headings and papers, with a seam before the row that would make a table too tall."""
        height, current, limit = 0, -1, _HEIGHTS[Length.FULL] * self._rendition.seam_after
        for section, paper, length in kept:
            opens = section != current
            row = _HEIGHTS[length] + (_HEADING_HEIGHT if opens else 0)
            if height and height + row > limit:
                yield Placed(self._rendition.seam, values)
                height = 0
            if opens:
                yield Placed(self._rendition.sections[section].heading, own[section])
                current = section
            blocks = self._rendition.sections[section].papers[paper]
            yield Placed(_piece(blocks, length), own[section])
            height += row


def _piece(blocks: PaperBlocks, length: Length) -> Piece:
    if length is Length.FULL:
        return blocks.full
    return blocks.brief if length is Length.BRIEF else blocks.line


def _fields_of(rendition: Rendition) -> set[str]:
    pieces = [rendition.head, rendition.middle, rendition.seam, rendition.more, rendition.foot]
    for section in rendition.sections:
        pieces += [section.heading, section.entry]
    blocks = [block for piece in pieces for block in (piece.html, piece.text)]
    return {field for block in (*blocks, rendition.subject) for field in block.fields}


class _Scale:
    """The weights of a rendition's blocks in one format."""

    def __init__(self, rendition: Rendition, format: Format, room: Mapping[str, int]) -> None:
        self._rendition = rendition
        self._html = format is Format.HTML
        self._room = {**room, **self._segment_room()}
        weigh_piece = self._weigh
        self._fixed = sum(
            map(weigh_piece, (rendition.head, rendition.middle, rendition.foot)), start=2
        )
        self._more = weigh_piece(rendition.more)
        seam = weigh_piece(rendition.seam)
        full = _HEIGHTS[Length.FULL]
        # Between two seams there are at least this many units of height, so that each unit can
        # pay its part of a seam beforehand.
        between = full * rendition.seam_after - full
        self._seam_part = -(-seam // between) if between > 0 else seam
        self._sections = tuple(
            weigh_piece(s.heading) + weigh_piece(s.entry) + self._seam(_HEADING_HEIGHT, seam)
            for s in rendition.sections
        )
        self._papers = tuple(
            tuple(
                Weight(
                    section=number,
                    rank=rank,
                    line=weigh_piece(paper.line) + self._seam(_HEIGHTS[Length.LINE], seam),
                    brief=weigh_piece(paper.brief) + self._seam(_HEIGHTS[Length.BRIEF], seam),
                    full=weigh_piece(paper.full) + self._seam(full, seam),
                )
                for rank, paper in enumerate(section.papers)
            )
            for number, section in enumerate(rendition.sections)
        )

    def plan(self, positions: Sequence[tuple[int, int]], budget: int) -> tuple[Length, ...]:
        weights = [self._papers[section][paper] for section, paper in positions]
        return plan_lengths(weights, self._sections, budget - self._fixed, self._more)

    def _weigh(self, piece: Piece) -> int:
        return weigh_block(piece.html if self._html else piece.text, self._room)

    def _seam(self, height: int, seam: int) -> int:
        return min(seam, self._seam_part * height)

    def _segment_room(self) -> dict[str, int]:
        """The longest value of each segment field, with its HTML escapes."""
        phrases = self._rendition.phrases
        room = {
            field: max((_escaped(words) for words in phrases.get(field, ())), default=0)
            for field in ("papers", "themes", "section_papers", "more")
        }
        titles = [p.short_title for s in self._rendition.sections for p in s.papers]
        room["lead_title"] = max(map(_escaped, titles), default=0)
        room["preheader"] = 6 * LONGEST
        return room


def _escaped(text: str) -> int:
    return weigh(write_value(text, escape=True))
