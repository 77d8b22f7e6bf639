"""An SMTP server that takes any line end for one: CRLF, a bare LF, a bare CR.

Such servers exist, and they are what SMTP smuggling needs (CVE-2023-51764 and its kind): one that
stands behind a strict one sees commands where the other saw a letter. This one notes every command
and every letter; a letter that we sent as one must be one to it as well.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field

_LINE = re.compile(rb"\r\n|\n|\r(?=.)", re.DOTALL)


@dataclass
class LenientServer:
    """Listens on 127.0.0.1 from `async with` on. `offers` are the words behind EHLO."""

    offers: tuple[str, ...] = ("PIPELINING", "8BITMIME")
    port: int = 0
    commands: list[str] = field(default_factory=list)
    letters: list[tuple[str, bytes]] = field(default_factory=list)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def recipients(self) -> list[str]:
        return sorted(recipient for recipient, _ in self.letters)

    @property
    def verbs(self) -> set[str]:
        return {command.partition(" ")[0].upper() for command in self.commands}

    async def __aenter__(self) -> LenientServer:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._meet, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        self._server.close()
        for task in list(self.tasks):
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.tasks.add(task)
        try:
            await self._converse(reader, writer)
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            self.tasks.discard(task)
            writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 lenient.example.org\r\n")
        buffer, content, recipient = b"", None, ""
        while octets := await reader.read(65_536):
            buffer += octets
            while found := _LINE.search(buffer):
                line, buffer = buffer[: found.start()], buffer[found.end() :]
                if content is not None:
                    if line != b".":
                        content.append(line.removeprefix(b"."))
                        continue
                    self.letters.append((recipient, b"\n".join(content)))
                    content = None
                    writer.write(b"250 2.0.0 taken\r\n")
                    continue
                command = line.decode("utf-8", "replace")
                self.commands.append(command)
                verb = command.partition(" ")[0].upper()
                if verb == "RCPT":
                    recipient = command.partition("<")[2].partition(">")[0]
                if verb == "DATA":
                    content = []
                    writer.write(b"354 go on\r\n")
                elif verb == "EHLO":
                    words = ["lenient.example.org", *self.offers]
                    lines = [f"250-{word}\r\n" for word in words[:-1]]
                    writer.write("".join([*lines, f"250 {words[-1]}\r\n"]).encode())
                elif verb == "QUIT":
                    writer.write(b"221 bye\r\n")
                    return
                else:
                    writer.write(b"250 fine\r\n")
