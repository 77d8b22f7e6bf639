"""Letters that say why their reader gets each paper."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.mailing.assemble import assemble_body
from digest.mailing.choice import Choice, Chooser
from digest.mailing.measure import ROOM, weigh
from digest.model import Format, Piece
from tests.support.renditions import make_edition, make_paper, make_rendition, plain_edition
from tests.unit.mailing.test_assemble import joined
from tests.unit.mailing.test_relevance import EDITION, LAST_FIRST, Known, reader

SAFETY = "because you follow Safety"


def choose(why: bool = True, **wishes: object) -> Choice:
    known = Known({"x": LAST_FIRST}, frozenset({23}))
    chooser = Chooser(EDITION, relevance=known, why=why)
    return chooser.choose(reader(**{"interests": (), **wishes}))


def test_a_reason_is_the_theme_the_words_or_the_liked_paper() -> None:
    made = choose(themes=("saf*",), keywords=("matter 0", "matter 7"), max_papers=8)
    assert made.papers == ((0, 1, 2, 3, 4, 5), (1,), (), ())
    assert made.why == (
        (f"{SAFETY} · matches: matter 0", *[SAFETY] * 5),
        ("matches: matter 7",),
        (),
        (),
    )
    near = choose(interests=("x",), themes=("Safety",), max_papers=4)
    assert near.why[3] == ("close to: nearest to 21", "close to: nearest to 22")
    assert near.why[0] == (SAFETY, SAFETY)


def test_who_gets_everything_is_told_nothing_and_shares_the_segment() -> None:
    assert choose() == choose(why=False) == choose(exclude=("nothing",))
    assert choose().why == ()


def test_reasons_part_segments_only_where_letters_tell_them() -> None:
    wishes = ({"themes": ("Speech",)}, {"themes": ("*eech",)}, {"keywords": ("matter",)})
    assert len({choose(why=False, **wish).segment for wish in wishes[:2]}) == 1
    assert len({choose(**wish).segment for wish in wishes[:2]}) == 1
    told = choose(keywords=("matter", "paper"))
    assert told.papers == choose(themes=("*",)).papers
    assert told.segment != choose(themes=("*",)).segment


def test_a_choice_from_before_is_read_and_keeps_its_name() -> None:
    plain = choose(why=False, themes=("Safety",))
    assert plain.to_json() == '{"format":"html","papers":[[0,1,2,3,4,5],[],[],[]]}'
    assert Choice.from_json(plain.to_json()).segment == plain.segment


@given(st.lists(st.text(max_size=30), min_size=3, max_size=3))
def test_reasons_survive_json(texts: list[str]) -> None:
    made = Choice(((0, 2), (1,)), Format.TEXT, (tuple(texts[:2]), (texts[2],)))
    again = Choice.from_json(made.to_json())
    assert (again, again.segment) == (made, made.segment)


@pytest.mark.parametrize("why", ["[[]]", '[["a"],["b"]]', "[[1,2],[3]]"])
def test_reasons_of_another_shape_are_refused(why: str) -> None:
    text = f'{{"format":"html","papers":[[0],[]],"why":{why}}}'
    with pytest.raises(ValueError, match="not a choice"):
        Choice.from_json(text)


def test_the_line_stands_behind_its_paper_and_is_escaped() -> None:
    edition = plain_edition([2, 1])
    made = Choice(((0, 1), (0,)), Format.HTML, (("", "matches: a<b & c"), ("because",)))
    body = assemble_body(make_rendition(edition), made)
    html, text = joined(body.html, escape=True), joined(body.text, escape=False)
    marks = [
        "00000:full",
        "00001:full",
        "why: matches: a&lt;b &amp; c",
        "00002:full",
        "why: because",
    ]
    places = [html.index(mark) for mark in marks]
    assert places == sorted(places)
    assert html.count("why: ") == text.count("why: ") == 2
    assert "why: matches: a<b & c\n" in text


def test_a_paper_that_leads_tells_it_there_alone() -> None:
    papers = [make_paper(n, score=9.0 - n) for n in range(6)]
    edition = make_edition([("One", papers[:3]), ("Two", papers[3:])])
    edition = replace(edition, lead=(papers[4].id,))
    made = Choice(((0, 1), (1,)), Format.HTML, (("", ""), ("because",)))
    html = joined(assemble_body(make_rendition(edition), made).html, escape=True)
    assert html.count("why: because") == 1
    assert html.index("why: because") < html.index("Contents")


def test_a_template_set_without_the_block_tells_nothing() -> None:
    rendition = replace(make_rendition(plain_edition([1])), why=Piece())
    told = assemble_body(rendition, Choice(((0,),), Format.HTML, (("because",),)))
    assert joined(told.html, escape=True) == joined(
        assemble_body(rendition, Choice(((0,),))).html, escape=True
    )  # fmt: skip


@given(
    st.lists(st.integers(1, 6), min_size=1, max_size=4),
    st.integers(3_500, 12_000),
    st.text(st.sampled_from("<&é a"), min_size=1, max_size=120),
    st.sampled_from(Format),
)
def test_reasons_are_paid_from_the_budget(sizes, budget, reason, format) -> None:
    edition = plain_edition(sizes)
    papers = tuple(tuple(range(size)) for size in sizes)
    why = tuple((reason,) * size for size in sizes)
    rendition = make_rendition(edition, extra="More words. " * 20)
    body = assemble_body(rendition, Choice(papers, format, why), budget)
    block = body.html if format is Format.HTML else body.text
    # One paper's line is always kept, even if the room is too small.
    if len(body.papers) > 1:
        filled = sum(weigh(each) for each in block.literals) + sum(ROOM[f] for f in block.fields)
        assert filled <= budget


def test_a_paper_that_stays_online_pays_for_no_reason() -> None:
    """Long reasons cost a letter of many papers no more than its own papers' reasons."""
    edition = plain_edition([120])
    rendition = make_rendition(edition, extra="More words. " * 20)
    every = (tuple(range(120)),)
    reason = "because " * 12
    told = assemble_body(rendition, Choice(every, Format.HTML, ((reason,) * 120,)), 20_000)
    plain = assemble_body(rendition, Choice(every), 20_000)
    per_paper = 20_000 / len(plain.papers) + len(reason) + 200
    assert len(told.papers) >= 20_000 / per_paper - 3
    assert told.shortened.left_out
