"""Renditions as JSON: every block with its open fields comes back as it was."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.model import (
    READER_FIELDS,
    SEGMENT_FIELDS,
    Block,
    EditionKey,
    LeadBlocks,
    LeadPaperBlocks,
    PaperBlocks,
    Piece,
    Rendition,
    SectionBlocks,
)
from digest.model.rendition_document import rendition_from_document, rendition_to_document
from tests.support.examples import examples

fields = st.lists(st.sampled_from(sorted(SEGMENT_FIELDS | READER_FIELDS)), max_size=3)
texts = st.text(max_size=20)
blocks = fields.flatmap(
    lambda found: st.lists(texts, min_size=len(found) + 1, max_size=len(found) + 1).map(
        lambda literals: Block(literals=tuple(literals), fields=tuple(found))
    )
)
pieces = st.builds(Piece, html=blocks, text=blocks)
papers = st.builds(
    PaperBlocks, paper_id=texts, short_title=texts, full=pieces, brief=pieces, line=pieces
)
sections = st.builds(
    SectionBlocks,
    theme=texts,
    heading=pieces,
    entry=pieces,
    papers=st.lists(papers, max_size=2).map(tuple),
)
leads = st.builds(
    LeadBlocks,
    heading=pieces,
    papers=st.lists(
        st.builds(LeadPaperBlocks, paper_id=texts, full=pieces, brief=pieces, line=pieces),
        max_size=2,
    ).map(tuple),
    contents=pieces,
)
renditions = st.builds(
    Rendition,
    key=st.just(EditionKey("2026-W48")),
    date=st.just(date(2026, 11, 23)),
    language=st.just("en"),
    template_set=texts,
    title=texts,
    subject=blocks,
    head=pieces,
    middle=pieces,
    sections=st.lists(sections, max_size=2).map(tuple),
    seam=pieces,
    more=pieces,
    foot=pieces,
    phrases=st.dictionaries(
        st.sampled_from(["papers", "more"]), st.lists(texts, max_size=3).map(tuple)
    ),
    seam_after=st.integers(1, 9),
    lead=leads,
    why=pieces,
)


@examples(40)
@given(renditions)
def test_every_rendition_survives_json(rendition: Rendition) -> None:
    document = json.loads(json.dumps(rendition_to_document(rendition)))
    assert rendition_from_document(document) == rendition


@examples(20)
@given(renditions)
def test_one_that_was_frozen_before_there_was_a_lead_has_none(rendition: Rendition) -> None:
    document = rendition_to_document(rendition)
    del document["lead"]
    assert rendition_from_document(document) == replace(rendition, lead=LeadBlocks())


@examples(20)
@given(renditions)
def test_one_that_was_frozen_before_letters_told_why_does_not_tell(rendition: Rendition) -> None:
    document = rendition_to_document(rendition)
    del document["why"]
    assert rendition_from_document(document) == replace(rendition, why=Piece())


def test_a_block_is_one_flat_list() -> None:
    block = Block(literals=("Dear ", ","), fields=("name",))
    plain = Piece()
    rendition = Rendition(
        key=EditionKey("2026-11-23"),
        date=date(2026, 11, 23),
        language="en",
        template_set="daily",
        title="T",
        subject=block,
        head=plain,
        middle=plain,
        sections=(),
        seam=plain,
        more=plain,
        foot=plain,
        phrases={},
    )
    document = rendition_to_document(rendition)
    assert document["subject"] == ["Dear ", "name", ","]
    for change, words in [
        ({"schema": 2}, "schema 2 is not 1"),
        ({"head": None}, "wrong kind"),
        ({"subject": ["a", "no field", "b"]}, "unknown merge fields"),
    ]:
        with pytest.raises(ValueError, match=words):
            rendition_from_document(document | change)
    del document["foot"]
    with pytest.raises(ValueError, match="foot is missing"):
        rendition_from_document(document)
