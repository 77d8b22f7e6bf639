"""What the commands for many machines need before they begin."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING

from digest.app.house import House
from digest.config.wording import variable
from digest.errors import UsageError

if TYPE_CHECKING:
    from digest.cluster.enqueue import Queue

_NEEDED = ("procrastinate", "psycopg", "psycopg_pool")


def require_cluster(house: House, command: str) -> None:
    """See that the state is where many can share it.

    Raises:
        UsageError: it is not, or packages are missing.
    """
    if not house.database_url:
        name = variable(house.config.storage.url_env, "storage.url_env")
        raise UsageError(f"{command} needs PostgreSQL: set storage.url, or {name}")
    if any(importlib.util.find_spec(name) is None for name in _NEEDED):
        raise UsageError(f"{command} needs more packages: pip install 'papers-digest[cluster]'")


def open_queue(house: House) -> Queue:
    """Where `run --enqueue` puts its batches."""
    require_cluster(house, "run --enqueue")
    from digest.cluster.enqueue import Queue

    return Queue(house.database, batch_size=house.config.delivery.batch_size, clock=house.clock)
