"""Whole letters from a rendition, joined in the simplest way: no budget, no reader's choice."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from digest.model import Block, Piece, Rendition

READER = {
    "name": "Ada",
    "address": "ada@example.org",
    "unsubscribe_url": "https://papers.example.org/unsubscribe/token",
    "preferences_url": "https://papers.example.org/preferences/token",
}
Choose = Callable[[int, int], str | None]


def everything(_section: int, _paper: int) -> str | None:
    """Every paper in full."""
    return "full"


def join_letter(
    rendition: Rendition,
    part: str = "html",
    choose: Choose = everything,
    more: int = 0,
    lead: str | None = None,
) -> str:
    """The letter's `html` or `text` part; `choose` gives each paper's length, None leaves it out.

    `lead` is the length of the papers that come first; None: none does.
    A seam follows every `seam_after` papers, whatever their length.
    """
    return "".join(
        fill(getattr(piece, part), values)
        for piece, values in _pieces(rendition, choose, more, lead)
    )


def fill(block: Block, values: Mapping[str, str]) -> str:
    """The block's text with each field's value."""
    text = block.literals[0]
    for field, literal in zip(block.fields, block.literals[1:], strict=True):
        text += values[field] + literal
    return text


def _pieces(
    rendition: Rendition, choose: Choose, more: int, lead_length: str | None
) -> Iterator[tuple[Piece, Mapping[str, str]]]:
    chosen = [
        [
            (paper, length)
            for number, paper in enumerate(section.papers)
            if (length := choose(place, number))
        ]
        for place, section in enumerate(rendition.sections)
    ]
    shown = [(s, c) for s, c in zip(rendition.sections, chosen, strict=True) if c]
    phrases = rendition.phrases
    lead = shown[0][1][0][0].short_title if shown else ""
    values = READER | {
        "papers": phrases["papers"][sum(len(c) for _, c in shown)],
        "themes": phrases["themes"][len(shown)],
        "more": phrases["more"][more],
        "preheader": lead.replace("&", "&amp;").replace("<", "&lt;"),
        "lead_title": lead,
    }
    count = 0
    leading = {} if lead_length is None else {p.paper_id: p for p in rendition.lead.papers}
    yield rendition.head, values
    if leading:
        yield rendition.lead.heading, values
        for one in leading.values():
            yield getattr(one, lead_length or ""), values
            yield rendition.seam, values
        yield rendition.lead.contents, values
    for section, papers in shown:
        yield (
            section.entry,
            values | {"section_papers": phrases["section_papers"][len(papers)], "share": "50"},
        )
    yield rendition.middle, values
    for section, papers in shown:
        yield (
            section.heading,
            values | {"section_papers": phrases["section_papers"][len(papers)], "share": "50"},
        )
        for paper, length in papers:
            if count and count % rendition.seam_after == 0:
                yield rendition.seam, values
            one = leading.get(paper.paper_id)
            yield (one.line if one else getattr(paper, length)), values
            count += 1
    if more:
        yield rendition.more, values
    yield rendition.foot, values
