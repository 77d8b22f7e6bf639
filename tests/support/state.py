"""Readers, editions and databases for tests of what outlives a run."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from digest.model import EditionKey, EmailAddress, Outcome, OutcomeKind, Recipient, Stage
from digest.storage.campaigns import freeze
from digest.storage.database import Database, open_database
from digest.storage.planned import SkippedReader
from digest.storage.postgres.database import open_postgres
from tests.support.postgres import shared_server

KEY = EditionKey("2026-11-23")
NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)
CHOICES = {"all": '{"sections": [[0, [0, 1]]]}'}


def new_database(folder: Path) -> Database:
    """The database of the state folder `folder`, made if need be.

    It is a file there; within `on_postgres`, or where that made one, it is a server's.
    """
    if url := environ_of(folder).get("DIGEST_DATABASE_URL"):
        return open_postgres(url, create=True, state=folder)
    return open_database(folder / "digest.db", create=True)


def environ_of(folder: Path) -> dict[str, str]:
    """What a command must be told to find the same database."""
    note = folder / _URL
    if _made and not note.exists():
        _made[-1].append(shared_server().make_database(_template()))
        note.write_text(_made[-1][-1])
    return {"DIGEST_DATABASE_URL": note.read_text()} if note.exists() else {}


@contextmanager
def on_postgres() -> Iterator[None]:
    """Let `new_database` make PostgreSQL databases meanwhile, copied from one with the tables."""
    _made.append([])
    try:
        yield
    finally:
        for url in _made.pop():
            shared_server().drop_database(url)


#: Where a child process finds the database of a state folder.
_URL = "postgres.url"
_made: list[list[str]] = []


@cache
def _template() -> str:
    server = shared_server()
    url = server.make_database()
    with TemporaryDirectory() as folder:
        open_postgres(url, create=True, state=Path(folder)).close()
    return server.name_of(url)


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
