"""Bring a database of an older program up to this one's tables.

The tables have two numbers that agree: `meta.schema`, which every program reads, and Alembic's
revision, which says where to go on from.
"""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from digest.storage import migrations
from digest.storage.schema import SCHEMA_VERSION, meta

#: Alembic's own table; its one row is the revision.
revisions = sa.Table(
    "alembic_version",
    sa.MetaData(),
    sa.Column("version_num", sa.String(32), primary_key=True),
)


def revision_of(version: int) -> str:
    """Alembic's name of a schema's version."""
    return f"{version:04}"


def stamp(connection: sa.Connection, version: int) -> None:
    """Say that the tables are of this version."""
    revisions.create(connection, checkfirst=True)
    connection.execute(revisions.delete())
    connection.execute(revisions.insert().values(version_num=revision_of(version)))


def revision(connection: sa.Connection) -> str | None:
    """What Alembic takes the tables for; None: it was never asked."""
    if not sa.inspect(connection).has_table(revisions.name):
        return None
    return connection.execute(sa.select(revisions.c.version_num)).scalar()


def upgrade(connection: sa.Connection, *, to: int = SCHEMA_VERSION) -> None:
    """Take every step that is missing, within the caller's transaction.

    The version is read again here: another program may have done it while this one waited.
    """
    query = sa.select(meta.c.value).where(meta.c.name == "schema")
    version = int(connection.execute(query).scalar_one())
    if version >= to:
        return
    stamp(connection, version)
    migrate(connection, revision_of(to))
    connection.execute(meta.update().where(meta.c.name == "schema").values(value=str(to)))


def migrate(connection: sa.Connection, to: str) -> None:
    """Let Alembic, which takes a while to load, lead the tables to a revision."""
    from alembic import command
    from alembic.config import Config

    config = Config(attributes={"connection": connection})
    folder = str(Path(migrations.__file__).parent)
    config.set_main_option("script_location", folder.replace("%", "%%"))
    command.upgrade(config, to)
