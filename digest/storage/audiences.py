"""Answer for whom an edition was planned, and who of a group still waits for it."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from digest.model import EditionKey
from digest.model.audience import Audience
from digest.storage.database import Database
from digest.storage.schema import audience, delivery, in_state
from digest.storage.states import State


def planned_for(database: Database, key: EditionKey) -> frozenset[str]:
    """The names (`Audience.names`) for whom an edition was planned; none: it is not frozen.

    Raises:
        StorageError: it cannot be read.
    """
    with database.read() as connection:
        return planned_in(connection, key)


def planned_in(connection: sa.Connection, key: EditionKey) -> frozenset[str]:
    """The same inside a transaction that is under way."""
    query = sa.select(audience.c.audience).where(audience.c.edition == str(key))
    return frozenset(connection.execute(query).scalars())


def planned_readers(database: Database, key: EditionKey) -> frozenset[str]:
    """The address keys of all who have a row of an edition.

    Raises:
        StorageError: it cannot be read.
    """
    query = sa.select(delivery.c.address_key).where(delivery.c.edition == str(key))
    with database.read() as connection:
        return frozenset(connection.execute(query).scalars())


def count_waiting(database: Database, key: EditionKey, readers: Audience) -> int:
    """How many of these readers have a letter of an edition that is not tried or deferred.

    Raises:
        StorageError: it cannot be read.
    """
    query = sa.select(sa.func.count()).where(
        delivery.c.edition == str(key),
        in_state(State.PENDING, State.DEFERRED),
        _any_of(readers.tags),
    )
    with database.read() as connection:
        return connection.execute(query).scalar_one()


def has_tag(database: Database, key: EditionKey, tag: str) -> bool:
    """Whether somebody with this tag, which is folded, has a row of an edition.

    Raises:
        StorageError: it cannot be read.
    """
    query = sa.select(delivery.c.edition).where(delivery.c.edition == str(key), _any_of((tag,)))
    with database.read() as connection:
        return connection.execute(query.limit(1)).first() is not None


def _any_of(tags: Sequence[str]) -> sa.ColumnElement[bool]:
    if not tags:
        return sa.true()
    return sa.or_(*(delivery.c.tags.contains(f";{tag};", autoescape=True) for tag in tags))
