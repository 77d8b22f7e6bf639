"""Blocks with their fields filled."""

from __future__ import annotations

import pytest

from digest.mailing.measure import fill, fill_text
from digest.model import Block

LONG = "matches: " + "test-time compute, " * 8 + "robots"


def text(block: Block) -> str:
    (whole,) = block.literals
    return whole


def test_a_line_of_text_is_wrapped_when_its_field_is_filled() -> None:
    filled = text(fill_text(Block(("\n  For you: ", ".\nNext\n"), ("why",)), {"why": LONG}))
    lines = filled.split("\n")
    assert max(map(len, lines)) <= 72
    assert lines[1].startswith("  For you: matches: test-time")
    assert all(line.startswith("  ") for line in lines[1:4])
    assert lines[-2:] == ["Next", ""]
    assert " ".join(filled.split()) == f"For you: {LONG}. Next"


@pytest.mark.parametrize("value", ["", "short"])
def test_what_fits_is_left_as_the_template_has_it(value: str) -> None:
    block = Block(("A  line with   room \n\n   ", " in it\n"), ("papers",))
    assert fill_text(block, {"papers": value}) == fill(block, {"papers": value}, escape=False)


def test_a_line_with_a_reader_s_own_value_is_left_and_others_are_wrapped() -> None:
    block = Block(
        ("Here are ", " for you,\n", ", who reads " + "much and " * 9 + "more\nThere are ", ".\n"),
        ("papers", "name", "themes"),
    )
    filled = fill_text(block, {"papers": "papers " * 12, "themes": "themes " * 12})
    assert filled.fields == ("name",)
    before, after = (literal.split("\n") for literal in filled.literals)
    assert max(map(len, before)) <= 72
    assert len(after[0]) > 72
    assert max(map(len, after[1:])) <= 72
