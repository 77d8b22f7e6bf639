"""The papers that come first in a letter: which, how long, and never twice."""

import re
from dataclasses import replace

import pytest

from digest.mailing.assemble import BUDGET, Assembled, assemble_body
from digest.mailing.choice import Choice
from digest.model import Edition, Format, LeadBlocks
from tests.support.renditions import make_edition, make_paper, make_rendition
from tests.unit.mailing.test_assemble import everything, joined


def an_edition(sizes: list[int], lead: list[int]) -> Edition:
    """Sections of these sizes, their papers numbered through; those of `lead` come first."""
    papers = [make_paper(number) for number in range(sum(sizes))]
    ends = [sum(sizes[: n + 1]) for n in range(len(sizes))]
    sections = [
        (f"Theme {n}", papers[end - size : end])
        for n, (size, end) in enumerate(zip(sizes, ends, strict=True))
    ]
    return make_edition(sections, lead=[papers[number] for number in lead])


def forms(body: Assembled) -> list[tuple[int, str]]:
    """Each paper's number and form where it stands, the same in both parts."""
    found = [
        [(int(number), form) for number, form in re.findall(r"2611\.(\d+):([a-z-]+)", part)]
        for part in (joined(body.html, escape=True), joined(body.text, escape=False))
    ]
    assert found[0] == found[1]
    return found[0]


def numbers(body: Assembled) -> list[int]:
    return [int(paper.partition(".")[2]) for paper in body.papers]


def test_the_lead_comes_first_in_its_order_and_each_of_it_is_a_line_in_its_theme() -> None:
    edition = an_edition([3, 2], lead=[4, 0])
    body = assemble_body(make_rendition(edition), everything(edition))
    assert forms(body) == [
        (4, "lead-full"), (0, "lead-full"),
        (0, "above"), (1, "full"), (2, "full"),
        (3, "full"), (4, "above"),
    ]  # fmt: skip
    assert numbers(body) == [4, 0, 1, 2, 3]
    assert str(body.shortened) == "5 full, 0 brief, 0 in a line, 0 only online"
    html = joined(body.html, escape=True)
    marks = ["5 papers in 2 themes", "First", "lead-full", "Contents", "<li>Theme 0: 3 papers",
             "<li>Theme 1: 2 papers", "</ul><table>", "above"]  # fmt: skip
    places = [html.index(mark) for mark in marks]
    assert places == sorted(places)


def test_subject_and_preheader_begin_with_the_lead() -> None:
    edition = an_edition([3, 2], lead=[4, 2])
    body = assemble_body(make_rendition(edition), everything(edition))
    assert body.subject.literals[0].startswith("Paper number 4 ")
    assert body.preheader.startswith("Paper number 2 ")


def test_a_reader_sees_those_of_the_lead_that_are_among_her_papers() -> None:
    edition = an_edition([5, 5], lead=[9, 0, 7])
    body = assemble_body(make_rendition(edition), Choice(((), (0, 1, 2, 4))))
    assert [pair for pair in forms(body) if "lead" in pair[1]] == [
        (9, "lead-full"),
        (7, "lead-full"),
    ]
    assert numbers(body) == [9, 7, 5, 6]


@pytest.mark.parametrize("format", Format)
def test_a_choice_without_any_of_it_is_the_letter_that_it_would_be_without_a_lead(format) -> None:
    edition = an_edition([4, 4], lead=[0, 1])
    rendition = make_rendition(edition)
    choice = Choice(((2, 3), (0, 1, 2)), format)
    plain = assemble_body(replace(rendition, lead=LeadBlocks()), choice)
    assert assemble_body(rendition, choice) == plain


@pytest.mark.parametrize(
    ("choice", "has_lead"),
    [
        (Choice(((0, 1, 2), ())), False),
        (Choice(((0,), (0, 1))), False),
        (Choice(((0, 1, 2), (0,))), True),
    ],
)
def test_a_letter_of_no_more_papers_than_the_edition_leads_with_has_no_lead(
    choice: Choice, has_lead: bool
) -> None:
    edition = an_edition([3, 2], lead=[0, 1, 2])
    found = forms(assemble_body(make_rendition(edition), choice))
    assert any(form == "lead-full" for _, form in found) is has_lead
    assert has_lead or {form for _, form in found} == {"full"}


@pytest.mark.parametrize(
    ("count", "below"),
    [(90, {"full", "brief"}), (700, {"full", "brief", "line"}), (1500, {"full", "line"})],
)
def test_when_room_is_short_the_sections_shrink_first(count: int, below: set[str]) -> None:
    edition = an_edition([count // 2, count // 2], lead=[count - 1, 5, 6])
    rendition = make_rendition(edition, extra="x" * 1000, lead_extra="x" * 1000)
    body = assemble_body(rendition, everything(edition))
    found = forms(body)
    assert found[:3] == [(count - 1, "lead-full"), (5, "lead-full"), (6, "lead-full")]
    assert {form for _, form in found[3:]} == below | {"above"}
    assert [number for number, form in found if form == "above"] == [5, 6, count - 1]
    assert len(joined(body.html, escape=True).replace("\n", "\r\n").encode()) <= BUDGET


def test_the_lead_shrinks_to_brief_before_a_paper_is_cut() -> None:
    edition = an_edition([20, 20], lead=[0, 20, 1])
    rendition = make_rendition(edition, lead_extra="x" * 40_000)
    body = assemble_body(rendition, everything(edition))
    found = forms(body)
    assert found[:3] == [(0, "lead-full"), (20, "lead-full"), (1, "lead-brief")]
    assert body.shortened.left_out == 0
    rendition = make_rendition(edition, lead_extra="x" * 100_000)
    body = assemble_body(rendition, everything(edition))
    assert [form for _, form in forms(body)[:3]] == ["lead-brief"] * 3
    assert len(body.papers) == 40


def test_a_lead_that_has_no_room_even_in_brief_gives_way_to_the_papers() -> None:
    papers = [make_paper(0, title="x" * 50_000), *(make_paper(n) for n in range(1, 9))]
    edition = make_edition([("Theme", papers)], lead=papers[:2])
    body = assemble_body(make_rendition(edition), everything(edition))
    assert numbers(body) == list(range(9))
    assert not any("lead" in form for _, form in forms(body))


@pytest.mark.parametrize("seam_after", [1, 2, 4])
def test_seams_part_a_long_lead_and_the_lead_from_the_contents(seam_after: int) -> None:
    edition = an_edition([12], lead=list(range(9)))
    body = assemble_body(make_rendition(edition, seam_after=seam_after), everything(edition))
    html = joined(body.html, escape=True).partition("<li>")[0]
    *tables, contents = html.split("</table><!--seam--><table>")
    assert all(0 < table.count("lead-full") <= seam_after for table in tables)
    assert contents.startswith("<tr><th>Contents")
