"""Freeze an edition with its readers into the ledger in one transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from itertools import islice
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from digest.config import NewsletterConfig
from digest.errors import StorageError
from digest.model import EditionKey, EmailAddress, PaperId, Recipient
from digest.storage.database import Database
from digest.storage.ledger import LONGEST_WAIT
from digest.storage.plain import storable
from digest.storage.schema import (
    campaign,
    delivery,
    edition,
    in_state,
    seen_paper,
    segment,
    to_microseconds,
)
from digest.storage.source_memory import save_memory_in
from digest.storage.states import OPEN, State

_CHUNK = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class SkippedReader:
    """A reader who gets no letter of an edition; `reason` tells her list's owner why."""

    address: EmailAddress
    name: str
    reader_id: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """A frozen edition: everything its letters are made of. `choices` maps segments to JSON.

    `newsletter` is that of the moment of freezing, `key_fingerprint` names the key that signed
    then: a letter that is sent again equals the first. None and "" are those of an edition that
    an older program froze.
    """

    edition: EditionKey
    date: date
    frozen_at: datetime
    edition_document: str
    rendition_document: str
    choices: Mapping[str, str]
    newsletter: NewsletterConfig | None = None
    key_fingerprint: str = ""


def freeze(
    database: Database,
    key: EditionKey,
    *,
    day: date,
    frozen_at: datetime,
    edition_document: str,
    rendition_document: str,
    choices: Mapping[str, str],
    readers: Iterable[Recipient | SkippedReader],
    paper_ids: Iterable[Iterable[PaperId]] = (),
    memory: Mapping[str, frozenset[str]] | None = None,
    newsletter: NewsletterConfig | None = None,
    key_fingerprint: str = "",
) -> bool:
    """Make `key` a campaign: its documents, one row per reader, its papers marked as seen.

    All of it or nothing, also when an iterable raises midway. `choices` may be filled while
    `readers` is consumed; it is read afterwards. `paper_ids` holds each paper's identities.
    Rows are written as they come: memory does not grow with the readers.

    Returns:
        False, with nothing read or changed, when the edition is frozen already.

    Raises:
        StorageError: the database cannot be written, or an address comes twice.
    """
    with database.write() as connection:
        if _is_frozen(connection, key):
            return False
        settings = newsletter.model_dump_json(by_alias=True) if newsletter else None
        connection.execute(
            campaign.insert().values(
                edition=str(key),
                date=day,
                frozen_at=frozen_at,
                edition_document=edition_document,
                rendition_document=rendition_document,
                content_hash=_hash(edition_document, rendition_document, settings),
                newsletter_document=settings,
                key_fingerprint=key_fingerprint,
            )
        )
        _keep_in_archive(connection, key, day, frozen_at, edition_document)
        try:
            rows = _reader_rows(key, readers, to_microseconds(frozen_at))
            while chunk := list(islice(rows, _CHUNK)):
                connection.exec_driver_sql(_READERS, chunk)
        except IntegrityError:
            raise StorageError(
                f"edition {key}: the plan holds an address twice; nothing was frozen"
            ) from None
        _insert(connection, segment, _segment_rows(key, choices))
        _insert(connection, seen_paper, _seen_rows(key, day, paper_ids))
        save_memory_in(connection, key, day, memory or {})
    return True


def load_campaign(database: Database, key: EditionKey) -> Campaign | None:
    """The frozen edition `key`, or None when it is not frozen.

    Raises:
        StorageError: it cannot be read, or is not what was frozen.
    """
    with database.read() as connection:
        row = connection.execute(sa.select(campaign).where(campaign.c.edition == str(key))).first()
        if row is None:
            return None
        where = segment.c.edition == str(key)
        pairs = connection.execute(sa.select(segment.c.segment, segment.c.choice).where(where))
        choices = {pair.segment: pair.choice for pair in pairs}
    if row.content_hash != _hash(
        row.edition_document, row.rendition_document, row.newsletter_document
    ):
        raise StorageError(f"{database.path}: the frozen edition {key} is damaged")
    return Campaign(
        edition=key,
        date=row.date,
        frozen_at=row.frozen_at,
        edition_document=row.edition_document,
        rendition_document=row.rendition_document,
        choices=choices,
        newsletter=_newsletter(row.newsletter_document),
        key_fingerprint=row.key_fingerprint,
    )


def frozen_at(database: Database, key: EditionKey) -> datetime | None:
    """When `key` was frozen; None: it is not.

    Raises:
        StorageError: it cannot be read.
    """
    with database.read() as connection:
        query = sa.select(campaign.c.frozen_at).where(campaign.c.edition == str(key))
        moment: datetime | None = connection.execute(query).scalar()
        return moment


def open_editions(database: Database, now: datetime | None = None) -> tuple[EditionKey, ...]:
    """Frozen editions with letters left to send, newest first.

    With `now`, only those where a letter is due by then (or was interrupted, or was put off for
    longer than any wait by a clock that stood ahead).

    Raises:
        StorageError: the database cannot be read.
    """
    of_campaign = sa.select(delivery.c.state).where(delivery.c.edition == campaign.c.edition)
    is_open = [of_campaign.where(in_state(state)) for state in OPEN]
    if now is not None:
        pending, claimed, data, deferred = is_open
        pending = pending.where(delivery.c.due_at <= now)
        put_off = deferred.where(delivery.c.retry_at > now + LONGEST_WAIT)
        deferred = deferred.where(delivery.c.retry_at <= now)
        is_open = [pending, claimed, data, deferred, put_off]
    query = (
        sa.select(campaign.c.edition)
        .where(sa.or_(*(states.exists() for states in is_open)))
        .order_by(campaign.c.date.desc(), campaign.c.frozen_at.desc())
    )
    with database.read() as connection:
        return tuple(EditionKey(text) for text in connection.execute(query).scalars())


def _is_frozen(connection: sa.Connection, key: EditionKey) -> bool:
    query = sa.select(campaign.c.edition).where(campaign.c.edition == str(key))
    return connection.execute(query).first() is not None


def _keep_in_archive(
    connection: sa.Connection, key: EditionKey, day: date, at: datetime, document: str
) -> None:
    """What was mailed is what the archive shows."""
    where = edition.c.key == str(key)
    made = connection.execute(sa.select(edition.c.created_at).where(where)).scalar()
    connection.execute(edition.delete().where(where))
    row = {"key": str(key), "date": day, "created_at": made or at, "document": document}
    connection.execute(edition.insert(), row)


_Row = tuple[str | int, ...]

# Of (edition, address_key, address, name, reader_id, segment, due_at, state, words, updated_at).
# A million rows go this way: SQLAlchemy's own insert takes three times as long for each.
_READERS = """
    INSERT INTO delivery (edition, address_key, address, name, reader_id, segment, due_at, state,
      words, updated_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""


def _reader_rows(
    key: EditionKey, readers: Iterable[Recipient | SkippedReader], at: int
) -> Iterator[_Row]:
    moment = lru_cache(1024)(to_microseconds)
    for reader in readers:
        if isinstance(reader, SkippedReader):
            stands = ("", at, State.SKIPPED.value, storable(reader.reason))
        elif reader.edition.text == key.text:
            stands = (reader.segment, moment(reader.due_at), State.PENDING.value, "")
        else:
            raise ValueError(f"a recipient of {reader.edition} in the plan of {key}")
        address, name = reader.address, storable(reader.name)
        yield (key.text, address.key, str(address), name, reader.reader_id, *stands, at)


def _segment_rows(key: EditionKey, choices: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    for name, choice in choices.items():
        yield {"edition": str(key), "segment": name, "choice": choice}


def _seen_rows(
    key: EditionKey, day: date, papers: Iterable[Iterable[PaperId]]
) -> Iterator[dict[str, Any]]:
    for paper_id in sorted({str(name) for ids in papers for name in ids}):
        yield {"paper_id": paper_id, "edition": str(key), "date": day}


def _insert(connection: sa.Connection, table: sa.Table, rows: Iterable[dict[str, Any]]) -> None:
    rows = iter(rows)
    while chunk := list(islice(rows, _CHUNK)):
        connection.execute(table.insert(), chunk)


def _newsletter(document: str | None) -> NewsletterConfig | None:
    return None if document is None else NewsletterConfig.model_validate_json(document)


def _hash(*documents: str | None) -> str:
    together = "\0".join(each for each in documents if each is not None)
    return hashlib.sha256(together.encode()).hexdigest()
