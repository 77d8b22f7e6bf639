"""Weighs a letter by the kinds of blocks that it is made of."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import reduce
from typing import NamedTuple

from digest.mailing.assemble import Assembled, Placed
from digest.mailing.measure import weigh, write_value
from digest.mailing.part import Part
from digest.mailing.wire import CRLF, encode_chunk
from digest.model import Format, Piece, Rendition

_STYLE = re.compile(r"<style\b.*?</style>", re.DOTALL | re.IGNORECASE)


class Kind(StrEnum):
    """The kinds of blocks, in the order in which a letter holds them."""

    STYLES = "styles"  # the style sheets of the head
    HEAD = "head"  # the rest of it
    LEAD_FULL = "lead full"
    LEAD_BRIEF = "lead brief"
    CONTENTS = "contents"
    HEADINGS = "headings"
    FULL = "full"
    BRIEF = "brief"
    LINE = "line"
    WHY = "why"
    SEAMS = "seams"
    MORE = "more"
    FOOT = "foot"


class Weight(NamedTuple):
    """Bytes: `decoded` in UTF-8 with CRLF at line ends, `encoded` in quoted-printable."""

    decoded: int = 0
    encoded: int = 0

    def plus(self, other: Weight) -> Weight:
        return Weight(self.decoded + other.decoded, self.encoded + other.encoded)

    def __neg__(self) -> Weight:
        return Weight(-self.decoded, -self.encoded)


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockSize:
    """What the blocks of one kind weigh together in each part. What a letter has not is 0."""

    kind: Kind
    count: int
    html: Weight
    text: Weight


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterSizes:
    """Bytes of one letter: `letter` is all of it, `headers` those before the first empty line.

    `blocks` are the kinds that it holds; their sums are exactly its two parts.
    """

    letter: int
    headers: int
    blocks: tuple[BlockSize, ...]

    @property
    def html(self) -> Weight:
        return _sum(block.html for block in self.blocks)

    @property
    def text(self) -> Weight:
        return _sum(block.text for block in self.blocks)


def measure_letter(
    raw: bytes,
    rendition: Rendition,
    assembled: Assembled,
    links: Mapping[str, str],
    values: Mapping[str, str],
) -> LetterSizes:
    """Weigh the letter `raw` of one reader, whose text is encoded for any relay.

    `links` and `values` are what the letter's writer gives for her.
    """
    kinds = {id(piece): kind for kind, piece in _pieces(rendition)}
    html = _texts(assembled, kinds, _Read(values, links, escape=True))
    text = _texts(assembled, kinds, _Read(values, links, escape=False))
    if assembled.format is Format.TEXT:
        html = {kind: [] for kind in Kind}
    weights = {kind: _weigh(each) for kind, each in html.items()}
    weights[Kind.STYLES] = _weigh(_STYLE.findall("".join(html[Kind.HEAD])))
    weights[Kind.HEAD] = _sum([weights[Kind.HEAD], -weights[Kind.STYLES]])
    counts = Counter(kinds[id(placed.piece)] for placed in assembled.placed)
    counts[Kind.STYLES] = min(weights[Kind.STYLES].decoded, 1)
    return LetterSizes(
        letter=len(raw),
        headers=raw.index(CRLF + CRLF) + len(CRLF),
        blocks=tuple(
            BlockSize(kind=kind, count=counts[kind], html=weights[kind], text=_weigh(text[kind]))
            for kind in Kind
            if counts[kind]
        ),
    )


def _texts(assembled: Assembled, kinds: Mapping[int, Kind], part: _Read) -> dict[Kind, list[str]]:
    """A part's texts by kind, as they are encoded one by one."""
    texts: dict[Kind, list[str]] = {kind: [] for kind in Kind}
    for placed in assembled.placed:
        texts[kinds[id(placed.piece)]] += part.read(placed)
    if not texts[Kind.FOOT][-1].endswith("\n"):
        texts[Kind.FOOT].append("\n")  # the last line of a part is ended
    return texts


def _pieces(rendition: Rendition) -> Iterator[tuple[Kind, Piece]]:
    lead = rendition.lead
    yield Kind.HEAD, rendition.head
    yield Kind.HEADINGS, lead.heading
    yield Kind.CONTENTS, lead.contents
    for first in lead.papers:
        yield Kind.LEAD_FULL, first.full
        yield Kind.LEAD_BRIEF, first.brief
        yield Kind.LINE, first.line
    for section in rendition.sections:
        yield Kind.CONTENTS, section.entry
        yield Kind.HEADINGS, section.heading
        for paper in section.papers:
            yield Kind.FULL, paper.full
            yield Kind.BRIEF, paper.brief
            yield Kind.LINE, paper.line
    yield Kind.WHY, rendition.why
    yield Kind.SEAMS, rendition.middle
    yield Kind.SEAMS, rendition.seam
    yield Kind.MORE, rendition.more
    yield Kind.FOOT, rendition.foot


class _Read(Part):
    """A part that is read block by block instead of set."""

    def __init__(
        self, values: Mapping[str, str], links: Mapping[str, str], *, escape: bool
    ) -> None:
        super().__init__(escape=escape)
        self._values = values
        self._links = links
        self._texts: list[str] = []

    def read(self, placed: Placed) -> list[str]:
        """What of a block is encoded one by one."""
        self._texts = []
        self.set([placed], self._links)
        return self._texts

    @property
    def fits(self) -> bool:
        return True

    @property
    def codings(self) -> tuple[str, str]:
        return ("quoted-printable", "quoted-printable")

    def add(self, text: str) -> None:
        self._texts.append(text)

    def open(self, field: str, *, escape: bool) -> None:
        self.add(write_value(self._values[field], escape=escape))

    def end(self) -> None:
        """Blocks are read one by one, and none but the last ends its part."""


def _weigh(texts: Iterable[str]) -> Weight:
    return _sum(Weight(weigh(text), len(encode_chunk(text))) for text in texts)


def _sum(weights: Iterable[Weight]) -> Weight:
    return reduce(Weight.plus, weights, Weight())
