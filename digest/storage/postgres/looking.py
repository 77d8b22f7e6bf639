"""What can be said of a server at a glance."""

from __future__ import annotations

from dataclasses import dataclass

from digest.storage.database import Database

#: The oldest release that its makers still mend, when this was written.
OLDEST = 14

_LOOK = """
    SELECT current_setting('server_version_num')::int / 10000 AS major,
      split_part(current_setting('server_version'), ' ', 1) AS version,
      pg_database_size(current_database()) AS size,
      (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend') AS connections,
      current_setting('max_connections')::int AS most
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """`size` is that of the database, in bytes; `connections` those of all databases."""

    major: int
    version: str
    size: int
    connections: int
    most: int


def look_at_server(database: Database) -> Server:
    """What the server says of itself.

    Raises:
        StorageError: it is not to be reached.
    """
    with database.read() as connection:
        return Server(**connection.exec_driver_sql(_LOOK).mappings().one())
