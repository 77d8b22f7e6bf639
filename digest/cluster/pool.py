"""The queue's connections, and why none could be had."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

import psycopg
from psycopg_pool import AsyncConnectionPool

from digest.storage.postgres.connecting import terms_of
from digest.storage.postgres.database import PostgresDatabase


class QueuePool(AsyncConnectionPool[Any]):
    """`refusal` is what the last try to connect met; None: it was let in.

    The pool keeps it from who waits for a connection: he hears of the time that has passed.
    """

    def __init__(self, database: PostgresDatabase) -> None:
        self.refusal: psycopg.Error | None = None
        # The check of each connection before its use would be a round trip; we ask again instead.
        super().__init__(
            connection_class=_noting(self._note),
            kwargs=terms_of(database.conninfo, name="digest queue"),
            configure=_prepare,
            min_size=1,
            max_size=4,
            timeout=10.0,
            reconnect_timeout=5.0,
            open=False,
        )

    def _note(self, refusal: psycopg.Error | None) -> None:
        self.refusal = refusal


def _noting(
    note: Callable[[psycopg.Error | None], None],
) -> type[psycopg.AsyncConnection[Any]]:
    """Connections that tell `note` what comes of each try to make one."""

    class Noting(psycopg.AsyncConnection[Any]):
        @classmethod
        async def connect(cls, conninfo: str = "", **more: Any) -> Self:
            try:
                made = await super().connect(conninfo, **more)
            except psycopg.Error as error:
                note(error)
                raise
            note(None)
            return made

    return Noting


async def _prepare(connection: psycopg.AsyncConnection[Any]) -> None:
    """A question is a transaction, so that its end is no round trip more."""
    await connection.set_autocommit(True)
