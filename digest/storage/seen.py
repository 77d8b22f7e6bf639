"""Say when a paper was mailed before."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from itertools import islice

import sqlalchemy as sa

from digest.model import PaperId
from digest.storage.database import Database
from digest.storage.schema import seen_paper

_CHUNK = 500


def sent_before(database: Database, ids: Iterable[PaperId], day: date) -> dict[PaperId, date]:
    """For each of `ids` that an edition before `day` carried, the first such day.

    An edition of `day` itself does not count: composing a day again gives the same papers.

    Raises:
        StorageError: the database cannot be read.
    """
    found: dict[PaperId, date] = {}
    wanted = iter(dict.fromkeys(ids))
    with database.read() as connection:
        while chunk := {str(name): name for name in islice(wanted, _CHUNK)}:
            query = (
                sa.select(seen_paper.c.paper_id, sa.func.min(seen_paper.c.date).label("first"))
                .where(seen_paper.c.paper_id.in_(list(chunk)), seen_paper.c.date < day)
                .group_by(seen_paper.c.paper_id)
            )
            for row in connection.execute(query):
                found[chunk[row.paper_id]] = row.first
    return found
