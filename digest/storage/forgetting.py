"""Take a reader's address out of what outlives a run, where nothing is lost with it.

What stays is her reader id, a hash that tells nothing without the key: the suppression by it
keeps an import from bringing her back, and the ledger goes on knowing how many letters an edition
had and what became of them. Letters that are under way, or whose fate is unknown, keep the
address until that is settled; `sweep` looks again.
"""

from __future__ import annotations

from datetime import date, datetime

from digest.model import EmailAddress
from digest.storage.database import Database
from digest.storage.schema import to_microseconds
from digest.storage.states import State
from digest.storage.suppressions import Kind

#: The source of the suppression of somebody who is forgotten.
FORGOTTEN = "deleted by the reader"

_SETTLED = ", ".join(
    f"'{state}'" for state in (State.SENT, State.REJECTED, State.SUPPRESSED, State.SKIPPED)
)
_STOP = """
    UPDATE delivery SET state = 'suppressed', words = :reason, retry_at = NULL, updated_at = :at
    WHERE reader_id = :reader AND state IN ('pending', 'deferred')
"""
# A reader has one row at most in each place: by her address, by her id, or both in one.
_KIND = """
    SELECT kind FROM suppression WHERE reader_id = :reader OR address_key = :key
    ORDER BY kind IN ('unsubscribe', 'bounce') LIMIT 1
"""
_UNNAME = "DELETE FROM suppression WHERE reader_id = :reader OR address_key = :key"
_NAME = """
    INSERT INTO suppression (address_key, address, reader_id, reason, source, at, kind)
    VALUES (NULL, '', :reader, :reason, :source, :at, :kind)
"""
# The words of a server may repeat the address.
_BOUNCES = "UPDATE bounce SET address_key = :pseudonym, words = '' WHERE address_key = :key"
_SWEEP = f"""
    UPDATE delivery SET address_key = 'deleted:' || reader_id, address = '', name = '', words = ''
    WHERE state IN ({_SETTLED}) AND address <> ''
      AND reader_id IN (SELECT reader_id FROM suppression WHERE source = :source)
"""  # noqa: S608 - states of ours
_PAUSE = """
    UPDATE delivery SET state = 'skipped', words = :reason, updated_at = :at
    WHERE reader_id = :reader AND state = 'pending' AND attempt = 0
      AND edition IN (SELECT edition FROM campaign WHERE date < :until)
"""


def forget(
    database: Database, address: EmailAddress | None, reader_id: str, *, reason: str, at: datetime
) -> None:
    """Never mail her again, and keep no address of hers. A stricter suppression stays as strict.

    Raises:
        StorageError: it could not be written; nothing was.
    """
    given = {
        "reader": reader_id,
        "key": address.key if address else "",
        "pseudonym": f"deleted:{reader_id}",
        "reason": reason,
        "source": FORGOTTEN,
        "at": to_microseconds(at),
        "kind": Kind.UNSUBSCRIBE.value,
    }
    with database.write() as connection:
        before = connection.exec_driver_sql(_KIND, given).scalar()
        if before in (Kind.HAND, Kind.COMPLAINT):
            given["kind"] = before
        for statement in (_UNNAME, _NAME, _STOP, _SWEEP, _BOUNCES):
            connection.exec_driver_sql(statement, given)


def sweep(database: Database) -> None:
    """Forget the addresses that `forget` had to leave, and that are settled by now.

    Raises:
        StorageError: it could not be written.
    """
    with database.write() as connection:
        connection.exec_driver_sql(_SWEEP, {"source": FORGOTTEN})


def pause_letters(
    database: Database, reader_id: str, *, until: date, reason: str, at: datetime
) -> int:
    """Skip her letters of editions before `until` that no run has begun; says how many.

    Raises:
        StorageError: it could not be written.
    """
    given = {
        "reader": reader_id,
        "reason": reason,
        "at": to_microseconds(at),
        "until": until.isoformat(),
    }
    with database.write() as connection:
        return connection.exec_driver_sql(_PAUSE, given).rowcount
