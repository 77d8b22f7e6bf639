"""`digest preview --watch` at work, asked as a browser would."""

from __future__ import annotations

import signal
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.support.newsroom import Done, Newsroom, finish

_PATIENCE = 60


@dataclass
class Watching:
    """A watch that runs. `done` is there once it has ended."""

    address: str
    done: Done | None = None

    def page(self) -> str:
        with urllib.request.urlopen(self.address, timeout=10) as answer:
            found: str = answer.read().decode()
            return found

    def until(self, holds: Callable[[str], bool]) -> str:
        """The first page of which it is true."""
        end = time.monotonic() + _PATIENCE
        while True:
            page = self.page()
            if holds(page):
                return page
            assert time.monotonic() < end, page[-2000:]
            time.sleep(0.05)

    def until_said(self, words: str) -> str:
        return self.until(lambda page: words in page)


@contextmanager
def watching(room: Newsroom, *words: str) -> Iterator[Watching]:
    """A watch until the block ends, which is Ctrl-C."""
    process = room.start("preview", "--watch", *words)
    assert process.stdout is not None
    try:
        found = Watching(process.stdout.readline().strip())
        assert found.address.startswith("http://127.0.0.1:"), process.communicate()
        yield found
    finally:
        process.send_signal(signal.SIGINT)
        done = finish(process, _PATIENCE)
    found.done = done
