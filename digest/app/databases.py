"""Bring the database up to date, or say of which version it is."""

from __future__ import annotations

from dataclasses import dataclass

from digest.app.house import House
from digest.storage.database import NAME
from digest.storage.versions import Versions, known_versions, versions_of_file


@dataclass(frozen=True, slots=True, kw_only=True)
class Upgraded:
    """What was done: `before` is None where there were no tables."""

    place: str
    before: int | None
    schema: int


def upgrade_database(house: House) -> Upgraded:
    """Make the tables of the state, or lead them to this program's.

    Raises:
        StorageError: it cannot be done; nothing was changed.
    """
    if url := house.database_url:
        from digest.storage.postgres.database import upgrade_postgres

        before, place = upgrade_postgres(
            url,
            state=house.config.state_dir,
            busy_seconds=house.busy_seconds,
            connect_timeout=house.config.storage.connect_timeout,
        )
    else:
        path = house.config.state_dir / NAME
        before, place = versions_of_file(path).schema, house.database.place
    return Upgraded(place=place, before=before, schema=known_versions().schema or 0)


def look_at_database(house: House) -> tuple[str, Versions, Versions]:
    """Where the state is, of which version it is, and of which it should be.

    Raises:
        StorageError: it cannot be read.
    """
    if url := house.database_url:
        from digest.storage.postgres.database import look_at_versions
        from digest.storage.postgres.queue_schema import known_queue_version

        timeout = house.config.storage.connect_timeout
        place, found = look_at_versions(url, connect_timeout=timeout)
        return place, found, known_versions(queue=known_queue_version())
    path = house.config.state_dir / NAME
    return str(path), versions_of_file(path), known_versions()
