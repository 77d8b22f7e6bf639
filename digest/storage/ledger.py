"""Hand out the letters of one frozen edition, with what became of each on durable record."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from digest.errors import StorageError
from digest.model import EditionKey, EmailAddress, Outcome, OutcomeKind, Recipient
from digest.storage.database import Database
from digest.storage.plain import storable
from digest.storage.schema import delivery, suppression
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

_this_row = (delivery.c.edition == sa.bindparam("of_edition")) & (
    delivery.c.address_key == sa.bindparam("of_address")
)
_claim = (
    delivery.update()
    .where(_this_row)
    .values(state=State.CLAIMED.value, updated_at=sa.bindparam("at"))
)
_suppress = (
    delivery.update()
    .where(_this_row)
    .values(
        state=State.SUPPRESSED.value,
        words=sa.bindparam("why"),
        retry_at=None,
        updated_at=sa.bindparam("at"),
    )
)
_begin = (
    delivery.update()
    .where(_this_row, delivery.c.state == State.CLAIMED.value)
    .values(
        state=State.DATA.value,
        attempt=delivery.c.attempt + 1,
        retry_at=None,
        updated_at=sa.bindparam("at"),
    )
)
# What is sent stays sent. An untried letter gets its attempt back: it cost the reader nothing.
_settle = (
    delivery.update()
    .where(_this_row, delivery.c.state != State.SENT.value)
    .values(
        state=sa.bindparam("new_state"),
        attempt=delivery.c.attempt
        - sa.case(
            (
                (sa.bindparam("new_state") == State.PENDING.value)
                & (delivery.c.state == State.DATA.value),
                1,
            ),
            else_=0,
        ),
        retry_at=sa.bindparam("again_at", type_=delivery.c.retry_at.type),
        stage=sa.bindparam("at_stage"),
        code=sa.bindparam("new_code"),
        enhanced=sa.bindparam("new_enhanced"),
        words=sa.bindparam("why"),
        relay=sa.bindparam("by_relay"),
        updated_at=sa.bindparam("at"),
    )
)
_release = (
    delivery.update()
    .where(_this_row, delivery.c.state == State.CLAIMED.value)
    .values(state=State.PENDING.value)
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
    ) -> None:
        """Write down in one durable transaction what is over, then what is about to begin.

        Raises:
            StorageError: nothing was written; or a begun letter is no longer ours, because
                another program took it up. It must not be sent then.
        """
        with self._database.write() as connection:
            if settled:
                connection.execute(_settle, [self._settled(r, o, now) for r, o in settled])
            if begun:
                rows = [self._row(recipient) | {"at": now} for recipient in begun]
                if connection.execute(_begin, rows).rowcount != len(rows):
                    raise StorageError(
                        f"edition {self._edition}: another program took letters of this run"
                    )

    def release(self, recipients: Sequence[Recipient]) -> None:
        """Give claimed letters back untouched; they are claimed again next time.

        Raises:
            StorageError: the ledger cannot be written.
        """
        if recipients:
            with self._database.write() as connection:
                connection.execute(_release, [self._row(recipient) for recipient in recipients])

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
            connection.execute(_claim, [self._key(row.address_key) | {"at": now} for row in free])
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

    def _settled(self, recipient: Recipient, outcome: Outcome, now: datetime) -> dict[str, Any]:
        deferred = outcome.kind is OutcomeKind.DEFERRED
        return self._row(recipient) | {
            "new_state": _STATE_AFTER[outcome.kind].value,
            "again_at": (outcome.retry_at or now) if deferred else None,
            "at_stage": outcome.stage.value,
            "new_code": outcome.code,
            "new_enhanced": storable(outcome.enhanced, 16),
            "why": storable(outcome.words),
            "by_relay": storable(outcome.relay),
            "at": now,
        }

    def _row(self, recipient: Recipient) -> dict[str, Any]:
        return self._key(recipient.address.key)

    def _key(self, address_key: str) -> dict[str, Any]:
        return {"of_edition": self._edition.text, "of_address": address_key}


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
