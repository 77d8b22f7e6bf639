"""Says in which form a letter shows each paper that was chosen for it."""

from __future__ import annotations

from digest.mailing.assemble import Assembled
from digest.mailing.choice import Choice
from digest.model import LeadPaperBlocks, PaperBlocks, Rendition

#: How a letter shows a paper, in words; the forms of a block, the longest first.
SHOWN = {"full": "in full", "brief": "in brief", "line": "in a line"}
ONLINE = "online"


def forms_of(rendition: Rendition, choice: Choice, assembled: Assembled) -> dict[str, str]:
    """Paper id -> a key of `SHOWN`, or `ONLINE` where the letter was too full for it."""
    placed = {id(each.piece) for each in assembled.placed}
    chosen = [
        section.papers[number]
        for section, numbers in zip(rendition.sections, choice.papers, strict=True)
        for number in numbers
    ]
    forms = {paper.paper_id: ONLINE for paper in chosen}
    blocks: tuple[PaperBlocks | LeadPaperBlocks, ...] = (*chosen, *rendition.lead.papers)
    for form in reversed(SHOWN):  # a paper that leads stands there twice: the longest counts
        for paper in blocks:
            if id(getattr(paper, form)) in placed:
                forms[paper.paper_id] = form
    return forms
