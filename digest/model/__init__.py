"""What flows through the rooms: papers, editions, renditions, subscribers and letters."""

from digest.model.address import EmailAddress
from digest.model.catalogue import Catalogue
from digest.model.edition import DayCount, Edition, EditionKey, Section
from digest.model.letter import Envelope, Letter, Outcome, OutcomeKind, Recipient, Stage
from digest.model.mailed import Mailed
from digest.model.paper import Mark, Paper, PaperId, Placement, Score
from digest.model.rendition import (
    READER_FIELDS,
    SEGMENT_FIELDS,
    Block,
    LeadBlocks,
    LeadPaperBlocks,
    PaperBlocks,
    Piece,
    Rendition,
    SectionBlocks,
)
from digest.model.source import SourceReport, StoredReply, Verdict
from digest.model.subscriber import Format, Frequency, Subscriber
from digest.model.template import TemplateSet

__all__ = [
    "READER_FIELDS",
    "SEGMENT_FIELDS",
    "Block",
    "Catalogue",
    "DayCount",
    "Edition",
    "EditionKey",
    "EmailAddress",
    "Envelope",
    "Format",
    "Frequency",
    "LeadBlocks",
    "LeadPaperBlocks",
    "Letter",
    "Mailed",
    "Mark",
    "Outcome",
    "OutcomeKind",
    "Paper",
    "PaperBlocks",
    "PaperId",
    "Piece",
    "Placement",
    "Recipient",
    "Rendition",
    "Score",
    "Section",
    "SectionBlocks",
    "SourceReport",
    "Stage",
    "StoredReply",
    "Subscriber",
    "TemplateSet",
    "Verdict",
]
