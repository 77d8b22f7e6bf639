"""The fastest SMTP server that still answers every command: a process that counts letters.

    python -m tests.bench.sink

prints its port. It announces no extension, so that every client must wait for each answer.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Conversation(asyncio.Protocol):
    """One client; everything is taken."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.buffer = b""
        self.in_letter = False
        transport.write(b"220 sink\r\n")

    def data_received(self, octets: bytes) -> None:
        self.buffer += octets
        while True:
            if self.in_letter:
                end = self.buffer.find(b"\r\n.\r\n")
                if end < 0:
                    self.buffer = self.buffer[-4:]
                    return
                self.buffer, self.in_letter = self.buffer[end + 5 :], False
                self.transport.write(b"250 2.0.0 taken\r\n")
                continue
            line, found, rest = self.buffer.partition(b"\r\n")
            if not found:
                return
            self.buffer = rest
            self.answer(line[:4].upper())

    def answer(self, verb: bytes) -> None:
        if verb == b"DATA":
            self.in_letter = True
            # What a find begins in: a letter may end with nothing but its dot.
            self.buffer = b"\r\n" + self.buffer
            self.transport.write(b"354 go on\r\n")
        elif verb == b"QUIT":
            self.transport.write(b"221 bye\r\n")
            self.transport.close()
        elif verb == b"EHLO":
            self.transport.write(b"250-sink\r\n250 8BITMIME\r\n")
        else:
            self.transport.write(b"250 2.0.0 fine\r\n")


@contextmanager
def sink() -> Iterator[int]:
    """A sink in a process of its own; its port on 127.0.0.1."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.sink"],
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield int(process.stdout.readline())
    finally:
        process.kill()
        process.wait()


async def _serve() -> None:
    server = await asyncio.get_running_loop().create_server(Conversation, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve())
