"""Several lists made into one, each reader once.

The row that counts today, the first in the order of the lists, wins: its choices stay what they
are. Of the others it takes the tags that it has not, and the name if it has none. What her list's
defaults gave her is written out. So a merge changes nobody's letters but for their look.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from digest.errors import ListError, Problem
from digest.model.address import EmailAddress
from digest.model.subscriber import Subscriber
from digest.storage.lists.comparing import as_fields
from digest.storage.lists.defaults import Defaults
from digest.storage.lists.fields import NOTHING
from digest.storage.lists.files import ListFile
from digest.storage.lists.reading import ListReading
from digest.storage.lists.row import FIELDS, LISTS


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """Rows of one address: the one that wins, and where the others stand."""

    winner: Subscriber
    others: tuple[Subscriber, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Merger:
    """`new` are the fields of who is not in the target yet, `changes` by address of who is."""

    new: tuple[dict[str, str], ...]
    changes: dict[EmailAddress, dict[str, str]]
    joined: tuple[Joined, ...]
    problems: tuple[Problem, ...]


def plan_merger(target: ListFile, files: Sequence[ListFile]) -> Merger:
    """What has to be written to `target` so that it has everyone of `files`.

    `files` are in the order in which they count; the target is the first of them if it exists.

    Raises:
        ListError: with the problems of all the lists.
    """
    rows, problems = _rows(files)
    own, defaults = target.path.resolve(), target.defaults
    new, joined = [], []
    changes: dict[EmailAddress, dict[str, str]] = {}
    for (first_path, first), *others in rows.values():
        duplicates = tuple(each for _, each in others)
        if others:
            joined.append(Joined(winner=first, others=duplicates))
        whole = _united(first, duplicates)
        if first_path != own:
            fields = _beside(whole, defaults)
            if whole.interests:
                fields["interests"] = ";".join(_moved(first_path, own, whole.interests))
            new.append(fields)
        elif whole != first:
            fields = _beside(whole, defaults)
            changes[first.address] = {n: fields[n] for n in ("name", "tags") if n in fields}
    return Merger(new=tuple(new), changes=changes, joined=tuple(joined), problems=tuple(problems))


def _rows(
    files: Sequence[ListFile],
) -> tuple[dict[str, list[tuple[Path, Subscriber]]], list[Problem]]:
    """Each address's rows with their files, in order."""
    found: dict[str, list[tuple[Path, Subscriber]]] = {}
    problems: list[Problem] = []
    for file in files:
        reading, path = ListReading([file]), file.path.resolve()
        try:
            for reader in reading:
                found.setdefault(reader.address.key, []).append((path, reader))
        except ListError:
            pass  # they are told together
        problems.extend(reading.problems)
    if errors := [problem for problem in problems if not problem.warning]:
        raise ListError(errors)
    return found, problems


def _united(first: Subscriber, others: Sequence[Subscriber]) -> Subscriber:
    tags = dict.fromkeys(tag for each in (first, *others) for tag in each.tags)
    name = next((each.name for each in (first, *others) if each.name), "")
    return replace(first, tags=tuple(tags), name=name)


def _beside(reader: Subscriber, defaults: Defaults) -> dict[str, str]:
    """The fields that make her the reader that she is on a list with these defaults."""
    fields = as_fields(reader)
    for name in FIELDS[2:]:
        if name not in fields and defaults.says(name):
            fields[name] = str(getattr(reader, name) or NOTHING) if name not in LISTS else NOTHING
    tags = [tag for tag in reader.tags if tag not in defaults.tags]
    fields.pop("tags", None)
    if tags:
        fields["tags"] = ";".join(tags)
    return fields


def _moved(old: Path, new: Path, interests: Sequence[str]) -> list[str]:
    """Files of papers named from the new list's folder."""
    if old.parent == new.parent:
        return list(interests)
    return [
        os.path.relpath(old.parent / each, new.parent) if (old.parent / each).is_file() else each
        for each in interests
    ]
