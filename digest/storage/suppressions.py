"""Keep the addresses that are never to be mailed, whatever a list says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from digest.model import EmailAddress
from digest.storage.calling_back import call_back
from digest.storage.database import Database
from digest.storage.lifted import forgive
from digest.storage.plain import storable
from digest.storage.schema import delivery, suppression


class Kind(StrEnum):
    """What a suppression came of."""

    HAND = "hand"  # a person's decision
    UNSUBSCRIBE = "unsubscribe"  # the reader's own
    BOUNCE = "bounce"  # her mailbox's
    COMPLAINT = "complaint"  # she called a letter spam


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppression:
    """Why, by what and since when an address is not mailed.

    One that came by an unsubscribe link has a `reader_id`; its `address` is "" as long as no
    ledger row tells whose it is. It is in force all the same.
    """

    address: str
    reader_id: str | None
    reason: str
    source: str
    at: datetime
    kind: Kind


def suppress_address(
    database: Database,
    address: EmailAddress,
    *,
    reason: str,
    source: str,
    at: datetime,
    kind: Kind = Kind.HAND,
) -> bool:
    """Never mail `address` again; False when that was so already (its first reason is kept).

    In force, when this returns, for every letter that has not begun by then.

    Raises:
        StorageError: it could not be written; the reader must not be told that it was.
    """
    with database.write() as connection:
        return suppress_address_in(
            connection, address, reason=reason, source=source, at=at, kind=kind
        )


def suppress_address_in(
    connection: sa.Connection,
    address: EmailAddress,
    *,
    reason: str,
    source: str,
    at: datetime,
    kind: Kind,
) -> bool:
    """The same within the caller's transaction."""
    if _find(connection, suppression.c.address_key == address.key) is not None:
        return False
    _add(connection, (address.key, str(address), None), reason, source, at, kind)
    call_back(connection, "address_key", [address.key], at)
    return True


def suppress_reader(
    database: Database,
    reader_id: str,
    *,
    reason: str,
    source: str,
    at: datetime,
    kind: Kind = Kind.UNSUBSCRIBE,
) -> bool:
    """The same for the reader of an unsubscribe link, whose address the link does not tell.

    Raises:
        StorageError: it could not be written; the reader must not be told that it was.
    """
    with database.write() as connection:
        return suppress_reader_in(
            connection, reader_id, reason=reason, source=source, at=at, kind=kind
        )


def suppress_reader_in(
    connection: sa.Connection,
    reader_id: str,
    *,
    reason: str,
    source: str,
    at: datetime,
    kind: Kind,
) -> bool:
    """The same within the caller's transaction."""
    reader_id = storable(reader_id, 128)
    if _find(connection, suppression.c.reader_id == reader_id) is not None:
        return False
    hers = _address_of(connection, reader_id)
    same = hers and _find(connection, suppression.c.address_key == hers.address_key)
    if same is None:
        who = (hers.address_key, hers.address) if hers else (None, "")
        _add(connection, (*who, reader_id), reason, source, at, kind)
        call_back(connection, "reader_id", [reader_id], at)
        return True
    if same.reader_id is None:
        named = suppression.update().where(suppression.c.id == same.id)
        connection.execute(named.values(reader_id=reader_id))
        call_back(connection, "reader_id", [reader_id], at)
    return False


def unsuppress(
    database: Database, address: EmailAddress, *, reader_ids: tuple[str, ...] = ()
) -> bool:
    """Let `address` be mailed again, its bounces forgotten; False when it was not suppressed.

    `reader_ids` are those that `address` has under the keys in use, so that a suppression by
    link goes too.

    Raises:
        StorageError: it could not be written.
    """
    with database.write() as connection:
        query = sa.select(delivery.c.reader_id).where(delivery.c.address_key == address.key)
        known = set(connection.execute(query.distinct()).scalars()) | set(reader_ids)
        removed = connection.execute(
            suppression.delete().where(
                (suppression.c.address_key == address.key)
                | suppression.c.reader_id.in_(sorted(known))
            )
        )
        # Else one more bounce would suppress it again, by the count of the old ones.
        forgive(connection, address.key)
        return removed.rowcount > 0


def is_suppressed(
    database: Database, address: EmailAddress, *, reader_id: str | None = None
) -> bool:
    """Whether `address`, or the reader with that id, is never to be mailed.

    Raises:
        StorageError: the database cannot be read.
    """
    where = suppression.c.address_key == address.key
    if reader_id is not None:
        where |= suppression.c.reader_id == storable(reader_id, 128)
    with database.read() as connection:
        return _find(connection, where) is not None


def list_suppressions(database: Database) -> tuple[Suppression, ...]:
    """All of them, oldest first.

    Raises:
        StorageError: the database cannot be read.
    """
    with database.read() as connection:
        return tuple(_each(connection))


def suppressed_keys(database: Database) -> tuple[frozenset[str], frozenset[str]]:
    """The address keys and the reader ids that are suppressed, for planning a whole list.

    Raises:
        StorageError: the database cannot be read.
    """
    query = sa.select(suppression.c.address_key, suppression.c.reader_id)
    with database.read() as connection:
        pairs = connection.execute(query).all()
    return (
        frozenset(pair.address_key for pair in pairs if pair.address_key is not None),
        frozenset(pair.reader_id for pair in pairs if pair.reader_id is not None),
    )


def address_of_reader(database: Database, reader_id: str) -> EmailAddress | None:
    """The address to which letters with this reader's links went, if any did.

    Raises:
        StorageError: the database cannot be read.
    """
    with database.read() as connection:
        row = _address_of(connection, storable(reader_id, 128))
    if row is None:
        return None
    local, _, domain = row.address.rpartition("@")
    return EmailAddress(local, domain)


def _address_of(connection: sa.Connection, reader_id: str) -> Any:
    query = sa.select(delivery.c.address_key, delivery.c.address)
    where = (delivery.c.reader_id == reader_id) & (delivery.c.address != "")  # not a forgotten one
    return connection.execute(query.where(where).limit(1)).first()


def _find(connection: sa.Connection, where: sa.ColumnElement[bool]) -> Any:
    return connection.execute(sa.select(suppression).where(where).limit(1)).first()


def _add(
    connection: sa.Connection,
    who: tuple[str | None, str, str | None],
    reason: str,
    source: str,
    at: datetime,
    kind: Kind,
) -> None:
    address_key, address, reader_id = who
    connection.execute(
        suppression.insert().values(
            address_key=address_key,
            address=address,
            reader_id=reader_id,
            reason=storable(reason),
            source=storable(source),
            at=at,
            kind=kind.value,
        )
    )


def _each(connection: sa.Connection) -> Iterator[Suppression]:
    for row in connection.execute(sa.select(suppression).order_by(suppression.c.id)):
        yield Suppression(
            address=row.address,
            reader_id=row.reader_id,
            reason=row.reason,
            source=row.source,
            at=row.at,
            kind=Kind(row.kind),
        )
