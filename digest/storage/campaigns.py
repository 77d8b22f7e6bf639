"""Freeze an edition with its readers into the ledger in one transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from digest.config import NewsletterConfig
from digest.errors import StorageError
from digest.model import EditionKey, PaperId
from digest.model.audience import EVERYBODY, Audience
from digest.storage.audiences import planned_in
from digest.storage.batches import Numbering, OnBatches, next_number
from digest.storage.database import Database
from digest.storage.ledger import LONGEST_WAIT
from digest.storage.plain import storable_key
from digest.storage.planned import Planned, insert_rows, write_plan
from digest.storage.schema import campaign, delivery, edition, in_state, look, seen_paper, segment
from digest.storage.source_memory import save_memory_in
from digest.storage.states import OPEN

if TYPE_CHECKING:
    from digest.storage.lists.reading import ListSize


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """A frozen edition: everything its letters are made of. `choices` maps segments to JSON.

    `looks` are the renditions in other template sets than the newsletter's, by their names.
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
    looks: Mapping[str, str] = field(default_factory=dict)
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
    readers: Iterable[Planned],
    audience: Audience = EVERYBODY,
    looks: Mapping[str, str] = MappingProxyType({}),
    lists: Mapping[str, ListSize] | None = None,
    paper_ids: Iterable[Iterable[PaperId]] = (),
    memory: Mapping[str, frozenset[str]] | None = None,
    newsletter: NewsletterConfig | None = None,
    key_fingerprint: str = "",
    batch_size: int | None = None,
    on_batches: OnBatches | None = None,
) -> bool:
    """Make `key` a campaign: its documents, one row per reader, its papers marked as seen.

    All of it or nothing, also when an iterable raises midway. `choices` and `lists` may be filled
    while `readers` is consumed; they are read afterwards. `paper_ids` holds each paper's
    identities. Rows are written as they come: memory does not grow with the readers. With a
    `batch_size` they are put into batches for workers, of which `on_batches` is told at the end of
    the same transaction.

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
                content_hash=_hash(edition_document, rendition_document, settings, looks),
                newsletter_document=settings,
                key_fingerprint=key_fingerprint,
            )
        )
        _keep_in_archive(connection, key, day, frozen_at, edition_document)
        insert_rows(connection, look, _look_rows(key, looks))
        numbering = None if batch_size is None else Numbering(batch_size, 1)
        write_plan(connection, key, readers, choices, audience, lists, frozen_at, numbering)
        insert_rows(connection, seen_paper, _seen_rows(key, day, paper_ids))
        save_memory_in(connection, key, day, memory or {})
        _tell(connection, numbering, on_batches)
    return True


def extend(
    database: Database,
    key: EditionKey,
    *,
    at: datetime,
    choices: Mapping[str, str],
    readers: Iterable[Planned],
    audience: Audience,
    looks: Mapping[str, str] = MappingProxyType({}),
    lists: Mapping[str, ListSize] | None = None,
    batch_size: int | None = None,
    on_batches: OnBatches | None = None,
) -> bool:
    """Add the rows of more readers, none of whom has one yet, to a frozen edition.

    All of it or nothing, as `freeze`, with batches as there. `looks` are those that the edition
    has not.

    Returns:
        False, with nothing read or changed, when they were planned by then.

    Raises:
        StorageError: the database cannot be written, or an address comes twice.
    """
    with database.write() as connection:
        if audience.without(planned_in(connection, key)) != audience:
            return False
        if looks:
            insert_rows(connection, look, _look_rows(key, looks))
            where = campaign.c.edition == str(key)
            row = connection.execute(sa.select(campaign).where(where)).one()
            digest = _hash(
                row.edition_document,
                row.rendition_document,
                row.newsletter_document,
                _looks(connection, key),
            )
            connection.execute(campaign.update().where(where).values(content_hash=digest))
        numbering = None
        if batch_size is not None:
            numbering = Numbering(batch_size, next_number(connection, key))
        write_plan(connection, key, readers, choices, audience, lists, at, numbering)
        _tell(connection, numbering, on_batches)
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
        looks = _looks(connection, key)
    if row.content_hash != _hash(
        row.edition_document, row.rendition_document, row.newsletter_document, looks
    ):
        raise StorageError(f"{database.place}: the frozen edition {key} is damaged")
    return Campaign(
        edition=key,
        date=row.date,
        frozen_at=row.frozen_at,
        edition_document=row.edition_document,
        rendition_document=row.rendition_document,
        choices=choices,
        looks=looks,
        newsletter=_newsletter(row.newsletter_document),
        key_fingerprint=row.key_fingerprint,
    )


def signing_key(database: Database, key: EditionKey) -> str:
    """Names the key that signs a frozen edition's letters; "": nobody knows.

    Raises:
        StorageError: it cannot be read.
    """
    query = sa.select(campaign.c.key_fingerprint).where(campaign.c.edition == str(key))
    with database.read() as connection:
        return connection.execute(query).scalar() or ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frozen:
    """Whose edition it is, and what signed it; see `Campaign`."""

    edition: EditionKey
    newsletter: NewsletterConfig | None
    key_fingerprint: str


def last_frozen(database: Database) -> Frozen | None:
    """The edition that was frozen last.

    Raises:
        StorageError: it cannot be read.
    """
    wanted = campaign.c.edition, campaign.c.newsletter_document, campaign.c.key_fingerprint
    query = sa.select(*wanted).order_by(campaign.c.frozen_at.desc()).limit(1)
    with database.read() as connection:
        row = connection.execute(query).first()
    if row is None:
        return None
    return Frozen(
        edition=EditionKey(row.edition),
        newsletter=_newsletter(row.newsletter_document),
        key_fingerprint=row.key_fingerprint,
    )


def forget_keys(connection: sa.Connection, known: Collection[str]) -> tuple[EditionKey, ...]:
    """Let today's key sign what is left of editions whose own is none of `known`: of these."""
    lost = campaign.c.key_fingerprint.not_in([*known, ""])
    rows = connection.execute(
        sa.select(campaign.c.edition).where(lost).order_by(campaign.c.edition)
    )
    editions = tuple(EditionKey(row.edition) for row in rows)
    connection.execute(sa.update(campaign).where(lost).values(key_fingerprint=""))
    return editions


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


def _tell(
    connection: sa.Connection, numbering: Numbering | None, on_batches: OnBatches | None
) -> None:
    batches = numbering.batches() if numbering else ()
    if batches and on_batches:
        on_batches(connection.connection.driver_connection, batches)


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


def _seen_rows(
    key: EditionKey, day: date, papers: Iterable[Iterable[PaperId]]
) -> Iterator[dict[str, Any]]:
    for paper_id in sorted({storable_key(str(name)) for ids in papers for name in ids}):
        yield {"paper_id": paper_id, "edition": str(key), "date": day}


def _newsletter(document: str | None) -> NewsletterConfig | None:
    return None if document is None else NewsletterConfig.model_validate_json(document)


def _look_rows(key: EditionKey, looks: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    for name, document in looks.items():
        yield {"edition": str(key), "templates": name, "rendition_document": document}


def _looks(connection: sa.Connection, key: EditionKey) -> dict[str, str]:
    found = connection.execute(sa.select(look).where(look.c.edition == str(key)))
    return {row.templates: row.rendition_document for row in found}


def _hash(
    edition_document: str, rendition: str, newsletter: str | None, looks: Mapping[str, str]
) -> str:
    documents = [edition_document, rendition, *([] if newsletter is None else [newsletter])]
    documents += [text for look in sorted(looks.items()) for text in look]
    return hashlib.sha256("\0".join(documents).encode()).hexdigest()
