"""Runs every check over one letter."""

from __future__ import annotations

from collections.abc import Callable

from digest.proofing.contrast import check_contrast
from digest.proofing.encoded_words import check_encoded_words
from digest.proofing.finding import Finding, Findings, fold
from digest.proofing.headers import check_headers
from digest.proofing.lines import check_lines
from digest.proofing.lists import check_lists
from digest.proofing.mime import check_mime
from digest.proofing.opened import Opened, open_letter
from digest.proofing.page import Page, read_page
from digest.proofing.size import check_size

_CHECKS: tuple[Callable[[Opened], Findings], ...] = (
    check_lines,
    check_headers,
    check_encoded_words,
    check_lists,
    check_mime,
    check_size,
)
_PAGE_CHECKS: tuple[Callable[[Page], Findings], ...] = (check_contrast,)


def proof_letter(raw: bytes) -> tuple[Finding, ...]:
    """What is wrong with a letter's exact bytes: errors first, nothing for a good letter.

    Any bytes may come; none raise.
    """
    return fold(_proof(open_letter(raw)))


def _proof(letter: Opened) -> Findings:
    for check in _CHECKS:
        yield from check(letter)
    page = read_page(letter.html)
    if page:
        for look in _PAGE_CHECKS:
            yield from look(page)
