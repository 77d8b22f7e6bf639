"""Keep the tables of the task queue, Procrastinate, as its installed version has them."""

from __future__ import annotations

from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

import sqlalchemy as sa

from digest.errors import StorageError
from digest.storage.schema import meta
from digest.storage.versions import QUEUE

_TABLE = "procrastinate_jobs"


def ensure_queue(connection: sa.Connection) -> None:
    """Make the queue's tables, or take the steps that they lack, within the caller's transaction.

    A migration's name begins with the version that brought it: 03.04.00_50_post_name.sql. So
    their order is that of their names.

    Raises:
        StorageError: there are such tables that we did not make.
    """
    steps = queue_steps()
    has, latest = queue_version(connection), max(steps)
    if has is None:
        if sa.inspect(connection).has_table(_TABLE):
            raise StorageError(
                "the database holds the tables of another program's Procrastinate; give digest a"
                " database of its own"
            )
        _run(connection, files("procrastinate.sql").joinpath("schema.sql").read_text("utf-8"))
        connection.execute(meta.insert().values(name=QUEUE, value=latest))
        return
    for name in sorted(steps):
        if name > has:
            _run(connection, steps[name])
    row = meta.update().where(meta.c.name == QUEUE)
    connection.execute(row.values(value=max(has, latest)))


def queue_version(connection: sa.Connection) -> str | None:
    """The newest migration that the queue's tables have; None: there are none of ours."""
    return connection.execute(sa.select(meta.c.value).where(meta.c.name == QUEUE)).scalar()


def known_queue_version() -> str:
    """The newest migration of the installed Procrastinate."""
    return max(name.removesuffix(".sql") for name in _files())


def queue_steps() -> dict[str, str]:
    """The installed Procrastinate's migrations, each a script, by their names."""
    return {name.removesuffix(".sql"): file.read_text("utf-8") for name, file in _files().items()}


def _files() -> dict[str, Traversable]:
    folder = files("procrastinate.sql").joinpath("migrations")
    return {each.name: each for each in folder.iterdir() if each.name.endswith(".sql")}


def _run(connection: sa.Connection, script: str) -> None:
    """Several statements at once, in which % is no placeholder: the driver's own way."""
    driver: Any = connection.connection.driver_connection
    driver.execute(script)
