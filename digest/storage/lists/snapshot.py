"""What a list says before an edit, and whether it says what was asked after one.

A row that is not edited is remembered by the hash of its values alone, so a million of them take
8 MB; the new text is read back whole and must have the same hashes in the same order.
"""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

from digest.errors import ListError, Problem
from digest.model.subscriber import Subscriber
from digest.storage.lists.files import is_yaml
from digest.storage.lists.reading import parse_row, read_meaning, read_rows
from digest.storage.lists.row import Row, Unreadable
from digest.storage.lists.source import Source, load_source, parse_source


class Found(NamedTuple):
    """A reader's row: the how manieth it is (from 0), where it stands, what it holds."""

    number: int
    row: Row
    subscriber: Subscriber

    @property
    def line(self) -> int:
        return self.row.line


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A list without errors. `prints` has the hash of each row's values."""

    source: Source
    prints: array[int]
    found: tuple[Found, ...]

    @property
    def raw(self) -> bytes:
        """The file's bytes, nothing where there is no file yet."""
        return self.source.raw if self.source.path.exists() else b""


#: What a row must say after an edit: the hash of its values, or the reader.
Expected = int | Subscriber


def take_snapshot(
    path: Path, shown: str, keys: Collection[str], *, new: Source | None = None
) -> Snapshot:
    """Read a list; `found` are the rows whose address has one of `keys`.

    With `new`, a list that does not exist is that one.

    Raises:
        ListError: it has problems, so that it must not be edited.
    """
    problems: list[Problem] = []
    prints = array("q")
    found: list[Found] = []
    try:
        exists = new is None or path.exists()
        source = load_source(path, shown, legacy=not is_yaml(path)) if exists or not new else new
        for row in read_rows(source, problems):
            meaning = read_meaning(row, shown)  # without the reader, who takes as long again
            problems.extend(meaning.problems)
            if meaning.address is not None and meaning.address.key in keys:
                who = parse_row(row, shown).subscriber
                assert who is not None
                found.append(Found(len(prints), row, who))
            prints.append(hash(row.values))
    except Unreadable as error:
        problems.append(error.problem)
    errors = [problem for problem in problems if not problem.warning]
    if errors:
        raise ListError(errors)
    return Snapshot(source=source, prints=prints, found=tuple(found))


def verify(before: Source, content: bytes, expected: Iterable[Expected]) -> tuple[int, ...]:
    """Read the new text back; gives the lines of the readers among `expected`.

    Raises:
        ListError: it does not say what was asked; nothing has been written yet.
    """
    lines: list[int] = []
    try:
        after = parse_source(content, before.path, before.shown, legacy=not is_yaml(before.path))
        for want, row in zip_longest(expected, read_rows(after, [])):
            if want is None or row is None or not _says(row, want, before.shown):
                raise ListError([unsafe(before)])
            if isinstance(want, Subscriber):
                lines.append(row.line)
    except Unreadable:
        raise ListError([unsafe(before)]) from None
    return tuple(lines)


def bare(subscriber: Subscriber) -> Subscriber:
    """The reader without her place in a file."""
    return replace(subscriber, file="", line=0)


def unsafe(source: Source) -> Problem:
    what = "this list is written in a way that cannot be changed safely"
    return Problem(file=source.shown, what=what, mend="edit it by hand")


def _says(row: Row, want: Expected, shown: str) -> bool:
    if row.problems and any(not problem.warning for problem in row.problems):
        return False
    if not isinstance(want, Subscriber):
        return hash(row.values) == want
    found = parse_row(row, shown).subscriber
    return found is not None and bare(found) == bare(want)
