"""Servers that take every letter: smtp-sink, or else a process of our own.

    python -m tests.bench.sink

prints its port. It announces no extension, so that every client must wait for each answer.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import subprocess
import sys
import time
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


def has_postfix() -> bool:
    """Whether Debian's smtp-sink and smtp-source are installed."""
    return bool(shutil.which("smtp-sink") and shutil.which("smtp-source"))


@contextmanager
def sink() -> Iterator[int]:
    """The port of smtp-sink on 127.0.0.1, or of our own sink where Postfix is missing."""
    if not has_postfix():
        with module("tests.bench.sink") as port:
            yield port
        return
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    nobody = ["-u", "nobody"] if os.geteuid() == 0 else []
    process = subprocess.Popen(["smtp-sink", *nobody, f"127.0.0.1:{port}", "1000"])
    try:
        _await_listening(port)
        yield port
    finally:
        process.kill()
        process.wait()


def _await_listening(port: int) -> None:
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise RuntimeError("smtp-sink did not begin to listen")


@contextmanager
def module(*words: str) -> Iterator[int]:
    """A server of ours in a process of its own, which prints its port."""
    process = subprocess.Popen(
        [sys.executable, "-m", *words],
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
