"""Refuses a group of readers that nobody is in."""

from __future__ import annotations

import difflib
from collections.abc import Collection

from digest.app.house import House
from digest.errors import UsageError
from digest.model import EditionKey
from digest.model.audience import Audience, fold_tag
from digest.storage.audiences import has_tag, planned_for

_NAMED = 12


def require_readers(
    house: House, key: EditionKey, readers: Audience, *, skip_bad_rows: bool = False
) -> None:
    """Let a group pass that an edition was planned for, or that somebody on the lists is in.

    Raises:
        UsageError: a tag is nobody's; the line names those there are, the nearest first.
        ListError: the lists cannot be read.
    """
    planned = planned_for(house.database, key) if readers.tags and house.has_state else frozenset()
    wanted = {
        tag
        for tag in readers.tags
        if f"tag:{tag}" not in planned and not (planned and has_tag(house.database, key, tag))
    }
    if not wanted:
        return
    there = _tags(house, wanted, skip_bad_rows=skip_bad_rows)
    if missing := sorted(wanted - there.keys()):
        raise UsageError(_unknown(missing[0], there))


def _tags(house: House, wanted: Collection[str], *, skip_bad_rows: bool) -> dict[str, str]:
    """The tags on the lists, folded -> as written; no more than are needed to find all `wanted`."""
    from digest.storage.lists.reading import open_lists  # heavy, and seldom needed

    there: dict[str, str] = {}
    for subscriber in open_lists(house.config, skip_bad_rows=skip_bad_rows):
        for tag in subscriber.tags:
            there.setdefault(fold_tag(tag), tag)
        if there.keys() >= set(wanted):
            break
    return there


def _unknown(tag: str, there: dict[str, str]) -> str:
    if not there:
        return f"--to tag:{tag}: nobody on the lists has a tag (docs/groups.md)"
    near = sorted(there, key=lambda each: (-_likeness(tag, each), each))
    names = ", ".join(there[each] for each in near[:_NAMED])
    more = f" and {len(near) - _NAMED} more" if len(near) > _NAMED else ""
    return f"--to tag:{tag}: nobody on the lists has this tag; there are {names}{more}"


def _likeness(one: str, other: str) -> float:
    return difflib.SequenceMatcher(None, one, other).ratio()
