"""A TCP proxy that holds every octet back for a while, as a distant relay would.

    python -m tests.bench.distance PORT SECONDS

prints its port; each direction waits SECONDS, at any bandwidth.
"""

from __future__ import annotations

import asyncio
import sys
from collections import deque


class Side(asyncio.Protocol):
    """One end of a connection; what it hears, its `peer` says later."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.waiting: deque[tuple[float, bytes]] = deque()
        self.peer: Side | None = None
        self.transport: asyncio.Transport | None = None
        self.gone = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, octets: bytes) -> None:
        loop = asyncio.get_running_loop()
        self.waiting.append((loop.time() + self.seconds, octets))
        if len(self.waiting) == 1:
            loop.call_at(self.waiting[0][0], self.pass_on)

    def pass_on(self) -> None:
        """Say what has waited long enough; octets keep their order."""
        if self.peer is None or self.peer.transport is None:
            asyncio.get_running_loop().call_later(0.001, self.pass_on)
            return
        loop = asyncio.get_running_loop()
        while self.waiting and self.waiting[0][0] <= loop.time():
            self.peer.transport.write(self.waiting.popleft()[1])
        if self.waiting:
            loop.call_at(self.waiting[0][0], self.pass_on)
        elif self.gone:
            self.peer.transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        self.gone = True
        if not self.waiting and self.peer and self.peer.transport:
            self.peer.transport.close()


async def _serve(port: int, seconds: float) -> None:
    loop = asyncio.get_running_loop()
    tasks = set()

    def meet() -> Side:
        near, far = Side(seconds), Side(seconds)
        near.peer, far.peer = far, near
        task = loop.create_task(loop.create_connection(lambda: far, "127.0.0.1", port))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
        return near

    server = await loop.create_server(meet, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), float(sys.argv[2])))
