"""Asks prepared statements on an open connection, in as few turns of the event loop as may be.

psycopg's own cursors look at the socket several times for each statement, and give it back to the
loop in between: some 75 µs of ours, and up to three turns of a loop that is busy with letters. One
such statement lies between two letters of a connection. So libpq is spoken to, by psycopg's
wrapper of it (psycopg.org/psycopg3/docs/api/pq.html): 16 µs, and one turn.
"""

from __future__ import annotations

import asyncio
import re
import select
from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
from psycopg.errors import error_from_result
from psycopg.pq import ConnStatus, ExecStatus
from psycopg.pq.abc import PGresult

_PLACE = re.compile(r"%\((\w+)\)s")
_DONE = (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK)


class Brisk:
    """The brisk way to ask on a connection; `pause` before psycopg itself uses it again.

    Rows are told as texts. One question at a time.
    """

    def __init__(self, connection: psycopg.AsyncConnection[Any]) -> None:
        self._pgconn = connection.pgconn
        self._file = connection.fileno()
        self._loop = asyncio.get_running_loop()
        self._more = select.poll()
        self._more.register(self._file, select.POLLIN)
        self._listens = False
        self._known: dict[str, tuple[bytes, Sequence[str]]] = {}
        self._answer: asyncio.Future[PGresult] | None = None
        self._last: PGresult | None = None

    async def ask(self, statement: str, given: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """The rows that a statement with `%(name)s` places answers; it is durable then.

        Raises:
            psycopg.Error: as psycopg's own cursors; an OperationalError when it is lost.
        """
        if self._pgconn.status != ConnStatus.OK:  # its socket may be somebody else's by now
            raise psycopg.OperationalError(self._pgconn.get_error_message())
        if not self._listens:
            self._loop.add_reader(self._file, self._read)
            self._listens = True
        name, places = self._known.get(statement) or await self._prepare(statement)
        self._pgconn.send_query_prepared(name, [_told(given[place]) for place in places])
        result = await self._result()
        columns = range(result.nfields)
        return [
            tuple(_text(result.get_value(row, column)) for column in columns)
            for row in range(result.ntuples)
        ]

    def pause(self) -> None:
        """Leave the socket to others."""
        if self._listens:
            self._loop.remove_reader(self._file)
            self._listens = False

    async def _prepare(self, statement: str) -> tuple[bytes, Sequence[str]]:
        places = [*dict.fromkeys(_PLACE.findall(statement))]
        numbered = _PLACE.sub(lambda found: f"${places.index(found[1]) + 1}", statement)
        name = f"brisk_{len(self._known)}".encode()
        self._pgconn.send_prepare(name, numbered.encode())
        await self._result()
        self._known[statement] = name, places
        return name, places

    async def _result(self) -> PGresult:
        self._answer = self._loop.create_future()
        while self._pgconn.flush():  # seldom: what is asked is small
            await self._writable()
        # A write that failed has read what was left, and closed the socket: nothing tells of it.
        self._collect()
        result = await self._answer
        if result.status not in _DONE:
            if self._pgconn.status != ConnStatus.OK:
                raise psycopg.OperationalError(self._pgconn.get_error_message())
            raise error_from_result(result)
        return result

    async def _writable(self) -> None:
        ready = asyncio.Event()
        self._loop.add_writer(self._file, ready.set)
        try:
            await ready.wait()
        finally:
            self._loop.remove_writer(self._file)

    def _read(self) -> None:
        """What has come, all of it; the last result of several is the answer.

        uvloop tells of a socket with an error once, and never again (`UVPoll._fatal_error`), and
        the end of a connection may stand behind what one look takes in.
        """
        try:
            while self._listens:
                self._pgconn.consume_input()
                self._collect()
                if not self._more.poll(0):
                    return
        except psycopg.Error as error:
            self.pause()
            self._settle(error)

    def _collect(self) -> None:
        try:
            while not self._pgconn.is_busy():
                result = self._pgconn.get_result()
                if result is None:
                    return self._settle(self._last)
                self._last = result
        except psycopg.Error as error:
            self._settle(error)
        finally:
            if self._pgconn.status != ConnStatus.OK:
                self.pause()  # now: the socket's number is free for others

    def _settle(self, answer: PGresult | psycopg.Error | None) -> None:
        self._last = None
        if self._answer is None or self._answer.done():
            return  # a notice, or nobody waits any more
        if isinstance(answer, psycopg.Error):
            self._answer.set_exception(psycopg.OperationalError(str(answer)))
        elif answer is None:
            self._answer.set_exception(psycopg.OperationalError("no answer"))
        else:
            self._answer.set_result(answer)


def _told(value: str | int | Sequence[str]) -> bytes:
    """A parameter in PostgreSQL's text form (postgresql.org/docs/current/arrays.html, 8.15.6)."""
    if isinstance(value, list):
        quoted = (each.replace("\\", "\\\\").replace('"', '\\"') for each in value)
        value = '{"' + '","'.join(quoted) + '"}' if value else "{}"
    return str(value).encode()


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode()
