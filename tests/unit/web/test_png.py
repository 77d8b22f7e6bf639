"""Pictures put below each other are the same pictures."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.web.png import join_png
from tests.support.png import MAGIC, read_png, write_png


@st.composite
def strips(draw: st.DrawFn) -> tuple[int, list[tuple[list[list[int]], list[int]]]]:
    samples = draw(st.sampled_from([1, 2, 3, 4]))
    width = draw(st.integers(1, 5)) * samples
    row = st.lists(st.integers(0, 255), min_size=width, max_size=width)
    found = []
    for _ in range(draw(st.integers(1, 4))):
        rows = draw(st.lists(row, min_size=1, max_size=4))
        kinds = st.lists(st.integers(0, 4), min_size=len(rows), max_size=len(rows))
        found.append((rows, draw(kinds)))
    return samples, found


@given(strips())
def test_every_row_is_there_in_order_however_it_was_filtered(drawn) -> None:
    samples, found = drawn
    joined = join_png([write_png(rows, samples, kinds) for rows, kinds in found])
    assert read_png(joined)[2:] == (samples, [row for rows, _ in found for row in rows])


def test_pictures_of_other_widths_or_kinds_are_refused() -> None:
    narrow, wide = write_png([[1]], 1, [0]), write_png([[1, 2]], 1, [0])
    for wrong in ([narrow, wide], [narrow, write_png([[1, 2, 3]], 3, [0])], [MAGIC[1:] + narrow]):
        with pytest.raises(ValueError, match=r"PNG|width"):
            join_png(wrong)
