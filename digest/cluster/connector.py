"""The queue's way to its database, which waits for a server that is away."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import psycopg
from procrastinate import PsycopgConnector
from procrastinate.connector import Notify
from procrastinate.exceptions import ConnectorException
from psycopg_pool import PoolTimeout

from digest.cluster.heeding import heed_cancelling
from digest.cluster.pool import QueuePool
from digest.errors import StorageAway, StorageError
from digest.storage.postgres.database import PostgresDatabase
from digest.storage.postgres.jobs import server_moment
from digest.storage.sql_errors import plain_postgres

T = TypeVar("T")
_log = logging.getLogger(__name__)
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 2.0
#: Where somebody waits for our end, so long a server is waited for, in seconds; and each further
#: question to one that is away.
_GRACE, _GLANCE = 1.5, 0.3


class PatientConnector(PsycopgConnector):
    """Asks again until the server is back; once `stop` is set, for a moment only.

    A statement may so be executed twice: a job that was fetched and is not known of is looked for
    (`Caretaker`); the others' second time changes nothing, or fails without any harm.
    """

    def __init__(self, database: PostgresDatabase, stop: asyncio.Event) -> None:
        super().__init__()
        self._place = database.place
        self._stop = stop
        self._stopped: float | None = None
        self._limits: set[asyncio.Timeout] = set()
        self._is_away = False
        self._told: set[str] = set()
        self._ahead = timedelta()
        self._own_pool = QueuePool(database)

    async def __aenter__(self) -> PatientConnector:
        await self._own_pool.open()
        await self.open_async(self._own_pool)
        self._hurrying = asyncio.create_task(self._hurry())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._hurrying.cancel()
        await asyncio.gather(self._hurrying, return_exceptions=True)
        await self._own_pool.close(timeout=1.0)

    async def ask(self, question: Callable[[psycopg.AsyncConnection[Any]], Awaitable[T]]) -> T:
        """A question of ours on a connection of the queue's.

        Raises:
            StorageError: it has no answer.
        """

        async def once() -> T:
            async with self._own_pool.connection() as connection:
                return await question(connection)

        return await self._patiently(once)

    async def set_clock(self) -> None:
        """Ask how far the server's clock is ahead of this machine's.

        Raises:
            StorageError: it has no answer.
        """
        moment = await self.ask(server_moment)
        self._ahead = moment - datetime.now(UTC)

    def now(self) -> datetime:
        """The moment by the server's clock."""
        return datetime.now(UTC) + self._ahead

    def plain(self, error: BaseException) -> StorageError:
        """What the queue or the driver raised, as a line of ours."""
        return plain_connector(self._place, error, refusal=self._own_pool.refusal)

    async def execute_query_async(self, query: Any, **arguments: Any) -> None:
        ask = super().execute_query_async
        await self._patiently(lambda: ask(query, **arguments))

    async def execute_query_one_async(self, query: Any, **arguments: Any) -> dict[str, Any]:
        ask = super().execute_query_one_async
        return await self._patiently(lambda: ask(query, **arguments))

    async def execute_query_all_async(self, query: Any, **arguments: Any) -> list[dict[str, Any]]:
        ask = super().execute_query_all_async
        return await self._patiently(lambda: ask(query, **arguments))

    async def listen_notify(self, on_notification: Notify, channels: Iterable[str]) -> None:
        listen, heed = super().listen_notify, heed_cancelling()

        async def hear(*, channel: str, payload: str) -> None:
            heed()
            await on_notification(channel=channel, payload=payload)

        await self._again_and_again(lambda: listen(hear, list(channels)))  # it has no end

    async def _hurry(self) -> None:
        await self._stop.wait()
        self._stopped = asyncio.get_running_loop().time()
        for limit in self._limits:
            limit.reschedule(self._stopped + _GRACE)

    async def _patiently(self, call: Callable[[], Awaitable[T]]) -> T:
        limit = asyncio.timeout_at(self._end())
        self._limits.add(limit)
        try:
            async with limit:
                return await self._again_and_again(call)
        except TimeoutError:
            away = self.plain(PoolTimeout())
            self._tell(away=True, words=away.message)
            raise away from None
        finally:
            self._limits.discard(limit)

    def _end(self) -> float | None:
        """Until when, by the loop's clock, a question that begins now may be asked."""
        if self._stopped is None:
            return None
        now = asyncio.get_running_loop().time()
        return max(self._stopped + _GRACE, now + _GLANCE) if self._is_away else now + _GRACE

    async def _again_and_again(self, call: Callable[[], Awaitable[T]]) -> T:
        pause, heed = _FIRST_PAUSE, heed_cancelling()
        while True:
            try:
                answer = await call()
                heed()
            except (ConnectorException, psycopg.Error) as error:
                cause = self.plain(error)
                if not isinstance(cause, StorageAway):
                    if isinstance(error, ConnectorException):
                        raise  # as the queue expects it, with its cause for who tells of it
                    raise cause from None
                self._tell(away=True, words=cause.message)
                await asyncio.sleep(_FIRST_PAUSE if self._stop.is_set() else pause)
                pause = min(pause * 2, _LONGEST_PAUSE)
            else:
                self._tell(away=False, words=f"{self._place}: is back")
                return answer

    def _tell(self, *, away: bool, words: str) -> None:
        """Say once that it is away, and why where that changes; that it is back."""
        is_news = words not in self._told if away else self._is_away
        self._is_away = away
        if is_news:
            self._told = self._told | {words} if away else set()
            event = "database_away" if away else "database_back"
            _log.warning("%s", words, extra={"event": event, "facts": {}})


def plain_connector(
    place: str, error: BaseException, *, refusal: psycopg.Error | None = None
) -> StorageError:
    """What Procrastinate or the driver raised, as a line of ours.

    `refusal` is why the pool had no connection to give.
    """
    if isinstance(error, StorageError):
        return error
    cause = error.__cause__ if isinstance(error, ConnectorException) else error
    if not isinstance(cause, psycopg.Error):
        return StorageError(f"{place}: the queue says: {' '.join(str(error).split())}")
    if isinstance(cause, PoolTimeout):
        away = StorageAway(f"{place}: the server is not to be reached")
        return away if refusal is None else _waited_for(place, refusal)
    if isinstance(cause, psycopg.OperationalError) and not cause.sqlstate:
        return _waited_for(place, cause)
    return plain_postgres(place, cause)


def _waited_for(place: str, error: psycopg.Error) -> StorageAway:
    """Why there is no connection. Whatever it is may be mended while we wait."""
    return StorageAway(plain_postgres(place, error).message)
