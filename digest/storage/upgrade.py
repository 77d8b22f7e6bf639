"""Bring a database of an older program up to this one's tables."""

from __future__ import annotations

import sqlalchemy as sa

from digest.storage.schema import SCHEMA_VERSION, meta

# The statements that lead from each version to the next. An edition frozen before version 2
# knows no newsletter and no key: its letters are made with those of today. Version 3 has smaller
# indexes. Until version 4 an edition was always planned for everybody, and who left by a link was
# told by the source of the suppression alone. Until version 5 there were no workers.
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
    3: (
        "ALTER TABLE delivery ADD COLUMN tags TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE suppression ADD COLUMN kind VARCHAR(12) NOT NULL DEFAULT 'hand'",
        "UPDATE suppression SET kind = 'unsubscribe' WHERE reader_id IS NOT NULL",
        """CREATE TABLE look (edition VARCHAR(10) NOT NULL, templates VARCHAR(200) NOT NULL,
        rendition_document BLOB NOT NULL, PRIMARY KEY (edition, templates),
        FOREIGN KEY(edition) REFERENCES campaign (edition))""",
        """CREATE TABLE audience (edition VARCHAR(10) NOT NULL, audience VARCHAR(200) NOT NULL,
        planned_at BIGINT NOT NULL, PRIMARY KEY (edition, audience),
        FOREIGN KEY(edition) REFERENCES campaign (edition))""",
        "INSERT INTO audience SELECT edition, '', frozen_at FROM campaign",
        """CREATE TABLE list_memory (path TEXT NOT NULL, readers INTEGER NOT NULL,
        whole BOOLEAN NOT NULL, at BIGINT NOT NULL, PRIMARY KEY (path))""",
        """CREATE TABLE bounce (id INTEGER NOT NULL, report VARCHAR(64) NOT NULL,
        address_key VARCHAR(320) NOT NULL, edition VARCHAR(10), kind VARCHAR(12) NOT NULL,
        status VARCHAR(16) NOT NULL, words TEXT NOT NULL, source TEXT NOT NULL,
        at BIGINT NOT NULL, forgotten INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (id),
        UNIQUE (report))""",
        "CREATE INDEX bounce_address ON bounce (address_key, at)",
    ),
    4: (
        "ALTER TABLE delivery ADD COLUMN batch INTEGER",
        "ALTER TABLE delivery ADD COLUMN holder VARCHAR(36) NOT NULL DEFAULT ''",
        """CREATE TABLE worker (id VARCHAR(36) NOT NULL, host TEXT NOT NULL, pid INTEGER NOT NULL,
        command VARCHAR(12) NOT NULL, state VARCHAR(10) NOT NULL, started_at BIGINT NOT NULL,
        seen_at BIGINT NOT NULL, lease_until BIGINT NOT NULL, edition VARCHAR(10),
        batches INTEGER NOT NULL DEFAULT 0, connections INTEGER NOT NULL DEFAULT 0,
        sent INTEGER NOT NULL DEFAULT 0, deferred INTEGER NOT NULL DEFAULT 0,
        rejected INTEGER NOT NULL DEFAULT 0, unknown INTEGER NOT NULL DEFAULT 0,
        rate FLOAT NOT NULL DEFAULT 0, PRIMARY KEY (id))""",
        """CREATE TABLE pace (name TEXT NOT NULL, next_at BIGINT NOT NULL, PRIMARY KEY (name))""",
        """CREATE TABLE permit (relay TEXT NOT NULL, number INTEGER NOT NULL,
        worker VARCHAR(36) NOT NULL, PRIMARY KEY (relay, number))""",
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
