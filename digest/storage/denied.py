"""Tell a relay that denies everybody's mailbox from readers who have none.

A server that lost its table of users says "no such user" of each of them, with the code that
would suppress a reader for good.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

import sqlalchemy as sa

from digest.model import EditionKey
from digest.storage.census import within
from digest.storage.database import Database
from digest.storage.schema import delivery
from digest.storage.states import State

#: From so many of a domain on, if they are half of all who were offered a letter.
_MANY = 10
#: From so many on, if nobody got a letter at all.
_FEW = 3


def doubtful_domains(database: Database, edition: EditionKey, denied: Collection[str]) -> set[str]:
    """The domains of the addresses `denied` that an edition's relay must be wrong about.

    Raises:
        StorageError: the ledger cannot be read.
    """
    domains = Counter(address.rpartition("@")[2] for address in denied)
    with database.read() as connection:
        if len(denied) >= _FEW and not _sent(connection, edition, ""):
            return set(domains)
        return {
            domain
            for domain, many in domains.items()
            if many >= _MANY and many >= _sent(connection, edition, domain)
        }


def _sent(connection: sa.Connection, edition: EditionKey, domain: str) -> int:
    where = within(edition, (State.SENT,), domain)
    query = sa.select(sa.func.count()).select_from(delivery).where(*where)
    return int(connection.execute(query).scalar_one())
