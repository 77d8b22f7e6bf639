"""One connection to the server that is opened anew once it is lost."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

import psycopg
from psycopg.conninfo import make_conninfo
from psycopg.pq import ConnStatus

from digest.errors import StorageAway
from digest.storage.postgres.brisk import Brisk
from digest.storage.postgres.connecting import SILENCE, terms_of
from digest.storage.postgres.database import PostgresDatabase
from digest.storage.sql_errors import plain_postgres

#: So long an answer is waited for while somebody waits for the end, in seconds.
HURRY = 1.5
#: Each further question to one that does not answer though somebody waits for the end.
_GLANCE = 0.3
#: Between two tries to reach the server: twice as long each time, at most so many seconds.
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 0.3
# The statements name few rows by their keys. The planner, which does not know how short an array
# is, must not walk an edition for it, and need not think about it again each time.
_SETTINGS = """
    SET plan_cache_mode = force_generic_plan;
    SET enable_seqscan = off;
    SET enable_bitmapscan = off;
    SET enable_hashjoin = off;
    SET enable_mergejoin = off;
    SET enable_material = off;
    SET enable_memoize = off;
    SET jit = off;
    SET lock_timeout = '5s'
"""
# A connection of ours that was cut off may still be at work over there, or about to begin: what
# it was asked for must not happen after it was asked for again.
_END_OTHERS = """
    SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
    WHERE application_name = %s AND usename = current_user AND pid <> pg_backend_pid()
"""


class Link:
    """Asks one statement at a time; each is a transaction and a round trip of its own.

    `name` is ours alone, at most 63 octets: when the connection is made anew, what is left of the
    old one is ended by it.
    """

    def __init__(self, database: PostgresDatabase, name: str) -> None:
        self.place = database.place
        self._name = name
        self._settings = _SETTINGS
        if database.synchronous == "normal":
            self._settings += "; SET synchronous_commit = off"
        self._conninfo = make_conninfo(**terms_of(database.conninfo, name=name))
        self._connection: psycopg.AsyncConnection[Any] | None = None
        self._brisk: Brisk | None = None
        self._was_open = False
        self._turn = asyncio.Lock()
        self._patience = float(SILENCE)
        self._limit: asyncio.TimerHandle | None = None
        self._asked: psycopg.AsyncConnection[Any] | None = None
        self._is_cut = False
        self._pause = 0.0
        self._not_before = 0.0

    @property
    def is_open(self) -> bool:
        return self._connection is not None

    async def ask(
        self, statement: str, given: Mapping[str, Any] | Sequence[Any] = ()
    ) -> list[tuple[Any, ...]]:
        """The rows that a statement answers; it is durable then.

        Raises:
            StorageAway, StorageBusy, StorageError: as `_guarded`.
        """
        async with self._guarded() as connection:
            if self._brisk is not None:
                self._brisk.pause()
            cursor = await connection.execute(statement, given, prepare=True)
            return await cursor.fetchall() if cursor.description else []

    async def ask_briskly(self, statement: str, given: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """The same for a statement that is asked all the time; its rows are texts."""
        async with self._guarded() as connection:
            brisk = self._brisk = self._brisk or Brisk(connection)
            return await brisk.ask(statement, given)

    def hurry(self, seconds: float = HURRY) -> None:
        """From now on wait so long for an answer, and no longer, for the one under way too."""
        self._patience = min(seconds, self._patience)
        if self._limit is not None:
            self._limit.cancel()
            self._limit = asyncio.get_running_loop().call_later(self._patience, self._cut)

    @asynccontextmanager
    async def _guarded(self) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
        """The open connection, for one question.

        Raises:
            StorageAway: the connection is lost. It may have happened, or not.
            StorageBusy: others hold its rows; nothing happened.
            StorageError: the server refuses it.
        """
        async with self._turn:
            self._is_cut = False
            self._limit = asyncio.get_running_loop().call_later(self._patience, self._cut)
            try:
                self._asked = self._connection or await self._open()
                yield self._asked
            except psycopg.Error as error:
                if self._connection is not None and self._connection.closed:
                    await self.close()
                if self._is_cut:
                    raise StorageAway(f"{self.place}: the server does not answer") from None
                raise plain_postgres(self.place, error) from None
            except BaseException:
                await self.close()  # cancelled: nobody knows where it stands
                raise
            finally:
                self._limit.cancel()
                self._limit = self._asked = None

    def _cut(self) -> None:
        """End the connection under whoever waits for an answer, who hears of it at once.

        To cancel him would take as long as the server takes to hear of that.
        """
        self._is_cut = True
        if self._patience < SILENCE:
            self._patience = min(self._patience, _GLANCE)  # it has had its time
        if self._asked is not None and self._asked.pgconn.status == ConnStatus.OK:
            with socket.socket(fileno=os.dup(self._asked.fileno())) as end, suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    async def close(self) -> None:
        """Hang up; the next question opens it again."""
        brisk, self._brisk = self._brisk, None
        if brisk is not None:
            brisk.pause()
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(psycopg.Error):
                await connection.close()

    async def _open(self) -> psycopg.AsyncConnection[Any]:
        await asyncio.sleep(max(self._not_before - time.monotonic(), 0))
        self._pause = min(max(self._pause * 2, _FIRST_PAUSE), _LONGEST_PAUSE)
        self._not_before = time.monotonic() + self._pause
        try:
            async with asyncio.timeout(self._patience):
                connection = await psycopg.AsyncConnection.connect(self._conninfo, autocommit=True)
        except TimeoutError:
            raise psycopg.OperationalError("the server does not let us in") from None
        self._asked = connection
        try:
            await connection.execute(self._settings)
            if self._was_open:
                await connection.execute(_END_OTHERS, (self._name,))
        except BaseException:
            await connection.close()
            raise
        self._connection, self._was_open, self._pause = connection, True, 0.0
        return connection
