"""Take up what an interrupted run left behind."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from digest.model import EditionKey
from digest.storage.database import Database
from digest.storage.schema import campaign, delivery, in_state
from digest.storage.states import State

#: A relay that takes letters and hangs up before it answers must not mail a reader all day long.
MOST_REPEATS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovered:
    """How many letters went back to their queue, became unknown, and are sent once more."""

    returned: int
    unknown: int
    resent: int


def recover(
    database: Database, unknown_policy: Literal["resend", "hold"], now: datetime
) -> Recovered:
    """Settle every edition's rows that a killed run left, before a new run begins.

    To be called by the holder of the run lock only. A claimed letter never left: it is pending
    again. One in `data` may have been taken by the server (RFC 1047): it is unknown. With
    `resend` every unknown letter is pending once more, its attempts kept and `repeats` counted,
    up to `MOST_REPEATS` times; then, or with `hold`, it waits for a person.

    Raises:
        StorageError: the ledger cannot be written.
    """
    with database.write() as connection:
        returned = _move(connection, State.CLAIMED, {"state": State.PENDING.value})
        words = "the run was interrupted before the server's answer"
        unknown = _move(
            connection,
            State.DATA,
            {"state": State.UNKNOWN.value, "words": words, "updated_at": now},
        )
        few = delivery.c.repeats < MOST_REPEATS
        resent = _resend(connection, few, now) if unknown_policy == "resend" else 0
    return Recovered(returned=returned, unknown=unknown, resent=resent)


def resend_unknown(database: Database, edition: EditionKey, now: datetime) -> int:
    """Make an edition's unknown letters pending; says how many.

    Raises:
        StorageError: the ledger cannot be written.
    """
    with database.write() as connection:
        return _resend(connection, delivery.c.edition == edition.text, now)


def give_up(database: Database, due_before: datetime, words: str, now: datetime) -> int:
    """End letters that were due before `due_before` and never got through; says how many.

    One that was tried is rejected, one that never was is skipped; `words` say why.

    Raises:
        StorageError: the ledger cannot be written.
    """
    late = delivery.c.due_at < due_before
    ends = {"words": words, "retry_at": None, "updated_at": now}
    was_tried = delivery.c.attempt > 0
    with database.write() as connection:
        late_and_tried = {"state": State.REJECTED.value} | ends
        ended = _move(connection, State.DEFERRED, late_and_tried, late)
        ended += _move(connection, State.PENDING, late_and_tried, late & was_tried)
        return ended + _move(connection, State.PENDING, {"state": State.SKIPPED.value} | ends, late)


def _resend(connection: sa.Connection, where: sa.ColumnElement[bool], now: datetime) -> int:
    values = {
        "state": State.PENDING.value,
        "repeats": delivery.c.repeats + 1,
        "retry_at": None,
        "updated_at": now,
    }
    return _move(connection, State.UNKNOWN, values, where)


def _move(
    connection: sa.Connection,
    state: State,
    values: dict[str, Any],
    where: sa.ColumnElement[bool] | None = None,
) -> int:
    # Edition by edition, so that the state's index finds the few rows at once.
    condition = sa.true() if where is None else where
    editions = connection.execute(sa.select(campaign.c.edition)).scalars().all()
    return sum(
        connection.execute(
            delivery.update()
            .where(delivery.c.edition == edition, in_state(state), condition)
            .values(values)
        ).rowcount
        for edition in editions
    )
