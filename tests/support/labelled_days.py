"""Recorded days of real papers, as `Paper`s with what the recordings say."""

from __future__ import annotations

import json
from pathlib import Path

from digest.model import Paper, PaperId

#: Days with labels on which the themes were weighed, and two that were labelled later to check.
LABELLED = (
    "acl2020_day",
    "hf_2025-10-15_hand",
    "iccv2025_day",
    "neurips2023_orals",
    "seed32_hand",
)
CHECKED = ("hf_2025-10-13_hand", "hf_2026-03-18_hand")

FOLDER = Path(__file__).parents[1] / "data" / "labelled"


def labelled_day(name: str) -> tuple[Paper, ...]:
    """The papers of tests/data/labelled/{name}.jsonl, in file order."""
    rows = map(json.loads, (FOLDER / f"{name}.jsonl").read_text("utf-8").splitlines())
    return tuple(
        Paper(
            ids=(PaperId("url", f"example.org/{row['id']}"),),
            title=row["title"],
            abstract=row["abstract"],
            authors=tuple(row.get("authors", ())),
            votes=row.get("upvotes"),
            source_id=row["id"],
        )
        for row in rows
    )


def labels(name: str) -> dict[str, str]:
    """The label that a person gave each paper."""
    rows = map(json.loads, (FOLDER / f"{name}.jsonl").read_text("utf-8").splitlines())
    return {row["id"]: row["label"] for row in rows}
