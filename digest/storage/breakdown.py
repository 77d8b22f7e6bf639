"""Answer what became of an edition by domain, by segment, by the relay's reply."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from digest.model import EditionKey
from digest.storage.census import within
from digest.storage.database import Database
from digest.storage.dialect import after_at
from digest.storage.schema import delivery
from digest.storage.states import State


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Readers with one thing in common, by the state of their letters. `words` is an example."""

    name: str
    states: Counter[str] = field(default_factory=Counter)
    words: str = ""

    @property
    def total(self) -> int:
        return self.states.total()


def by_domain(
    database: Database,
    edition: EditionKey,
    states: Collection[State] = tuple(State),
    domain: str = "",
) -> list[Group]:
    """Readers by the domain of their addresses, the largest group first.

    Raises:
        StorageError: the ledger cannot be read.
    """
    return _grouped(database, edition, states, domain, after_at(delivery.c.address_key))


def by_segment(
    database: Database,
    edition: EditionKey,
    states: Collection[State] = tuple(State),
    domain: str = "",
) -> list[Group]:
    """Readers by their choice of blocks; "" are those who get no letter.

    Raises:
        StorageError: the ledger cannot be read.
    """
    return _grouped(database, edition, states, domain, delivery.c.segment)


def by_reply(
    database: Database,
    edition: EditionKey,
    states: Collection[State] = tuple(State),
    domain: str = "",
) -> list[Group]:
    """Readers by what the relay said last and where: `rcpt 550 5.1.1`.

    Raises:
        StorageError: the ledger cannot be read.
    """
    columns = (delivery.c.state, delivery.c.stage, delivery.c.code, delivery.c.enhanced)
    counted = (sa.func.count().label("rows"), sa.func.max(delivery.c.words).label("words"))
    query = sa.select(*columns, *counted).where(*within(edition, states, domain)).group_by(*columns)
    with database.read() as connection:
        found = connection.execute(query).all()
    groups = [
        Group(name=_reply(row), states=Counter({row.state: row.rows}), words=row.words)
        for row in found
    ]
    return sorted(groups, key=_largest_first)


def _grouped(
    database: Database,
    edition: EditionKey,
    states: Collection[State],
    domain: str,
    column: sa.ColumnElement[str],
) -> list[Group]:
    name = column.label("name")
    query = (
        sa.select(name, delivery.c.state, sa.func.count().label("rows"))
        .where(*within(edition, states, domain))
        .group_by(name, delivery.c.state)
    )
    groups: dict[str, Group] = {}
    with database.read() as connection:
        for row in connection.execute(query):
            group = groups.setdefault(row.name, Group(name=row.name))
            group.states[row.state] = row.rows
    return sorted(groups.values(), key=_largest_first)


def _reply(row: Any) -> str:
    parts = (row.stage, str(row.code or ""), row.enhanced)
    return " ".join(filter(None, parts)) or "no reply"


def _largest_first(group: Group) -> tuple[int, str]:
    return (-group.total, group.name)
