"""Bring a database of an older program up to this one's tables."""

from __future__ import annotations

import sqlalchemy as sa

from digest.storage.schema import SCHEMA_VERSION, meta

# The statements that lead from each version to the next. An edition frozen before version 2
# knows no newsletter and no key: its letters are made with those of today. Version 3 has smaller
# indexes.
_STEPS = {
    1: (
        "ALTER TABLE campaign ADD COLUMN newsletter_document TEXT",
        "ALTER TABLE campaign ADD COLUMN key_fingerprint VARCHAR(32) NOT NULL DEFAULT ''",
    ),
    2: (
        "DROP INDEX delivery_due",
        "CREATE INDEX delivery_due ON delivery (edition, due_at) WHERE state = 'pending'",
        """CREATE INDEX delivery_begun ON delivery (edition, state)
        WHERE state = 'claimed' OR state = 'data'""",
        """CREATE INDEX delivery_ended ON delivery (edition, state) WHERE state = 'unknown'
        OR state = 'rejected' OR state = 'suppressed' OR state = 'skipped'""",
    ),
}


def upgrade(connection: sa.Connection) -> None:
    """Take every step that is missing, within the caller's transaction.

    The version is read again here: another program may have done it while this one waited.
    """
    query = sa.select(meta.c.value).where(meta.c.name == "schema")
    version = int(connection.execute(query).scalar_one())
    for step in range(version, SCHEMA_VERSION):
        for statement in _STEPS[step]:
            connection.exec_driver_sql(statement)
    latest = max(version, SCHEMA_VERSION)
    connection.execute(meta.update().where(meta.c.name == "schema").values(value=str(latest)))
