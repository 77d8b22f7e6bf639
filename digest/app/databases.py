"""Bring the database up to date, or say of which version it is."""

from __future__ import annotations

from digest.app.house import House
from digest.storage.database import NAME
from digest.storage.versions import Versions, known_versions, versions_of_file


def upgrade_database(house: House) -> tuple[str, Versions, Versions]:
    """Make the tables of the state, or lead them to this program's.

    Says where the state is, of which version it was, and of which it is.

    Raises:
        StorageError: it cannot be done; nothing was changed.
    """
    if url := house.database_url:
        from digest.storage.postgres.database import upgrade_postgres
        from digest.storage.postgres.queue_schema import known_queue_version

        place, before = upgrade_postgres(
            url,
            state=house.config.state_dir,
            busy_seconds=house.busy_seconds,
            connect_timeout=house.config.storage.connect_timeout,
        )
        return place, before, known_versions(queue=known_queue_version())
    before = versions_of_file(house.config.state_dir / NAME)
    return house.database.place, before, known_versions()


def look_at_database(house: House) -> tuple[str, Versions, Versions]:
    """Where the state is, of which version it is, and of which it should be.

    Raises:
        StorageError: it cannot be read, or is empty although there was one.
    """
    if url := house.database_url:
        from digest.storage.postgres.database import look_at_versions
        from digest.storage.postgres.queue_schema import known_queue_version

        place, found = look_at_versions(
            url,
            state=house.config.state_dir,
            connect_timeout=house.config.storage.connect_timeout,
        )
        return place, found, known_versions(queue=known_queue_version())
    path = house.config.state_dir / NAME
    return str(path), versions_of_file(path), known_versions()
