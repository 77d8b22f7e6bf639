"""Segments have names that a person knows."""

import pytest

from digest.cli.labels import label_segment
from digest.mailing.choice import Choice
from digest.model import Format

SECTIONS = [("Robotics", 2), ("Safety", 3), ("Vision", 1), ("Speech", 1), ("Other", 2)]


@pytest.mark.parametrize(
    ("papers", "expected"),
    [
        (((0, 1), (0, 1, 2), (0,), (0,), (0, 1)), "all 9 papers"),
        (((0, 1), (), (), (), ()), "Robotics: 2 papers"),
        (((0,), (), (0,), (), ()), "1 of Robotics, Vision: 2 papers"),
        (((0, 1), (0,), (0,), (0,), (0, 1)), "Robotics, 1 of Safety, Vision and 2 more: 7 papers"),
        (((), (), (0,), (), ()), "Vision: 1 paper"),
    ],
)
def test_a_segment_is_called_by_its_themes_and_papers(papers, expected):
    assert label_segment(Choice(papers), SECTIONS) == expected
    assert label_segment(Choice(papers, Format.TEXT), SECTIONS) == f"{expected}, text"
