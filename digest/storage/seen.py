"""Say when a paper was mailed before."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from itertools import islice
from typing import Any

import sqlalchemy as sa

from digest.errors import StorageError
from digest.model import EditionKey, Mailed, PaperId
from digest.storage.database import Database
from digest.storage.plain import storable_key
from digest.storage.schema import campaign, seen_paper

_CHUNK = 500


def mailed_in_others(
    database: Database, ids: Iterable[PaperId], key: EditionKey
) -> dict[PaperId, Mailed]:
    """For each of `ids` that another daily edition than `key` carried, when that was.

    Later editions count as well: a day that is composed after the next repeats nothing of it.
    `key` itself does not count: composing a day again gives the same papers.

    Raises:
        StorageError: the database cannot be read.
    """
    days: dict[str, dict[date, str]] = defaultdict(dict)
    names = {storable_key(name): name for name in map(str, ids)}
    wanted = iter(names)
    with database.read() as connection:
        while chunk := list(islice(wanted, _CHUNK)):
            query = sa.select(seen_paper).where(
                seen_paper.c.paper_id.in_(chunk), seen_paper.c.edition != str(key)
            )
            for row in connection.execute(query):
                days[names[row.paper_id]][row.date] = row.edition
        last = {name: editions[max(editions)] for name, editions in days.items()}
        told = {each: _papers(connection, each) for each in sorted(set(last.values()))}
    return {
        PaperId.parse(name): Mailed(
            first=min(editions), last=max(editions), **told[last[name]].get(name, {})
        )
        for name, editions in days.items()
    }


def _papers(connection: sa.Connection, key: str) -> Mapping[str, Mapping[str, Any]]:
    """What the frozen edition said of each paper, by each of its ids."""
    query = sa.select(campaign.c.edition_document).where(campaign.c.edition == key)
    try:
        document = json.loads(connection.execute(query).scalar() or "{}")
        return {
            name: {"votes": paper.get("votes"), "withdrawn": bool(paper.get("withdrawn"))}
            for section in document.get("sections") or ()
            for paper in section["papers"]
            for name in paper["ids"]
        }
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise StorageError(f"edition {key} in the archive cannot be read: {error!r}") from None
