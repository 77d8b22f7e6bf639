"""Say what a suppression means for a reader who asks to be mailed again, and lift it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from digest.model import EmailAddress
from digest.storage.database import Database
from digest.storage.lifted import forgive
from digest.storage.schema import suppression
from digest.storage.suppressions import Kind

#: What a reader may undo by herself: her own leaving, and what her mailbox did.
HERS = frozenset({Kind.UNSUBSCRIBE, Kind.BOUNCE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Whether a reader is suppressed.

    `barred`: by a person's decision or for a complaint, which a page does not undo. `left_at` is
    when she left last.
    """

    suppressed: bool = False
    barred: bool = False
    left_at: datetime | None = None

    def allows(self, asked_at: datetime, *, returning: bool) -> bool:
        """Whether she may come back who asked for it then: not if she left after that.

        Who was not suppressed when she asked (not `returning`) has left since, whatever a clock
        that was set back says.
        """
        if self.barred or self.left_at is None:
            return not self.barred
        return returning and self.left_at <= asked_at


def standing_of(database: Database, address: EmailAddress | None, reader_id: str) -> Standing:
    """How a reader stands.

    Raises:
        StorageError: the database cannot be read.
    """
    with database.read() as connection:
        return _standing(connection, address, reader_id)


def let_return(
    database: Database,
    address: EmailAddress,
    reader_id: str,
    *,
    asked_at: datetime,
    returning: bool,
) -> bool:
    """Lift the suppressions of a reader who asked then, as `allows` has it; False: it is not
    hers to lift.

    Her mailbox works, as she has had the letter to confirm: its bounces so far are forgiven.

    Raises:
        StorageError: it could not be written.
    """
    with database.write() as connection:
        if not _standing(connection, address, reader_id).allows(asked_at, returning=returning):
            return False
        connection.execute(suppression.delete().where(_hers(address, reader_id)))
        forgive(connection, address.key)
    return True


def _standing(connection: sa.Connection, address: EmailAddress | None, reader_id: str) -> Standing:
    query = sa.select(suppression.c.kind, suppression.c.at).where(_hers(address, reader_id))
    found = [(Kind(row.kind), row.at) for row in connection.execute(query)]
    left = [at for kind, at in found if kind is Kind.UNSUBSCRIBE]
    return Standing(
        suppressed=bool(found),
        barred=any(kind not in HERS for kind, _ in found),
        left_at=max(left, default=None),
    )


def _hers(address: EmailAddress | None, reader_id: str) -> sa.ColumnElement[bool]:
    where = suppression.c.reader_id == reader_id
    return where if address is None else where | (suppression.c.address_key == address.key)
