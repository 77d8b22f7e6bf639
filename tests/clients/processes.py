"""Programs that live as long as a `with` block, with whatever they started themselves."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

NOBODY = 65534
_GRACE = 10.0

T = TypeVar("T")


@contextmanager
def running(
    words: Sequence[str | Path],
    log: Path,
    environ: Mapping[str, str] | None = None,
    servant: bool = False,
) -> Iterator[subprocess.Popen[bytes]]:
    """The program, which writes to `log`; a `servant` is never root, even where we are."""
    lesser = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if servant and is_root() else {}
    with log.open("wb") as out:
        process = subprocess.Popen(
            [str(word) for word in words],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(environ or {})},
            start_new_session=True,
            **lesser,
        )
    try:
        yield process
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ask its whole session to leave, then make it."""
    for request in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, request)
        with suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE)


def is_root() -> bool:
    return os.geteuid() == 0


def hand_over(folder: Path) -> None:
    """Give all of `folder` to the user that servants run as."""
    if is_root():
        for path in (folder, *folder.rglob("*")):
            os.chown(path, NOBODY, NOBODY, follow_symlinks=False)


def wait_for(
    what: str, ask: Callable[[], T | None], seconds: float = 60.0, every: float = 0.1
) -> T:
    """The first answer of `ask`, which is asked `every` so many seconds, that is something.

    Raises:
        TimeoutError: there was none in time; it says `what` was waited for.
    """
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if answer := ask():
            return answer
        time.sleep(every)
    raise TimeoutError(f"{what}: nothing within {seconds:.0f} seconds")
