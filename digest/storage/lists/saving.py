"""What becomes of a list's new text: it is kept, with a backup first, or only shown."""

from __future__ import annotations

import difflib
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Protocol

from digest.storage.lists.backups import drop_backup, make_backup, prune_backups
from digest.storage.lists.files import show
from digest.storage.lists.safe_write import replace_file
from digest.storage.lists.source import Source

_MOST_LINES = 5_000  # a diff of more takes too long; both sides are given whole then


class Save(Protocol):
    """Called under the list's lock with its present text (none: a new list) and the new one."""

    def __call__(self, before: Source, content: bytes) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveList:
    """Replaces the list atomically, with a backup first.

    With `backup_every` there is at most one backup in so many seconds: for pages on which many
    readers change one row each, who would push a person's own backups out.
    """

    backup_every: float = 0.0
    like: Path | None = None  # whose mode and owner a new list gets

    def __call__(self, before: Source, content: bytes) -> None:
        path = before.path

        def keep() -> Callable[[], None]:
            made = make_backup(path, every=self.backup_every) if path.exists() else None
            return lambda: drop_backup(made)

        replace_file(path, content, keep=keep, like=self.like)
        prune_backups(path)


save_list = SaveList()
#: For readers who change their own rows on a page.
save_clicks = SaveList(backup_every=3600.0)


@dataclass(slots=True)
class ShowDiff:
    """Writes nothing; `lines` is a unified diff of every list that would have changed.

    Lists in `folder` are named relative to it.
    """

    folder: Path = field(default_factory=Path)
    lines: list[str] = field(default_factory=list)

    def __call__(self, before: Source, content: bytes) -> None:
        old = before.raw if before.path.exists() else b""
        after = before._replace(raw=content)
        name = show(before.path, self.folder)
        self.lines.extend(unified(_lines(before) if old else [], _lines(after), name))


def unified(old: list[str], new: list[str], name: str) -> Iterator[str]:
    """A unified diff without line ends; lines shared at both ends cost nothing."""
    head = _common(old, new)
    tail = _common(old[head:][::-1], new[head:][::-1])
    first, last = max(head - 3, 0), max(tail - 3, 0)
    cut_old, cut_new = old[first : len(old) - last], new[first : len(new) - last]
    yield f"--- {name}"
    yield f"+++ {name}"
    if len(cut_old) + len(cut_new) > _MOST_LINES:
        yield f"@@ -{first + 1},{len(cut_old)} +{first + 1},{len(cut_new)} @@"
        yield from (f"-{line}" for line in cut_old)
        yield from (f"+{line}" for line in cut_new)
        return
    for line in islice(difflib.unified_diff(cut_old, cut_new, lineterm=""), 2, None):
        yield _shift(line, first) if line.startswith("@@ ") else line


def _shift(hunk: str, by: int) -> str:
    """The hunk's head with the numbers of the whole file's lines."""
    words = hunk.split(" ")
    for place in (1, 2):
        sign, (start, comma, length) = words[place][0], words[place][1:].partition(",")
        words[place] = f"{sign}{int(start) + by}{comma}{length}"
    return " ".join(words)


def _common(one: list[str], other: list[str]) -> int:
    for number, (a, b) in enumerate(zip(one, other, strict=False)):
        if a != b:
            return number
    return min(len(one), len(other))


def _lines(source: Source) -> list[str]:
    stream = io.TextIOWrapper(
        io.BytesIO(source.raw[source.bom :]), source.codec, errors="replace", newline=""
    )
    return [line.rstrip("\r\n") for line in stream]
