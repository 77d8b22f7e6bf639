"""Take up what an interrupted run left behind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from digest.model import EditionKey
from digest.storage.columns import from_microseconds
from digest.storage.database import Database
from digest.storage.schema import campaign, delivery, in_state, worker
from digest.storage.states import State
from digest.storage.workers import ENDS, end_dead, is_orphan

#: A relay that takes letters and hangs up before it answers must not mail a reader all day long.
MOST_REPEATS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovered:
    """How many letters went back to their queue, became unknown, and are sent once more."""

    returned: int
    unknown: int
    resent: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveredBatch:
    """What was done for a batch; until when others still hold letters of it, None if nobody does.

    It is the database's clock that says so.
    """

    recovered: Recovered
    held_until: datetime | None


def recover(
    database: Database, unknown_policy: Literal["resend", "hold"], now: datetime
) -> Recovered:
    """Settle every edition's rows that a killed run left, before a new run begins.

    To be called by the holder of the run lock only; on a server it touches only letters whose
    holder's lease is over, since others may be at work. A claimed letter never left: it is pending
    again. One in `data` may have been taken by the server (RFC 1047): it is unknown. With
    `resend` every unknown letter is pending once more, its attempts kept and `repeats` counted,
    up to `MOST_REPEATS` times; then, or with `hold`, it waits for a person.

    Raises:
        StorageError: the ledger cannot be written.
    """
    with database.write() as connection:
        return _recover(database, connection, unknown_policy, now, sa.true(), _editions(connection))


def recover_batch(
    database: Database,
    edition: EditionKey,
    number: int,
    unknown_policy: Literal["resend", "hold"],
    now: datetime,
    *,
    me: str = "",
) -> RecoveredBatch:
    """The same for one batch of an edition, before the worker `me` takes it up.

    Raises:
        StorageError: the ledger cannot be written.
    """
    batch = (delivery.c.edition == edition.text) & (delivery.c.batch == number)
    holds = sa.select(delivery.c.holder).where(batch, in_state(State.CLAIMED, State.DATA))
    lasts = sa.text(f"max({ENDS})")
    until = sa.select(lasts).select_from(worker).where(worker.c.id.in_(holds))
    with database.write() as connection:
        recovered = _recover(database, connection, unknown_policy, now, batch, [edition.text])
        others = (worker.c.state != "ended") & (worker.c.id != me)
        held = connection.execute(until.where(others)).scalar()
    return RecoveredBatch(
        recovered=recovered, held_until=None if held is None else from_microseconds(held)
    )


def _recover(
    database: Database,
    connection: sa.Connection,
    unknown_policy: Literal["resend", "hold"],
    now: datetime,
    where: sa.ColumnElement[bool],
    editions: Sequence[str],
) -> Recovered:
    left = where
    if database.is_shared:
        end_dead(connection)
        left = where & is_orphan()
    back = {"state": State.PENDING.value}
    returned = _move(connection, editions, State.CLAIMED, back, left)
    words = "the run was interrupted before the server's answer"
    ends = {"state": State.UNKNOWN.value, "words": words, "updated_at": now}
    unknown = _move(connection, editions, State.DATA, ends, left)
    few = where & (delivery.c.repeats < MOST_REPEATS)
    resent = _resend(connection, editions, few, now) if unknown_policy == "resend" else 0
    return Recovered(returned=returned, unknown=unknown, resent=resent)


def resend_unknown(database: Database, edition: EditionKey, now: datetime) -> int:
    """Make an edition's unknown letters pending; says how many.

    Raises:
        StorageError: the ledger cannot be written.
    """
    with database.write() as connection:
        return _resend(connection, [edition.text], sa.true(), now)


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
        editions = _editions(connection)
        ended = _move(connection, editions, State.DEFERRED, late_and_tried, late)
        ended += _move(connection, editions, State.PENDING, late_and_tried, late & was_tried)
        never_tried = {"state": State.SKIPPED.value} | ends
        return ended + _move(connection, editions, State.PENDING, never_tried, late)


def _resend(
    connection: sa.Connection,
    editions: Sequence[str],
    where: sa.ColumnElement[bool],
    now: datetime,
) -> int:
    values = {
        "state": State.PENDING.value,
        "repeats": delivery.c.repeats + 1,
        "retry_at": None,
        "updated_at": now,
    }
    return _move(connection, editions, State.UNKNOWN, values, where)


def _editions(connection: sa.Connection) -> Sequence[str]:
    return connection.execute(sa.select(campaign.c.edition)).scalars().all()


def _move(
    connection: sa.Connection,
    editions: Sequence[str],
    state: State,
    values: dict[str, Any],
    where: sa.ColumnElement[bool],
) -> int:
    # Edition by edition, so that the state's index finds the few rows at once.
    return sum(
        connection.execute(
            delivery.update()
            .where(delivery.c.edition == edition, in_state(state), where)
            .values(values)
        ).rowcount
        for edition in editions
    )
