"""Which blocks a letter is joined from, within its budget."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.mailing.assemble import BUDGET, Assembler, assemble_body
from digest.mailing.choice import Choice, choose_papers
from digest.mailing.error import LetterError
from digest.mailing.letter import LetterWriter
from digest.mailing.measure import fill
from digest.model import EmailAddress, Format, Subscriber
from tests.support.examples import examples
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

READER = {
    "name": "Ada",
    "address": "ada@example.com",
    "unsubscribe_url": "https://example.org/u/x",
    "preferences_url": "https://example.org/p/x",
}
EVERYTHING = Subscriber(address=EmailAddress.parse("ada@example.org"))


def everything(edition, format: Format = Format.HTML) -> Choice:
    choice = choose_papers(edition, EVERYTHING)
    return Choice(choice.papers, format)


def joined(block, *, escape: bool) -> str:
    return fill(block, READER, escape=escape).literals[0]


def lengths_in(text: str) -> list[tuple[str, str]]:
    return re.findall(r"(arxiv:[\d.]+):(full|brief|line)", text)


def test_a_letter_that_fits_holds_every_chosen_paper_in_full_in_order() -> None:
    edition = plain_edition([2, 1, 3])
    body = assemble_body(make_rendition(edition), Choice(((0, 1), (), (0, 2))))
    kept = [str(p.id) for p in (*edition.sections[0].papers, *edition.sections[2].papers[::2])]
    assert list(body.papers) == kept
    for text in (joined(body.html, escape=True), joined(body.text, escape=False)):
        assert lengths_in(text) == [(paper, "full") for paper in kept]
        assert "4 papers" in text
        assert "2 themes" in text
        assert text.count("2 papers") == 4, "twice in the contents, twice in headings"
        assert "Vision" not in text, "a section without a paper is nowhere"
        assert "online" not in text


def test_the_order_is_head_contents_middle_rows_foot() -> None:
    html = joined(
        assemble_body(make_rendition(plain_edition([1, 1])), Choice(((0,), (0,)))).html, escape=True
    )
    marks = [
        "<html>",
        "<li>Safety &amp; alignment",
        "<li>Vision",
        "<table>",
        'data-s="0"',
        "00000:full",
        'data-s="1"',
        "00001:full",
        "unsubscribe",
    ]
    places = [html.index(mark) for mark in marks]
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (40, {"full"}),
        (90, {"full", "brief"}),
        (700, {"full", "brief", "line"}),
        (1500, {"full", "line"}),
    ],
)
def test_blocks_shrink_and_only_then_are_papers_left_for_the_web(
    count: int, expected: set[str]
) -> None:
    edition = plain_edition([count // 2, count // 2])
    body = assemble_body(make_rendition(edition, extra="x" * 1000), everything(edition))
    html = joined(body.html, escape=True)
    assert len(html.replace("\n", "\r\n").encode()) <= BUDGET
    assert {length for _, length in lengths_in(html)} == expected
    assert [p for p, _ in lengths_in(html)] == list(body.papers)
    assert lengths_in(joined(body.text, escape=False)) == lengths_in(html), (
        "both parts carry the same"
    )
    assert (f"and {body.shortened.left_out} papers online" in html) is (count == 1500)
    assert len(body.papers) + body.shortened.left_out == count
    assert "arxiv:2611.00000:full" in html
    assert f"arxiv:2611.{count // 2:05d}:full" in html, "each theme keeps its best paper whole"


def test_the_best_papers_of_a_section_are_never_shorter_than_those_below() -> None:
    edition = plain_edition([60, 40])
    body = assemble_body(make_rendition(edition, extra="x" * 1200), everything(edition))
    found = dict(lengths_in(joined(body.html, escape=True)))
    for section in edition.sections:
        sizes = [("line", "brief", "full").index(found[str(p.id)]) for p in section.papers]
        assert sizes == sorted(sizes, reverse=True)


@pytest.mark.parametrize(("seam_after", "seams"), [(1, 11), (4, 3), (6, 2), (50, 0)])
def test_no_more_full_papers_than_seam_after_stand_between_two_seams(
    seam_after: int, seams: int
) -> None:
    edition = plain_edition([12])
    html = joined(
        assemble_body(make_rendition(edition, seam_after=seam_after), everything(edition)).html,
        escape=True,
    )
    tables = html.split("<!--seam-->")
    assert len(tables) - 1 >= seams
    assert all(0 < table.count(":full") <= seam_after for table in tables)


def test_a_seam_never_parts_a_heading_from_its_first_paper() -> None:
    edition = plain_edition([1] * 9)
    html = joined(
        assemble_body(make_rendition(edition, seam_after=2), everything(edition)).html, escape=True
    )
    assert all(
        table.rstrip().endswith("</td></tr>") for table in html.split("</table><!--seam-->")[:-1]
    )


TITLES = st.text(st.characters(codec="utf-8"), min_size=1, max_size=300).filter(
    lambda t: bool(t.strip())
)


@examples(40)
@given(
    sizes=st.lists(st.integers(1, 150), min_size=1, max_size=8),
    title=TITLES,
    extra=st.integers(0, 6000),
    letter=st.sampled_from('xé論"<😀\n'),
    name=st.text(max_size=150),
    format=st.sampled_from(Format),
    seam_after=st.integers(1, 8),
    leads=st.integers(0, 10),
    lead_extra=st.integers(0, 20_000),
)
def test_the_received_part_is_within_the_budget_whatever_papers_and_reader(
    sizes, title, extra, letter, name, format, seam_after, leads, lead_extra
) -> None:
    """Measured on the bytes of a whole letter, decoded by the standard library."""
    numbers = iter(range(10_000))
    sections = [
        (f"T{n}", [make_paper(next(numbers), title=title) for _ in range(size)])
        for n, size in enumerate(sizes)
    ]
    papers = [paper for _, papers in sections for paper in papers]
    edition = make_edition(sections, lead=papers[::-7][:leads])
    choice = everything(edition, format)
    rendition = make_rendition(
        edition, extra=letter * extra, lead_extra=letter * lead_extra, seam_after=seam_after
    )
    writer = LetterWriter(rendition, {choice.segment: choice}, make_newsletter(), KEYS, NOON)
    address = f"{'&' * 60}@{'a' * 60}.{'b' * 60}.example"
    letter_ = writer.write(make_recipient(choice.segment, name=name, address=address))
    parts = parts_of(letter_.content)
    shown = parts["html"] if format is Format.HTML else parts["text"]
    assert len(shown) <= BUDGET
    assert b"unsubscribe" in shown or format is Format.TEXT
    kept = writer.assembled(choice.segment)
    assert kept.papers
    assert len(set(kept.papers)) == len(kept.papers)
    counts = kept.shortened
    assert counts.full + counts.brief + counts.line == len(kept.papers)
    assert len(kept.papers) + counts.left_out == len(edition.papers)


def test_a_choice_that_is_empty_or_of_another_edition_is_refused_by_name() -> None:
    assembler = Assembler(make_rendition(plain_edition([2])))
    for choice in (Choice(((),)), Choice(((5,),)), Choice(((0,), (0,)))):
        with pytest.raises(LetterError, match=choice.segment):
            assembler.assemble(choice)


def test_too_few_phrases_are_an_error_that_names_the_field() -> None:
    from dataclasses import replace

    rendition = make_rendition(plain_edition([2]))
    poor = replace(rendition, phrases=rendition.phrases | {"papers": ("0 papers",)})
    with pytest.raises(LetterError, match="'papers'"):
        assemble_body(poor, Choice(((0, 1),)))
