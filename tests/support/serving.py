"""`digest serve` as a process, beside the commands of a newsroom."""

from __future__ import annotations

import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from tests.support.newsroom import Newsroom, finish


@contextmanager
def serving(
    room: Newsroom, port: int = 0, **more: object
) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """The site as a process, with its port; it ends by SIGTERM with exit code 0."""
    process = room.start("serve", "--port", str(port), **more)
    try:
        assert process.stderr is not None
        line = process.stderr.readline()
        found = re.search(r"serving http://127\.0\.0\.1:(\d+)/", line)
        assert found, line + process.stderr.read()
        yield process, int(found[1])
    finally:
        if not getattr(process, "told", False):
            process.send_signal(signal.SIGTERM)
        done = finish(process)
        room.last = done  # type: ignore[attr-defined]
