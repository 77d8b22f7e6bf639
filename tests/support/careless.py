"""Senders with known faults, so that the trial by kills can be seen to catch them.

    python -m tests.support.careless WAY PORT READERS MEMORY

mails readers over 8 connections; MEMORY is the file of what it remembers. WAY is `hundreds`
(remembers what was sent a hundred at a time), `cursor` (a hundred count as sent when they are
fetched) or `each` (every letter is remembered before its connection goes on: no fault).
"""

from __future__ import annotations

import os
import smtplib
import sys
import threading
from pathlib import Path

CONNECTIONS = 8
_BATCH = 100


def address(number: int) -> str:
    """The reader of that number."""
    return f"reader{number}@example.org"


class Memory:
    """Numbers of readers in a file, one a line."""

    def __init__(self, path: Path) -> None:
        self.path, self.lock, self.waiting = path, threading.Lock(), []
        text = path.read_text() if path.exists() else ""
        self.known = {int(line) for line in text.splitlines(keepends=True) if line[-1] == "\n"}
        if text and not text.endswith("\n"):
            path.write_text(text[: text.rfind("\n") + 1])

    def keep(self, numbers: list[int]) -> None:
        with self.path.open("a") as file:
            file.write("".join(f"{n}\n" for n in numbers))
            file.flush()
            os.fsync(file.fileno())


def main() -> None:
    way, port, readers, path = sys.argv[1:]
    memory = Memory(Path(path))
    todo = iter([n for n in range(int(readers)) if n not in memory.known])
    queue: list[int] = []

    def fetch() -> int | None:
        with memory.lock:
            if not queue:
                queue.extend(number for _, number in zip(range(_BATCH), todo, strict=False))
                if way == "cursor":
                    memory.keep(queue)
            return queue.pop(0) if queue else None

    def sent(number: int) -> None:
        with memory.lock:
            memory.waiting.append(number)
            if way == "each" or (way == "hundreds" and len(memory.waiting) >= _BATCH):
                memory.keep(memory.waiting)
                memory.waiting = []

    def converse() -> None:
        with smtplib.SMTP("127.0.0.1", int(port)) as client:
            while (number := fetch()) is not None:
                letter = f"Message-ID: <{number}@example.org>\r\n\r\nHello, reader {number}.\r\n"
                client.sendmail("papers@example.org", address(number), letter)
                sent(number)

    threads = [threading.Thread(target=converse) for _ in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if way == "hundreds":
        memory.keep(memory.waiting)


if __name__ == "__main__":
    main()
