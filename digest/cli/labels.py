"""Name a segment in words that a person knows."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

from digest.cli.desk import count
from digest.mailing.choice import Choice
from digest.mailing.segments import look_of
from digest.model import EditionKey, Format
from digest.storage.campaigns import load_campaign
from digest.storage.database import Database

_NAMED = 3

#: A section's theme with the number of its papers.
Sections = Sequence[tuple[str, int]]


def label_segment(choice: Choice, sections: Sections, look: str = "") -> str:
    """`all 30 papers`, `Robotics, 2 of Safety: 9 papers`, `Vision and 4 more: 12 papers, text`.

    A look that is not the newsletter's own is said behind it: `all 30 papers, look plain`.
    """
    kind = ", text" if choice.format is Format.TEXT else ""
    kind += f", look {look}" if look else ""
    papers = count(choice.count, "paper")
    if choice.count == sum(size for _, size in sections):
        return f"all {papers}{kind}"
    named = [
        theme if len(chosen) == size else f"{len(chosen)} of {theme}"
        for (theme, size), chosen in zip(sections, choice.papers, strict=False)
        if chosen
    ]
    more = f" and {len(named) - _NAMED} more" if len(named) > _NAMED else ""
    return f"{', '.join(named[:_NAMED])}{more}: {papers}{kind}"


def segment_labels(database: Database, key: EditionKey) -> Callable[[str], str]:
    """What says the label of a frozen edition's segment.

    Raises:
        StorageError: the edition cannot be read.
    """
    campaign = load_campaign(database, key)
    choices = campaign.choices if campaign else {}
    document = json.loads(campaign.edition_document) if campaign else {"sections": ()}
    sections = [(each["theme"], len(each["papers"])) for each in document["sections"]]

    def label(segment: str) -> str:
        text = choices.get(segment)
        return (
            label_segment(Choice.from_json(text), sections, look_of(segment))
            if text
            else "no paper"
        )

    return label
