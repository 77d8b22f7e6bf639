"""Take a reader's address out of what outlives a run, where nothing is lost with it.

What stays is her reader id, a hash that tells nothing without the key: the suppression by it
keeps an import from bringing her back, and the ledger goes on knowing how many letters an edition
had and what became of them. Letters that are under way, or whose fate is unknown, keep the
address until that is settled; `sweep` looks again.
"""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa

from digest.model import EmailAddress
from digest.storage.database import Database
from digest.storage.schema import bounce, campaign, delivery, suppression
from digest.storage.states import State
from digest.storage.suppressions import Kind

#: The source of the suppression of somebody who is forgotten.
FORGOTTEN = "deleted by the reader"

_SETTLED = (State.SENT, State.REJECTED, State.SUPPRESSED, State.SKIPPED)


def forget(
    database: Database, address: EmailAddress | None, reader_id: str, *, reason: str, at: datetime
) -> None:
    """Never mail her again, and keep no address of hers. A stricter suppression stays as strict.

    Raises:
        StorageError: it could not be written; nothing was.
    """
    theirs = suppression.c.reader_id == reader_id
    if address is not None:
        theirs |= suppression.c.address_key == address.key
    with database.write() as connection:
        before = set(connection.execute(sa.select(suppression.c.kind).where(theirs)).scalars())
        stricter = before & {Kind.HAND.value, Kind.COMPLAINT.value}
        connection.execute(suppression.delete().where(theirs))
        connection.execute(
            suppression.insert().values(
                address_key=None,
                address="",
                reader_id=reader_id,
                reason=reason,
                source=FORGOTTEN,
                at=at,
                kind=min(stricter, default=Kind.UNSUBSCRIBE.value),
            )
        )
        _stop_letters(connection, reader_id, reason, at)
        _sweep(connection)
        if address is not None:
            _unname_bounces(connection, address, reader_id)


def sweep(database: Database) -> None:
    """Forget the addresses that `forget` had to leave, and that are settled by now.

    Raises:
        StorageError: it could not be written.
    """
    with database.write() as connection:
        _sweep(connection)


def pause_letters(
    database: Database, reader_id: str, *, until: date, reason: str, at: datetime
) -> int:
    """Skip her letters of editions before `until` that no run has begun; says how many.

    Raises:
        StorageError: it could not be written.
    """
    earlier = sa.select(campaign.c.edition).where(campaign.c.date < until)
    query = (
        delivery.update()
        .where(
            delivery.c.reader_id == reader_id,
            delivery.c.state == State.PENDING.value,
            delivery.c.attempt == 0,
            delivery.c.edition.in_(earlier),
        )
        .values(state=State.SKIPPED.value, words=reason, updated_at=at)
    )
    with database.write() as connection:
        return connection.execute(query).rowcount


def _stop_letters(connection: sa.Connection, reader_id: str, reason: str, at: datetime) -> None:
    ends = {"state": State.SUPPRESSED.value, "words": reason, "retry_at": None, "updated_at": at}
    waiting = delivery.c.state.in_([State.PENDING.value, State.DEFERRED.value])
    connection.execute(
        delivery.update().where(delivery.c.reader_id == reader_id, waiting).values(ends)
    )


def _sweep(connection: sa.Connection) -> None:
    forgotten = sa.select(suppression.c.reader_id).where(suppression.c.source == FORGOTTEN)
    connection.execute(
        delivery.update()
        .where(
            delivery.c.state.in_([state.value for state in _SETTLED]),
            delivery.c.address != "",
            delivery.c.reader_id.in_(forgotten),
        )
        .values(
            address_key=sa.literal("deleted:") + delivery.c.reader_id, address="", name="", words=""
        )
    )


def _unname_bounces(connection: sa.Connection, address: EmailAddress, reader_id: str) -> None:
    """The words of a server may repeat the address."""
    connection.execute(
        bounce.update()
        .where(bounce.c.address_key == address.key)
        .values(address_key=f"deleted:{reader_id}", words="")
    )
