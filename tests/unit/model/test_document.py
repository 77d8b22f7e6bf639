"""Editions as JSON: what goes out comes back, and what cannot be read says why."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given

from digest.model import Edition
from digest.model.document import edition_from_document, edition_to_document
from tests.support.examples import examples
from tests.support.strategies import editions


@examples(60)
@given(editions())
def test_every_edition_survives_json(edition: Edition) -> None:
    document = json.loads(json.dumps(edition_to_document(edition)))
    assert edition_from_document(document) == edition


@examples(20)
@given(editions())
def test_keys_of_a_newer_minor_version_are_passed_over(edition: Edition) -> None:
    document = edition_to_document(edition) | {"colour": "blue"}
    for section in document["sections"]:
        section["weight"] = 3
        for paper in section["papers"]:
            paper["mood"] = "good"
    assert edition_from_document(document) == edition


def a_document() -> dict[str, Any]:
    paper = {"id": "arxiv:2611.00001", "title": "A paper"}
    return {
        "schema": 1,
        "key": "2026-11-23",
        "date": "2026-11-23",
        "created_at": "2026-11-23T07:30:00+00:00",
        "sections": [{"theme": "Other", "papers": [paper]}],
    }


def test_a_bare_document_of_another_program_is_read() -> None:
    """What is absent is unknown, not zero."""
    (paper,) = edition_from_document(a_document()).papers
    assert (str(paper.id), paper.votes, paper.score) == ("arxiv:2611.00001", None, None)


@pytest.mark.parametrize("schema", [None, 0, 2, "1", True])
def test_another_schema_is_refused_by_name(schema: object) -> None:
    with pytest.raises(ValueError, match=f"schema {schema!r} is not 1"):
        edition_from_document(a_document() | {"schema": schema})


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"key": "soon"}, "neither YYYY-MM-DD nor"),
        ({"date": 20261123}, "wrong kind"),
        ({"sections": [{"papers": []}]}, "theme is missing"),
        ({"sections": [{"theme": "A", "papers": []}]}, "is empty"),
        ({"sections": None}, "wrong kind"),
        ({"sections": [{"theme": "A", "papers": [{"id": "arxiv:1"}]}]}, "title is missing"),
        ({"created_at": "2026-11-23T07:30:00"}, "time zone"),
    ],
)
def test_a_broken_document_is_a_value_error_in_words(change: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        edition_from_document(a_document() | change)
