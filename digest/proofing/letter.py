"""Runs every check over one letter."""

from __future__ import annotations

from collections.abc import Callable

from digest.proofing.contrast import check_contrast, readings
from digest.proofing.css_habits import check_css
from digest.proofing.dark import check_dark
from digest.proofing.encoded_words import check_encoded_words, decode_words
from digest.proofing.finding import Finding, Findings, fold
from digest.proofing.headers import check_headers
from digest.proofing.lines import check_lines
from digest.proofing.links import check_links
from digest.proofing.lists import check_lists
from digest.proofing.markup import check_markup
from digest.proofing.media import DARK, LIGHT
from digest.proofing.mime import check_mime
from digest.proofing.opened import Opened, open_letter
from digest.proofing.page import read_page
from digest.proofing.preheader import check_preheader
from digest.proofing.size import check_size
from digest.proofing.structure import check_structure
from digest.proofing.text_part import check_text
from digest.proofing.type_size import check_type

_CHECKS: tuple[Callable[[Opened], Findings], ...] = (
    check_lines,
    check_headers,
    check_encoded_words,
    check_lists,
    check_mime,
    check_size,
)


def proof_letter(raw: bytes) -> tuple[Finding, ...]:
    """What is wrong with a letter's exact bytes: errors first, nothing for a good letter.

    Any bytes may come; none raise.
    """
    return fold(_proof(open_letter(raw)))


def _proof(letter: Opened) -> Findings:
    for check in _CHECKS:
        yield from check(letter)
    page = read_page(letter.html)
    yield from check_text(letter, page)
    if page:
        light, dark = readings(page, LIGHT), readings(page, DARK)
        yield from check_preheader(page, decode_words(letter.head.value("Subject")), light)
        yield from check_markup(page)
        yield from check_structure(page, letter.head.value("Content-Language"))
        yield from check_css(page)
        yield from check_links(page, letter.ways_to_leave)
        yield from check_type(light)
        yield from check_contrast(page, light, dark)
        yield from check_dark(page, light, dark)
