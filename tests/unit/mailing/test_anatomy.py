"""What a letter weighs, by kind of block."""

from __future__ import annotations

from dataclasses import replace

import pytest

from digest.mailing.anatomy import Kind, LetterSizes, measure_letter
from digest.mailing.choice import Choice
from digest.mailing.letter import LetterWriter
from digest.model import Block, Edition, Format
from tests.support.letters import parts_of
from tests.support.renditions import (
    KEYS,
    NOON,
    make_edition,
    make_newsletter,
    make_paper,
    make_recipient,
    make_rendition,
    plain_edition,
)


def led_edition() -> Edition:
    papers = [make_paper(n, title=f"Größe 例 {n}") for n in range(9)]
    return make_edition([("Vision & co", papers[:5]), ("Robotics", papers[5:])], lead=papers[3:6])


def weigh_letter(
    edition: Edition,
    *,
    format: Format = Format.HTML,
    extra: str = "",
    name: str = "Ada",
    head: str = "",
) -> tuple[LetterSizes, bytes]:
    """The sizes of a letter of all papers, and the letter; its head begins with `head` too."""
    rendition = make_rendition(edition, extra=extra)
    html = rendition.head.html
    opened = Block((html.literals[0] + head, *html.literals[1:]), html.fields)
    rendition = replace(rendition, head=replace(rendition.head, html=opened))
    papers = tuple(tuple(range(len(section.papers))) for section in edition.sections)
    choice = Choice(format=format, papers=papers)
    writer = LetterWriter(rendition, {choice.segment: choice}, make_newsletter(), KEYS, NOON)
    recipient = make_recipient(choice.segment, name=name)
    raw = writer.write(recipient).content
    assembled = writer.assembled(choice.segment)
    values = writer.values(recipient)
    return measure_letter(raw, rendition, assembled, writer.links, values), raw


@pytest.mark.parametrize("name", ["", "Ada", 'Åsa <& "friends"> =.例'])
@pytest.mark.parametrize("edition", [led_edition(), plain_edition([1]), plain_edition([40, 30])])
def test_the_kinds_add_up_to_exactly_what_each_part_has(edition: Edition, name: str) -> None:
    sizes, raw = weigh_letter(edition, name=name, extra="= . ü\n" * 9)
    parts = parts_of(raw)
    assert sizes.html.decoded == len(parts["html"])
    assert sizes.text.decoded == len(parts["text"])
    text, html = raw.split(b"quoted-printable\r\n\r\n")[1:]
    boundary = raw.partition(b'boundary="')[2].partition(b'"')[0]
    assert sizes.text.encoded == text.index(b"\r\n--" + boundary)
    assert sizes.html.encoded == html.index(b"\r\n--" + boundary)
    assert sizes.letter == len(raw)
    assert raw[sizes.headers - 2 :].startswith(b"\r\n\r\n")


def test_a_kind_counts_its_blocks() -> None:
    sizes, _ = weigh_letter(led_edition())
    counts = {block.kind: block.count for block in sizes.blocks}
    assert counts[Kind.LEAD_FULL] == 3
    assert counts[Kind.LINE] == 3  # of the same papers, in their sections
    assert counts[Kind.FULL] == 6
    assert (counts[Kind.HEAD], counts[Kind.FOOT]) == (1, 1)
    assert counts[Kind.HEADINGS] == 3
    assert Kind.WHY not in counts


def test_style_sheets_are_weighed_apart_from_the_head() -> None:
    sheet = "<style>p{color:#1f2328}</style>"
    plain, _ = weigh_letter(led_edition())
    styled, raw = weigh_letter(led_edition(), head=sheet)
    before, after = ({b.kind: b.html.decoded for b in each.blocks} for each in (plain, styled))
    assert Kind.STYLES not in before
    assert after == before | {Kind.STYLES: len(sheet)}
    assert styled.html.decoded == len(parts_of(raw)["html"])


def test_a_text_letter_has_no_html() -> None:
    sizes, raw = weigh_letter(led_edition(), format=Format.TEXT)
    assert sizes.html == (0, 0)
    assert sizes.text.decoded == len(parts_of(raw)["text"])
