"""The way to a PostgreSQL server, which can be cut, and on which round trips are counted.

A relay between two sockets in a thread of the test: programs are given its URI instead of the
server's. A message of a server to a program is a letter, four octets of length, and the rest
(postgresql.org/docs/current/protocol-message-formats.html); "Z", ready for a query, ends a round
trip.
"""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

_SOCKET = ".s.PGSQL.5432"


class PgWire:
    """A way to the server at `url`. `round_trips` counts those of all programs."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        (folder,) = parse_qs(parts.query)["host"]
        self._server = f"{folder}/{_SOCKET}"
        self._folder = Path(tempfile.mkdtemp(prefix="wire-"))
        self.url = url.replace(folder, str(self._folder))
        self.round_trips = 0
        self.silent = False
        self.cut = False
        self._ends: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def start(self) -> None:
        self._thread.start()
        listening = asyncio.start_unix_server(self._meet, self._folder / _SOCKET)
        self._listener = self._call(listening)

    def stop(self) -> None:
        self._call(self._hang_up())
        self._loop.call_soon_threadsafe(self._listener.close)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def hang_up(self) -> None:
        """Cut every line, and let nobody in until `mend`."""
        self.cut = True
        self._call(self._hang_up())

    def hush(self) -> None:
        """Let nothing through and tell nobody, as a cable that was pulled."""
        self.silent = True

    def mend(self) -> None:
        """Let everybody in again. Lines that were silent are cut: what they held is lost."""
        if self.silent:
            self._call(self._hang_up())
        self.silent = self.cut = False

    def _call(self, work):
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _hang_up(self) -> None:
        for end in list(self._ends):
            end.transport.abort()

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.cut:
            writer.transport.abort()
            return
        try:
            near, far = await asyncio.open_unix_connection(self._server)
        except OSError:
            writer.transport.abort()
            return
        self._ends |= {writer, far}
        try:
            await asyncio.gather(self._carry(reader, far), self._carry(near, writer, count=True))
        finally:
            self._ends -= {writer, far}
            writer.transport.abort()
            far.transport.abort()

    async def _carry(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, *, count: bool = False
    ) -> None:
        rest = b""
        with contextlib.suppress(ConnectionError):
            while octets := await source.read(2**16):
                if self.silent:
                    continue
                if count:
                    rest = self._count(rest + octets)
                sink.write(octets)
                await sink.drain()
        # Who is cut off hears of it; who is silent does not.
        if not self.silent:
            sink.close()

    def _count(self, octets: bytes) -> bytes:
        """Count the ends of round trips; what is left is the beginning of a message."""
        at = 0
        while at + 5 <= len(octets):
            size = int.from_bytes(octets[at + 1 : at + 5]) + 1
            if at + size > len(octets):
                break
            self.round_trips += octets[at : at + 1] == b"Z"
            at += size
        return octets[at:]


@contextlib.contextmanager
def pg_wire(url: str) -> Iterator[PgWire]:
    wire = PgWire(url)
    wire.start()
    try:
        yield wire
    finally:
        wire.stop()
