"""Title with abstract, pair by pair, out of the plain text of a papers page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from digest.sources.file_record import RawRecord

_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_DAY = rf"(?:{_MONTH}\.? \d{{1,2}}|\d{{1,2}} {_MONTH}\.?|\d{{4}}-\d\d?-\d\d?)(?:,? \d{{4}})?"
# Lines of the page itself: its head, its buttons, counts, dates, names of who submitted.
_FURNITURE = re.compile(
    rf"""(?:
      new | hot | top | trending | (?:daily|trending|weekly|monthly|hot)\ papers? | papers?
    | get\ trending\ papers.* | (?:un)?subscribe.*
    | by\ ?(?:AK|@?ak)\b.* | by\ .*research\ community
    | (?:(?:on|updated|published|submitted|posted|released)(?:\ on|\ by|\ at|:)?\ ?)?
      {_DAY} .{{0,40}}
    | (?:published|submitted|posted|upvoted|authored|featured)\ (?:on|by|at)\b.{{0,80}}
    | (?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\b.{{0,30}}
    | [\W\d_]*\d[\d.,]*\s*[km]?[\W\d_]* | \W+
    | \W*\d+\s*(?:authors?|upvotes?|votes?|comments?|likes?|points?|stars?|papers?|replies)\W*
    | (?:upvotes?|votes?|comments?|likes?|stars|github|arxiv|pdf|code|project|models?|datasets?
        |spaces|docs|pricing|community|enterprise|log\ ?in|sign\ ?up|search|sort\ by.*|previous|next
        |back|home|abstract|view\ .{{1,30}}|add\ to\ collection|show\ more|load\ more|read\ more
        |today|yesterday|this\ week|this\ month)\W*\d*[.\dk]*
    | (?:github|arxiv)\ (?:[\d.,]+k?|page) | \S+\ and\ \d+\ others | https?://\S+
    )""",
    re.IGNORECASE | re.VERBOSE,
)
_SUBMITTED = re.compile(r"(?:submitted|posted|published)\s+by\s*:?", re.IGNORECASE)
_SENTENCE_END = re.compile(r"[.…][\"'”’)\]]*$|\.\.\.$")
_LONG = 200  # the longest titles are about this long
_SHORT_ABSTRACT = 30


@dataclass(frozen=True, slots=True)
class _Paragraph:
    line: int
    text: str


def read_page(text: str) -> Iterator[RawRecord]:
    """Pairs of a title and its abstract.

    A title is short and does not end with a full stop; an abstract is long, or a sentence
    behind a title. Two abstracts in a row are one with two paragraphs.
    """
    title: _Paragraph | None = None
    open_record: tuple[_Paragraph, list[str]] | None = None
    started = False
    for paragraph in _paragraphs(text):
        if _is_abstract(paragraph.text, title is not None, open_record is not None):
            if title is not None:
                if open_record:
                    yield _record(*open_record)
                open_record, title, started = (title, [paragraph.text]), None, True
            elif open_record:
                open_record[1].append(paragraph.text)
            continue
        if started and title is not None and len(title.text.split()) > 3:
            yield RawRecord(
                line=title.line, fault="a line without an abstract is left out", warning=True
            )
        title = paragraph
    if open_record:
        yield _record(*open_record)


def _record(title: _Paragraph, abstract: list[str]) -> RawRecord:
    return RawRecord(line=title.line, fields={"title": title.text, "abstract": " ".join(abstract)})


def _is_abstract(text: str, has_title: bool, has_record: bool) -> bool:
    ends = bool(_SENTENCE_END.search(text))
    if len(text) >= _LONG:
        # Cut texts end anywhere; without a title before it, only a sentence is more abstract.
        return has_title or ends or len(text) >= 2 * _LONG
    if not ends:
        return False
    words = len(text.split())
    return len(text) >= _SHORT_ABSTRACT and words >= 6 and (has_title or has_record)


def _paragraphs(text: str) -> Iterator[_Paragraph]:
    """Blocks between blank lines without the page's own lines; single lines where none is blank."""
    lines = [" ".join(line.split()) for line in re.split(r"\r\n?|\n|\u2028|\u2029", text)]
    alone = all(line for line in lines[:-1])
    block: list[_Paragraph] = []
    after_submitted = False
    for number, line in enumerate([*lines, ""], start=1):
        if line and not after_submitted and not is_furniture(line):
            block.append(_Paragraph(number, line))
        if line:
            # The name stands on a line of its own behind "Submitted by".
            after_submitted = bool(_SUBMITTED.fullmatch(line))
        if block and (not line or alone):
            yield from _joined(block)
            block = []


def _joined(block: list[_Paragraph]) -> list[_Paragraph]:
    """A wrapped paragraph as one; a title glued to its abstract as two."""
    if len(block) > 1 and max(len(part.text) for part in block) >= _LONG:
        return block
    return [_Paragraph(block[0].line, " ".join(part.text for part in block))]


def is_furniture(line: str) -> bool:
    """Whether a line belongs to the page, not to a paper."""
    return len(line) < 120 and bool(_FURNITURE.fullmatch(line.strip()))
