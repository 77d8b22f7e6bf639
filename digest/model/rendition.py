"""An edition, rendered once and cut into blocks, with its merge fields open.

A letter is a choice of blocks, joined in this order:

    head
      lead.heading          with the lead, the papers that come first
        lead.paper.full | brief
        seam
      lead.contents         what leads over to the table of contents
      section.entry         one per section chosen: the table of contents
    middle
      section.heading       one per section chosen
        paper.full | brief | line   the lead's own line where it stands in the lead
        why                   behind a paper, only where there is something to say; also in the lead
      seam                  between rows, so that no table grows past what Word can lay out
    more                    only where papers were left for the web page
    foot
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from digest.model.edition import EditionKey

#: Filled once per segment (subscribers with the same blocks).
SEGMENT_FIELDS = frozenset(
    {
        "papers",  # "31 papers": phrases["papers"][n], n papers in this letter
        "themes",  # "6 themes": phrases["themes"][n]
        "section_papers",  # "4 papers": in entry and heading, n papers of this section
        "share",  # "75": in entry, the section's papers in percent of the largest section's
        "more",  # "12 papers": in `more`, n papers left for the web page
        "preheader",  # the line that clients show beside the subject
        "lead_title",  # short title of the letter's first paper
        "why",  # "matches: robots": in `why`, why the paper before it was chosen
    }
)
#: Filled per reader.
READER_FIELDS = frozenset({"name", "address", "unsubscribe_url", "preferences_url"})


@dataclass(frozen=True, slots=True)
class Block:
    """Text with merge fields: `literals[0] + fields[0] + literals[1] + ...`.

    One more literal than fields. Values are escaped for HTML by whoever fills an HTML block.
    """

    literals: tuple[str, ...] = ("",)
    fields: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if len(self.literals) != len(self.fields) + 1:
            raise ValueError("a block has one literal more than fields")
        unknown = set(self.fields) - SEGMENT_FIELDS - READER_FIELDS
        if unknown:
            raise ValueError(f"unknown merge fields: {', '.join(sorted(unknown))}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """The same content twice: for the HTML part and for the text part."""

    html: Block = Block()
    text: Block = Block()


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperBlocks:
    """A paper in three lengths.

    `short_title` serves subjects and preheaders, `teaser` (what it is about) preheaders that have
    few titles; both are plain text.
    """

    paper_id: str
    short_title: str
    full: Piece
    brief: Piece
    line: Piece
    teaser: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionBlocks:
    """A section's own blocks; `papers` in the edition's order."""

    theme: str
    heading: Piece
    entry: Piece
    papers: tuple[PaperBlocks, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadPaperBlocks:
    """A paper of the lead: `full` or `brief` there, `line` in its section."""

    paper_id: str
    full: Piece
    brief: Piece
    line: Piece


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadBlocks:
    """What comes before the sections; `papers` best first, none where nothing comes first."""

    heading: Piece = Piece()
    papers: tuple[LeadPaperBlocks, ...] = ()
    contents: Piece = Piece()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendition:
    """Everything that letters of one edition are made of.

    `phrases` maps a segment field to its words for 0, 1, 2 ... papers (or themes), so that
    joining needs no grammar; `words` the sentences that a letter is finished with, in the
    edition's language, their `%(name)s` open. `seam_after` is how many full papers may stand
    between two seams.
    `title` is the edition's plain name, for page titles and logs.
    """

    key: EditionKey
    date: date
    language: str
    template_set: str
    title: str
    subject: Block
    head: Piece
    middle: Piece
    sections: tuple[SectionBlocks, ...]
    seam: Piece
    more: Piece
    foot: Piece
    phrases: dict[str, tuple[str, ...]]
    seam_after: int = 6
    lead: LeadBlocks = LeadBlocks()
    why: Piece = Piece()
    words: dict[str, str] = field(default_factory=dict)
