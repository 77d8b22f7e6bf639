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
from digest.mailing.part import TOKENS
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
    parts: dict[bool, dict[Kind, list[str]]] = {}
    for escape in (True, False):
        texts = parts[escape] = {kind: [] for kind in Kind}
        if escape and assembled.format is Format.TEXT:
            continue
        for placed in assembled.placed:
            texts[kinds[id(placed.piece)]] += _texts(placed, links, values, escape=escape)
        if not texts[Kind.FOOT][-1].endswith("\n"):
            texts[Kind.FOOT].append("\n")  # the last line of a part is ended
    html, text = ({kind: _weigh(each) for kind, each in parts[e].items()} for e in (True, False))
    html[Kind.STYLES] = _weigh(_STYLE.findall("".join(parts[True][Kind.HEAD])))
    html[Kind.HEAD] = _sum([html[Kind.HEAD], -html[Kind.STYLES]])
    counts = Counter(kinds[id(placed.piece)] for placed in assembled.placed)
    counts[Kind.STYLES] = min(html[Kind.STYLES].decoded, 1)
    return LetterSizes(
        letter=len(raw),
        headers=raw.index(CRLF + CRLF) + len(CRLF),
        blocks=tuple(
            BlockSize(kind=kind, count=counts[kind], html=html[kind], text=text[kind])
            for kind in Kind
            if counts[kind]
        ),
    )


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


def _texts(
    placed: Placed, links: Mapping[str, str], values: Mapping[str, str], *, escape: bool
) -> Iterator[str]:
    """The texts of a block as they are encoded one by one for the wire."""
    block = placed.piece.html if escape else placed.piece.text
    yield block.literals[0]
    for field, literal in zip(block.fields, block.literals[1:], strict=True):
        if field in placed.values:
            yield write_value(placed.values[field], escape=escape)
        elif field in links:
            yield write_value(links[field], escape=escape)
            yield values[TOKENS[field]]
        else:
            yield write_value(values[field], escape=escape)
        yield literal


def _weigh(texts: Iterable[str]) -> Weight:
    return _sum(Weight(weigh(text), len(encode_chunk(text))) for text in texts)


def _sum(weights: Iterable[Weight]) -> Weight:
    return reduce(Weight.plus, weights, Weight())
