"""Answer what became of an edition: how many, who, and when it goes on."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from digest.model import EditionKey, EmailAddress
from digest.storage.database import Database
from digest.storage.schema import INDEXED, campaign, delivery, in_state
from digest.storage.states import ENDED, OPEN, State

_CHUNK = 2_000
_LONGEST_CAMPAIGN = timedelta(days=14)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRow:
    """One reader's row, in words. `repeats` counts the times it was sent again unknown."""

    address: str
    name: str
    reader_id: str
    segment: str
    due_at: datetime
    state: State
    attempt: int
    repeats: int
    retry_at: datetime | None
    stage: str
    code: int
    enhanced: str
    words: str
    relay: str
    updated_at: datetime


def counts(database: Database, edition: EditionKey, domain: str = "") -> dict[str, int]:
    """How many rows are in each state, of one domain if it is given; every state is there.

    Raises:
        StorageError: the ledger cannot be read.
    """
    found: dict[str, int] = {}
    counted = sa.func.count().label("rows")
    where = within(edition, (), domain)
    with database.read() as connection:
        for states in (OPEN, ENDED) if database.is_shared else INDEXED:
            query = (
                sa.select(delivery.c.state, counted)
                .where(*where, in_state(*states))
                .group_by(delivery.c.state)
            )
            found |= {row.state: row.rows for row in connection.execute(query)}
        total = connection.execute(sa.select(counted).where(*where)).scalar_one()
    found[State.SENT] = total - sum(found.values())
    return {state.value: found.get(state.value, 0) for state in State}


def rows(
    database: Database,
    edition: EditionKey,
    states: Collection[State] = tuple(State),
    *,
    domain: str = "",
    address: EmailAddress | None = None,
) -> Iterator[DeliveryRow]:
    """The rows in any of `states`, by address; a few thousand at a time are in memory.

    `domain` and `address` narrow them to one domain's readers, or to one.

    A slow reader (a pager) holds no transaction open between two portions.

    Raises:
        StorageError: the ledger cannot be read.
    """
    columns = [delivery.c[name] for name in DeliveryRow.__slots__]
    query = (
        sa.select(delivery.c.address_key, *columns)
        .where(*within(edition, states, domain))
        .order_by(delivery.c.address_key)
        .limit(_CHUNK)
    )
    if address is not None:
        query = query.where(delivery.c.address_key == address.key)
    after = ""
    while True:
        with database.read() as connection:
            portion = connection.execute(query.where(delivery.c.address_key > after)).all()
        yield from (_row(row) for row in portion)
        if len(portion) < _CHUNK:
            return
        after = portion[-1].address_key


def within(
    edition: EditionKey, states: Collection[State], domain: str = ""
) -> list[sa.ColumnElement[bool]]:
    """Which rows are asked for: an edition's, in any of `states` (none: all), of one domain."""
    found = [delivery.c.edition == edition.text]
    if states and len(states) < len(State):
        found.append(delivery.c.state.in_([each.value for each in states]))
    if domain:
        # A key's domain is in lower case; one database's LIKE heeds case, another's does not.
        found.append(delivery.c.address_key.endswith(f"@{domain.lower()}", autoescape=True))
    return found


def next_retry(database: Database, edition: EditionKey) -> datetime | None:
    """When the first deferred letter may be tried again; None when none is deferred.

    Raises:
        StorageError: the ledger cannot be read.
    """
    return _first(database, edition, State.DEFERRED, delivery.c.retry_at)


def next_due(database: Database, edition: EditionKey) -> datetime | None:
    """When the first pending letter is due; None when none is pending.

    Raises:
        StorageError: the ledger cannot be read.
    """
    return _first(database, edition, State.PENDING, delivery.c.due_at)


def sent_since(database: Database, relays: Collection[str], since: datetime) -> dict[str, int]:
    """How many letters each relay was given since a moment, taken or in doubt, in any edition.

    Raises:
        StorageError: the ledger cannot be read.
    """
    given = (State.SENT, State.UNKNOWN)
    # A campaign's letters are out within days: only editions frozen of late are looked at.
    recent = sa.select(campaign.c.edition).where(campaign.c.frozen_at > since - _LONGEST_CAMPAIGN)
    query = (
        sa.select(delivery.c.relay, sa.func.count().label("letters"))
        .where(
            delivery.c.edition.in_(recent),
            delivery.c.state.in_([state.value for state in given]),
            delivery.c.updated_at >= since,
            delivery.c.relay.in_(list(relays)),
        )
        .group_by(delivery.c.relay)
    )
    with database.read() as connection:
        return {row.relay: row.letters for row in connection.execute(query)}


def _first(
    database: Database, edition: EditionKey, state: State, column: sa.Column[Any]
) -> datetime | None:
    query = (
        sa.select(column)
        .where(delivery.c.edition == edition.text, in_state(state))
        .order_by(column)
        .limit(1)
    )
    with database.read() as connection:
        moment: datetime | None = connection.execute(query).scalar()
        return moment


def _row(row: Any) -> DeliveryRow:
    fields = dict(zip(DeliveryRow.__slots__, row[1:], strict=True))
    fields["state"] = State(fields["state"])
    return DeliveryRow(**fields)
