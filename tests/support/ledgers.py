"""The ledger for tests that await nothing, in a file or on a server."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Sequence
from concurrent.futures import Future
from datetime import datetime
from functools import cache
from typing import Any, Protocol, TypeVar

import sqlalchemy as sa

from digest.model import EditionKey, Outcome, Recipient
from digest.model.audience import EVERYBODY, Audience
from digest.storage.batches import Batch
from digest.storage.database import Database, SqliteDatabase
from digest.storage.ledger import EditionLedger
from digest.storage.postgres.database import PostgresDatabase
from digest.storage.postgres.leases import Lease
from digest.storage.postgres.ledger import PostgresLedger
from digest.storage.schema import delivery, in_state
from digest.storage.states import OPEN, State

T = TypeVar("T")


class PlainLedger(Protocol):
    """A ledger whose calls return when they are done."""

    def claim(self, limit: int, now: datetime) -> Sequence[Recipient]: ...

    def record(
        self,
        begun: Sequence[Recipient],
        settled: Sequence[tuple[Recipient, Outcome]],
        now: datetime,
    ) -> frozenset[str]: ...

    def release(self, recipients: Sequence[Recipient]) -> None: ...


class WaitingLedger:
    """A server's ledger, its calls waited for; `ledger` and `lease` are the real ones."""

    def __init__(
        self, database: PostgresDatabase, key: EditionKey, *, timeout: float = 30.0, **limits: Any
    ) -> None:
        self.lease = Lease(database, command="run", heartbeat=3600, timeout=timeout)
        wait(self.lease.begin())
        self.ledger = PostgresLedger(database, key, self.lease, **limits)
        _OPEN.append(self)

    def claim(self, limit: int, now: datetime) -> Sequence[Recipient]:
        return wait(self.ledger.claim(limit, now))

    def record(
        self,
        begun: Sequence[Recipient],
        settled: Sequence[tuple[Recipient, Outcome]],
        now: datetime,
    ) -> frozenset[str]:
        return wait(self.ledger.record(begun, settled, now))

    def release(self, recipients: Sequence[Recipient]) -> None:
        wait(self.ledger.release(recipients))

    def vanish(self) -> None:
        """Its process is gone: nothing is said, nothing given back."""
        wait(self.ledger._server.close())
        wait(self.lease._link.close())


_OPEN: list[WaitingLedger] = []


def ledger_of(
    database: Database,
    key: EditionKey,
    *,
    due_before: datetime | None = None,
    readers: Audience = EVERYBODY,
) -> PlainLedger:
    """The ledger of an edition in the database at hand, with a lease of its own on a server."""
    if isinstance(database, SqliteDatabase):
        return EditionLedger(database, key, due_before=due_before, readers=readers)
    assert isinstance(database, PostgresDatabase)
    return WaitingLedger(database, key, due_before=due_before, readers=readers)


def let_leases_lapse(database: Database) -> None:
    """As if nobody had renewed one for long."""
    if database.is_shared:
        with database.write() as connection:
            connection.execute(sa.text("UPDATE worker SET seen_at = 1, lease_until = 1"))


def close_ledgers() -> None:
    """Hang up all that `ledger_of` opened."""
    while _OPEN:
        _OPEN.pop().vanish()


def wait(coroutine: Coroutine[Any, Any, T]) -> T:
    """Its answer; it runs in the one loop of these ledgers."""
    future: Future[T] = asyncio.run_coroutine_threadsafe(coroutine, _loop())
    return future.result()


@cache
def _loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, daemon=True).start()
    return loop


def open_batches(database: Database, edition: EditionKey) -> Sequence[Batch]:
    """The batches with letters left, and when the first of each may go."""
    moment = sa.func.min(
        sa.case(
            (delivery.c.state == State.DEFERRED.value, delivery.c.retry_at),
            else_=delivery.c.due_at,
        ),
        type_=delivery.c.due_at.type,
    )
    query = (
        sa.select(delivery.c.batch, moment.label("due_at"), sa.func.count().label("letters"))
        .where(delivery.c.edition == edition.text, delivery.c.batch.is_not(None), in_state(*OPEN))
        .group_by(delivery.c.batch)
        .order_by(delivery.c.batch)
    )
    with database.read() as connection:
        return [
            Batch(number=row.batch, due_at=row.due_at, letters=row.letters)
            for row in connection.execute(query)
        ]
