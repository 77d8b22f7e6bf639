"""See that the queue's tables are those of the Procrastinate that is installed."""

from __future__ import annotations

from digest.errors import StorageError
from digest.storage.database import Database
from digest.storage.postgres.queue_schema import known_queue_version, queue_version


def require_tables(database: Database) -> None:
    """Before anything is asked of the queue.

    Raises:
        StorageError: they are of another version, or missing.
    """
    with database.read() as connection:
        has = queue_version(connection) or ""
    known = known_queue_version()
    if has < known:
        raise StorageError(
            f"{database.place}: its queue is of an older Procrastinate than the installed one; stop"
            " the workers, then run `digest db upgrade`"
        )
    if has > known:
        raise StorageError(
            f"{database.place}: its queue is of a newer Procrastinate; upgrade procrastinate here"
        )
