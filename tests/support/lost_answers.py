"""A way to a PostgreSQL server on which an answer gets lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from psycopg.conninfo import conninfo_to_dict, make_conninfo


class LossyWay:
    """Carries octets to and fro; once told, it drops the next answer and hangs up instead."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._dropping = False
        self.lost = 0
        self.port = 0

    @property
    def conninfo(self) -> str:
        """How to reach the same database this way."""
        return make_conninfo(self._url, host="127.0.0.1", port=self.port, gssencmode="disable")

    def lose_next_answer(self) -> None:
        self._dropping = True

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        told = conninfo_to_dict(self._url)
        socket = f"{told['host']}/.s.PGSQL.{told.get('port') or 5432}"
        back, forth = await asyncio.open_unix_connection(socket)
        there = asyncio.create_task(self._carry(reader, forth, answers=False))
        await self._carry(back, writer, answers=True)
        there.cancel()
        for each in (writer, forth):
            each.close()

    async def _carry(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, answers: bool
    ) -> None:
        while octets := await reader.read(65536):
            if answers and self._dropping:
                self._dropping = False
                self.lost += 1
                return
            writer.write(octets)


@asynccontextmanager
async def lossy_way(url: str) -> AsyncIterator[LossyWay]:
    """The way to the database at `url`, which must be on a local socket."""
    way = LossyWay(url)
    server = await asyncio.start_server(way.serve, "127.0.0.1", 0)
    way.port = server.sockets[0].getsockname()[1]
    try:
        yield way
    finally:
        server.close()
