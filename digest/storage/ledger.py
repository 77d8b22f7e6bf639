"""Hand out the letters of one frozen edition, with what became of each on durable record."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from digest.errors import StorageError
from digest.model import EditionKey, EmailAddress, Outcome, OutcomeKind, Recipient
from digest.storage.database import Database
from digest.storage.ledger_sql import BARRED, BEGIN, CLAIM, RELEASE, SETTLE
from digest.storage.plain import storable
from digest.storage.schema import delivery, suppression, to_microseconds
from digest.storage.states import State

#: A clock that stood a year ahead must not put a reader off for a year.
LONGEST_WAIT = timedelta(days=1)

_STATE_AFTER = {
    OutcomeKind.SENT: State.SENT,
    OutcomeKind.DEFERRED: State.DEFERRED,
    OutcomeKind.REJECTED: State.REJECTED,
    OutcomeKind.UNKNOWN: State.UNKNOWN,
    OutcomeKind.UNTRIED: State.PENDING,
}

_suppress = (
    delivery.update()
    .where(
        delivery.c.edition == sa.bindparam("of_edition"),
        delivery.c.address_key == sa.bindparam("of_address"),
    )
    .values(
        state=State.SUPPRESSED.value,
        words=sa.bindparam("why"),
        retry_at=None,
        updated_at=sa.bindparam("at"),
    )
)


class EditionLedger:
    """The ledger of one edition, as a courier needs it. Its methods may be called in any thread.

    `due_before` limits the claims to letters due by then; None hands out everybody's.
    """

    def __init__(
        self, database: Database, edition: EditionKey, *, due_before: datetime | None = None
    ) -> None:
        self._database = database
        self._edition = edition
        self._queues = _queues(edition, due_before)

    def claim(self, limit: int, now: datetime) -> Sequence[Recipient]:
        """Take up to `limit` letters whose time has come; none means that none is left now.

        Those to try again come first, then those longest due. A reader suppressed by this
        moment is marked so instead of being returned.

        Raises:
            StorageError: the ledger cannot be written.
        """
        taken: list[Recipient] = []
        with self._database.write() as connection:
            times = {"now": now, "too_late": now + LONGEST_WAIT}
            for queue in self._queues:
                while len(taken) < limit:
                    wanted = times | {"wanted": limit - len(taken)}
                    rows = connection.execute(queue, wanted).all()
                    taken += self._take(connection, rows, now)
                    if not rows:
                        break
        return tuple(taken)

    def record(
        self,
        begun: Sequence[Recipient],
        settled: Sequence[tuple[Recipient, Outcome]],
        now: datetime,
    ) -> frozenset[str]:
        """Write down in one durable transaction what is over, then what is about to begin.

        The answer holds the `reader_id`s of those in `begun` who were suppressed since their
        claim: they are marked so, and nothing must be sent to them.

        Raises:
            StorageError: nothing was written; or a begun letter is no longer ours, because
                another program took it up. It must not be sent then.
        """
        at = to_microseconds(now)
        with self._database.write() as connection:
            if settled:
                rows = json.dumps([_settled(r, o, at) for r, o in settled], ensure_ascii=False)
                connection.execute(SETTLE, self._given(at) | {"rows": rows})
            if begun:
                return self._begin(connection, begun, at)
        return frozenset()

    def release(self, recipients: Sequence[Recipient]) -> None:
        """Give claimed letters back untouched; they are claimed again next time.

        Raises:
            StorageError: the ledger cannot be written.
        """
        if recipients:
            keys = _keys(recipient.address.key for recipient in recipients)
            with self._database.write() as connection:
                connection.execute(RELEASE, {"edition": self._edition.text, "keys": keys})

    def _begin(
        self, connection: sa.Connection, begun: Sequence[Recipient], at: int
    ) -> frozenset[str]:
        keys = _keys(recipient.address.key for recipient in begun)
        given = self._given(at) | {"keys": keys}
        missing = len(begun) - connection.execute(BEGIN, given).rowcount
        if not missing:
            return frozenset()
        barred = connection.execute(BARRED, given).scalars().all()
        if len(barred) != missing:
            raise StorageError(f"edition {self._edition}: another program took letters of this run")
        return frozenset(barred)

    def _take(
        self, connection: sa.Connection, rows: Sequence[Any], now: datetime
    ) -> list[Recipient]:
        free = [row for row in rows if row.reason is None]
        barred = [row for row in rows if row.reason is not None]
        if barred:
            connection.execute(
                _suppress,
                [self._key(row.address_key) | {"at": now, "why": row.reason} for row in barred],
            )
        if free:
            keys = _keys(row.address_key for row in free)
            connection.execute(CLAIM, self._given(to_microseconds(now)) | {"keys": keys})
        return [self._recipient(row) for row in free]

    def _recipient(self, row: Any) -> Recipient:
        local, _, domain = row.address.rpartition("@")
        return Recipient(
            edition=self._edition,
            address=EmailAddress(local, domain),
            name=row.name,
            reader_id=row.reader_id,
            segment=row.segment,
            due_at=row.due_at,
            attempt=row.attempt,
        )

    def _given(self, at: int) -> dict[str, Any]:
        return {"edition": self._edition.text, "at": at}

    def _key(self, address_key: str) -> dict[str, Any]:
        return {"of_edition": self._edition.text, "of_address": address_key}


def _keys(keys: Iterable[str]) -> str:
    return json.dumps(list(keys), ensure_ascii=False)


def _settled(recipient: Recipient, outcome: Outcome, at: int) -> tuple[str | int | None, ...]:
    """A row of `SETTLE`."""
    again = None
    if outcome.kind is OutcomeKind.DEFERRED:
        again = to_microseconds(outcome.retry_at) if outcome.retry_at else at
    return (
        recipient.address.key,
        _STATE_AFTER[outcome.kind].value,
        again,
        outcome.stage.value,
        outcome.code,
        storable(outcome.enhanced, 16),
        storable(outcome.words),
        storable(outcome.relay),
    )


def _queues(edition: EditionKey, due_before: datetime | None) -> tuple[sa.Select[Any], ...]:
    """What may be claimed: at most `wanted` rows each, in the order of one index."""
    moment = delivery.c.due_at.type
    pending = _with_suppression(edition, State.PENDING).order_by(delivery.c.due_at)
    if due_before is not None:
        pending = pending.where(delivery.c.due_at <= due_before)
    deferred = _with_suppression(edition, State.DEFERRED).order_by(delivery.c.retry_at)
    return (
        deferred.where(delivery.c.retry_at <= sa.bindparam("now", type_=moment)),
        deferred.where(delivery.c.retry_at > sa.bindparam("too_late", type_=moment)),
        pending,
    )


def _with_suppression(edition: EditionKey, state: State) -> sa.Select[Any]:
    """Rows of `state`; `reason` is None for readers who may be mailed.

    Where many machines claim at once (PostgreSQL), each skips the rows that another holds.
    """
    by_address, by_reader = suppression.alias("by_address"), suppression.alias("by_reader")
    return (
        sa.select(
            delivery.c.address_key,
            delivery.c.address,
            delivery.c.name,
            delivery.c.reader_id,
            delivery.c.segment,
            delivery.c.due_at,
            delivery.c.attempt,
            sa.func.coalesce(by_address.c.reason, by_reader.c.reason).label("reason"),
        )
        .outerjoin(by_address, by_address.c.address_key == delivery.c.address_key)
        .outerjoin(by_reader, by_reader.c.reader_id == delivery.c.reader_id)
        .where(delivery.c.edition == edition.text, delivery.c.state == state.value)
        .limit(sa.bindparam("wanted", type_=sa.Integer))
        .with_for_update(of=delivery, skip_locked=True)
    )
