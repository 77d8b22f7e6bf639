"""Who a run is for: tags are compared as people mean them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.model.audience import EVERYBODY, Audience, fold_tag, join_tags

tags = st.text(max_size=8)


@pytest.mark.parametrize("text", ["lab", " Lab", "LAB ", "\tlab\u00a0"])
def test_case_and_blanks_do_not_matter(text: str):
    assert Audience.parse([f"tag:{text}", "TAG:lab"]) == Audience(("lab",))
    assert Audience(("lab",)).holds(join_tags([text]))


@given(st.lists(tags, max_size=4), tags)
def test_a_reader_is_in_a_group_if_one_of_her_tags_is_its_tag(hers: list[str], asked: str):
    """Not if it is only part of one, whatever stands in them."""
    folded = fold_tag(asked)
    if folded:
        assert Audience((folded,)).holds(join_tags(hers)) == (folded in map(fold_tag, hers))


def test_what_was_planned_is_left_out():
    both = Audience(("lab", "board"))
    assert both.without({"tag:lab"}) == Audience(("board",))
    assert both.without({"tag:lab", "tag:board"}) is None
    assert both.without({""}) is None
    assert EVERYBODY.without({"tag:lab"}) == EVERYBODY
    assert EVERYBODY.without({"tag:lab", ""}) is None
