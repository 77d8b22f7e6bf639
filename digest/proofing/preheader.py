"""Has the letter a line of its own for the list of letters, beside the subject?"""

from __future__ import annotations

from collections.abc import Sequence

from digest.proofing.contrast import Reading, has_own_text
from digest.proofing.finding import Findings, shown, warning
from digest.proofing.page import Page, elements, text_of

#: Characters: fewer leave room that programs fill with what comes next, more are not shown.
SHORTEST, LONGEST = 40, 130


def check_preheader(page: Page, subject: str, light: Sequence[Reading]) -> Findings:
    """The hidden text in front of the first visible one."""
    first = light[0].element if light else None
    text = _hidden_before(page, first)
    where = "preheader"
    if not text:
        words = "is missing, so programs show the first words of the page; hide a sentence there"
        yield warning("preheader", where, words)
    elif "".join(text.split()).casefold() == "".join(subject.split()).casefold():
        yield warning("preheader", where, "repeats the subject; say something else")
    elif not SHORTEST <= len(text) <= LONGEST:
        words = f"{shown(text)} has {len(text)} characters; {SHORTEST} to {LONGEST} are shown whole"
        yield warning("preheader", where, words)


def _hidden_before(page: Page, first: object) -> str:
    for element in elements(page.body):
        if element is first:
            return ""
        if element.tag not in ("style", "script", "title") and has_own_text(element):
            return text_of(element)
    return ""
