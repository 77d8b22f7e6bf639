"""Goes on without a signing key that is lost."""

from __future__ import annotations

from digest.app.house import House
from digest.cluster.names import QUEUE, TASK
from digest.model import EditionKey
from digest.storage.campaigns import forget_keys
from digest.storage.secret_key import fingerprint


def adopt_keys(house: House) -> tuple[EditionKey, ...]:
    """Let the keys that are here sign what others signed before; which editions these are.

    Batches of theirs that wait go to the queue that every worker serves.

    Raises:
        ConfigError: a key cannot be used.
        StorageError: nothing was changed.
    """
    known = [fingerprint(key) for key in house.keys]
    with house.database.write() as connection:
        editions = forget_keys(connection, known)
        if house.database.is_shared and editions:
            from digest.storage.postgres.jobs import to_queue  # needs the driver

            to_queue(connection, editions, task=TASK, queue=QUEUE)
    return editions
