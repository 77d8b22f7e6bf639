"""Letters of the shipped template set pass the proof, at any size."""

from __future__ import annotations

import pytest

from digest.model import Format
from digest.proofing import proof_letter
from digest.rendering.sample import awkward_edition, awkward_week
from tests.support.real_letters import RealLetter, real_edition, real_letter, write_letter
from tests.support.real_weeks import poorer_weeks, weekly_letter, write_week


def letters() -> dict[str, RealLetter]:
    """Of few papers and of many, of one of everything that is awkward, and without HTML."""
    known = {str(count): real_letter(count) for count in (1, 10, 30, 100)}
    plain = write_letter(real_edition(10), format=Format.TEXT)
    return known | {"awkward": write_letter(awkward_edition()), "text only": plain}


@pytest.mark.parametrize("name", ["1", "10", "30", "100", "awkward", "text only"])
def test_a_shipped_letter_has_nothing_to_find(name: str) -> None:
    assert [str(each) for each in proof_letter(letters()[name].content)] == []


@pytest.mark.parametrize("count", [1, 30])
def test_a_plain_letter_has_nothing_to_find(count: int) -> None:
    assert [str(each) for each in proof_letter(real_letter(count, "plain").content)] == []


@pytest.mark.parametrize("language", ["en", "fr", "ar", "zh"])
@pytest.mark.parametrize("format", [Format.HTML, Format.TEXT])
def test_a_weekly_letter_has_nothing_to_find(language: str, format: Format) -> None:
    content = weekly_letter(language, format).content
    assert [str(each) for each in proof_letter(content)] == []


@pytest.mark.parametrize("lacking", [*poorer_weeks(), "awkward"])
def test_a_weekly_letter_of_which_less_is_known_has_nothing_to_find(lacking: str) -> None:
    edition = (poorer_weeks() | {"awkward": awkward_week()})[lacking]
    assert [str(each) for each in proof_letter(write_week(edition).content)] == []
