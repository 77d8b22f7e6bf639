"""A rendition as plain JSON values, compact enough to be frozen beside its edition."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from digest.model.edition import EditionKey
from digest.model.rendition import (
    Block,
    LeadBlocks,
    LeadPaperBlocks,
    PaperBlocks,
    Piece,
    Rendition,
    SectionBlocks,
)
from digest.model.versioned import read_versioned

#: Raised when a reader of the old shape would misread the new one; added keys do not count.
SCHEMA = 1


def rendition_to_document(rendition: Rendition) -> dict[str, Any]:
    """The rendition for `json.dumps`.

    A block is [literal, field, literal, ...]; a piece is {"html": block, "text": block}.
    """
    return {
        "schema": SCHEMA,
        "key": str(rendition.key),
        "date": rendition.date.isoformat(),
        "language": rendition.language,
        "template_set": rendition.template_set,
        "title": rendition.title,
        "subject": _from_block(rendition.subject),
        "head": _from_piece(rendition.head),
        "middle": _from_piece(rendition.middle),
        "sections": [_from_section(section) for section in rendition.sections],
        "seam": _from_piece(rendition.seam),
        "more": _from_piece(rendition.more),
        "foot": _from_piece(rendition.foot),
        "phrases": {field: list(words) for field, words in rendition.phrases.items()},
        "seam_after": rendition.seam_after,
        "lead": _from_lead(rendition.lead),
        "why": _from_piece(rendition.why),
        "words": dict(rendition.words),
    }


def rendition_from_document(document: Mapping[str, Any]) -> Rendition:
    """Read such a document back; keys that this version does not know are passed over.

    Raises:
        ValueError: another schema, or a value that is missing or wrong.
    """
    return read_versioned(document, _rendition, name="rendition", schema=SCHEMA)


def _rendition(document: Mapping[str, Any]) -> Rendition:
    return Rendition(
        key=EditionKey(document["key"]),
        date=date.fromisoformat(document["date"]),
        language=document["language"],
        template_set=document["template_set"],
        title=document["title"],
        subject=_block(document["subject"]),
        head=_piece(document["head"]),
        middle=_piece(document["middle"]),
        sections=tuple(_section(section) for section in document["sections"]),
        seam=_piece(document["seam"]),
        more=_piece(document["more"]),
        foot=_piece(document["foot"]),
        phrases={field: tuple(words) for field, words in document["phrases"].items()},
        seam_after=document["seam_after"],
        # An edition that was frozen before there was a lead has none.
        lead=_lead(document["lead"]) if "lead" in document else LeadBlocks(),
        why=_piece(document["why"]) if "why" in document else Piece(),
        words={name: str(said) for name, said in document.get("words", {}).items()},
    )


def _from_block(block: Block) -> list[str]:
    parts = [block.literals[0]]
    for field, literal in zip(block.fields, block.literals[1:], strict=True):
        parts += (field, literal)
    return parts


def _block(parts: list[str]) -> Block:
    return Block(literals=tuple(parts[::2]), fields=tuple(parts[1::2]))


def _from_piece(piece: Piece) -> dict[str, list[str]]:
    return {"html": _from_block(piece.html), "text": _from_block(piece.text)}


def _piece(document: Mapping[str, Any]) -> Piece:
    return Piece(html=_block(document["html"]), text=_block(document["text"]))


def _from_lead(lead: LeadBlocks) -> dict[str, Any]:
    return {
        "heading": _from_piece(lead.heading),
        "papers": [
            {
                "paper_id": paper.paper_id,
                "full": _from_piece(paper.full),
                "brief": _from_piece(paper.brief),
                "line": _from_piece(paper.line),
            }
            for paper in lead.papers
        ],
        "contents": _from_piece(lead.contents),
    }


def _lead(document: Mapping[str, Any]) -> LeadBlocks:
    return LeadBlocks(
        heading=_piece(document["heading"]),
        papers=tuple(
            LeadPaperBlocks(
                paper_id=paper["paper_id"],
                full=_piece(paper["full"]),
                brief=_piece(paper["brief"]),
                line=_piece(paper["line"]),
            )
            for paper in document["papers"]
        ),
        contents=_piece(document["contents"]),
    )


def _from_section(section: SectionBlocks) -> dict[str, Any]:
    return {
        "theme": section.theme,
        "heading": _from_piece(section.heading),
        "entry": _from_piece(section.entry),
        "papers": [_from_paper(paper) for paper in section.papers],
    }


def _section(document: Mapping[str, Any]) -> SectionBlocks:
    return SectionBlocks(
        theme=document["theme"],
        heading=_piece(document["heading"]),
        entry=_piece(document["entry"]),
        papers=tuple(_paper(paper) for paper in document["papers"]),
    )


def _from_paper(paper: PaperBlocks) -> dict[str, Any]:
    return {
        "paper_id": paper.paper_id,
        "short_title": paper.short_title,
        "teaser": paper.teaser,
        "full": _from_piece(paper.full),
        "brief": _from_piece(paper.brief),
        "line": _from_piece(paper.line),
    }


def _paper(document: Mapping[str, Any]) -> PaperBlocks:
    return PaperBlocks(
        paper_id=document["paper_id"],
        short_title=document["short_title"],
        teaser=document.get("teaser", ""),
        full=_piece(document["full"]),
        brief=_piece(document["brief"]),
        line=_piece(document["line"]),
    )
