"""Say of which version a database's tables are, whether this program may use them or not."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from digest.storage.dialect import make_sqlite_engine
from digest.storage.schema import SCHEMA_VERSION, meta
from digest.storage.sql_errors import plain_errors
from digest.storage.upgrade import revision, revision_of

#: Under this name `meta` keeps the newest of Procrastinate's migrations that the tables have.
QUEUE = "queue"


@dataclass(frozen=True, slots=True, kw_only=True)
class Versions:
    """Of `schema.py`, of Alembic's steps, of Procrastinate's; None where there are no tables."""

    schema: int | None = None
    revision: str | None = None
    queue: str | None = None

    def is_older(self, other: Versions) -> bool:
        """Whether some of the tables are of an older version than there."""
        schemas = (self.schema or 0) < (other.schema or 0)
        return schemas or (self.queue or "") < (other.queue or "")

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def known_versions(queue: str | None = None) -> Versions:
    """Those that this program makes."""
    return Versions(schema=SCHEMA_VERSION, revision=revision_of(SCHEMA_VERSION), queue=queue)


def read_versions(connection: sa.Connection) -> Versions:
    """Those that the database has."""
    if not sa.inspect(connection).has_table(meta.name):
        return Versions()
    rows = connection.execute(sa.select(meta.c.name, meta.c.value))
    facts = {row.name: row.value for row in rows}
    schema = int(facts["schema"]) if "schema" in facts else None
    return Versions(schema=schema, revision=revision(connection), queue=facts.get(QUEUE))


def versions_of_file(path: Path) -> Versions:
    """The same of an SQLite file, which is not changed, nor made.

    Raises:
        StorageError: it cannot be read.
    """
    if not path.exists():
        return Versions()
    engine = make_sqlite_engine(path, busy_seconds=30.0)
    try:
        with plain_errors(str(path)), engine.begin() as connection:
            return read_versions(connection)
    finally:
        engine.dispose()
