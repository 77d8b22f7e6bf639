"""Let one run at a time plan and send from one database, whatever machines they are on.

The server holds the lock (an advisory one) for as long as the connection that took it lives. One
whose machine is gone is missed after a minute. A run that goes on while its connection was lost
may meet another: an edition is still frozen once, and each letter is begun by one.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from digest.errors import LockHeld
from digest.storage.postgres.connecting import MISS_US
from digest.storage.postgres.database import PostgresDatabase
from digest.storage.sql_errors import plain_errors

_KEYS = "hashtext('papers-digest run'), hashtext(current_schema())"
_TAKE = f"SELECT pg_try_advisory_lock({_KEYS})"
_HOLDER = """
    SELECT application_name, to_char(backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI "UTC"')
    FROM pg_locks JOIN pg_stat_activity USING (pid)
    WHERE locktype = 'advisory' AND pg_locks.granted AND objsubid = 2
      AND pg_locks.database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND (classid::bigint, objid::bigint)
        = (hashtext('papers-digest run')::bigint & 4294967295,
           hashtext(current_schema())::bigint & 4294967295)
"""


@contextmanager
def lock_for_all_machines(database: PostgresDatabase, *, command: str) -> Iterator[None]:
    """Hold the run lock of a server's database, without waiting for it.

    Raises:
        LockHeld: another run holds it; the message says which, where and since when.
        StorageError: the server is not to be reached.
    """
    with database.connect(f"{command} {os.getpid()}@{socket.gethostname()}") as connection:
        with plain_errors(database.place):
            connection.execute(f"{MISS_US} SET idle_session_timeout = 0")
            if connection.execute(_TAKE).fetchone() != (True,):
                holder = connection.execute(_HOLDER).fetchone()
                raise LockHeld(f"{database.place}: another run is at work{_describe(holder)}")
        yield


def _describe(holder: Any) -> str:
    """A moment is not shown to everybody."""
    if not holder:
        return ""
    return f": {holder[0]}" + (f", since {holder[1]}" if holder[1] else "")
