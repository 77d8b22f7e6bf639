"""Readers, editions and databases for tests of what outlives a run."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from digest.model import EditionKey, EmailAddress, Outcome, OutcomeKind, Recipient, Stage
from digest.storage.campaigns import freeze
from digest.storage.database import Database, open_database
from digest.storage.planned import SkippedReader

KEY = EditionKey("2026-11-23")
NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)
CHOICES = {"all": '{"sections": [[0, [0, 1]]]}'}


def new_database(folder: Path) -> Database:
    """A database in the state folder `folder`, made if need be."""
    return open_database(folder / "digest.db", create=True)


@contextmanager
def held_database(folder: Path) -> Iterator[sqlite3.Connection]:
    """As if another program were writing into it all the while, or until it rolls back."""
    other = sqlite3.connect(folder / "digest.db", isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield other
    finally:
        other.close()


def reader(
    name: str, *, key: EditionKey = KEY, due_at: datetime = NOW, reader_id: str | None = None
) -> Recipient:
    """One ledger row's reader: `name`@example.org."""
    return Recipient(
        edition=key,
        address=EmailAddress(name, "example.org"),
        name=name.title(),
        reader_id=f"id-{name}" if reader_id is None else reader_id,
        segment="all",
        due_at=due_at,
    )


def freeze_readers(
    database: Database,
    readers: Iterable[Recipient | SkippedReader],
    *,
    key: EditionKey = KEY,
    **more: object,
) -> bool:
    """Freeze a small edition for `readers`."""
    facts: dict[str, object] = {
        "day": key.day(),
        "frozen_at": NOW,
        "edition_document": '{"schema": 1}',
        "rendition_document": '{"title": "Papers"}',
        "choices": CHOICES,
    }
    return freeze(database, key, readers=readers, **facts | more)  # type: ignore[arg-type]


def outcome(kind: OutcomeKind, *, retry_at: datetime | None = None, words: str = "") -> Outcome:
    """What a server said at the final dot."""
    return Outcome(kind=kind, stage=Stage.DOT, code=250, words=words, retry_at=retry_at)
