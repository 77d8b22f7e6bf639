"""A conversation with a Chromium of our own, over a pipe (the Chrome DevTools protocol).

https://chromedevtools.github.io/devtools-protocol/ - with `--remote-debugging-pipe` the browser
reads requests from descriptor 3 and writes answers and events to 4, each a JSON object and a NUL.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import select
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from digest.errors import DigestError, UsageError

#: Names of the same program on PATH, the freest first.
NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "microsoft-edge",
    "msedge",
)
VARIABLE = "DIGEST_BROWSER"
#: Seconds for one answer, and for a browser to start.
PATIENCE = 30.0
_FLAGS = (
    "--headless",
    "--remote-debugging-pipe",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",  # it is tiny in containers
    "--disable-extensions",
    "--disable-gpu",
    "--disable-sync",
    "--hide-scrollbars",
    "--mute-audio",
    "--no-default-browser-check",
    "--no-first-run",
)
# What a browser needs of our environment: none of our secrets.
_KNOWN = re.compile(r"(PATH|HOME|LANG|LC_\w+|TMPDIR|(XDG|FONTCONFIG|CHROMIUM|LD)_\w+)")
_FREE = 10  # descriptors below it may be those that the browser gets


class BrowserError(DigestError):
    """The browser did not start, or does not answer."""


def find_browser(environ: Mapping[str, str]) -> str:
    """The path of the browser: named by DIGEST_BROWSER, or the first there is on PATH.

    Raises:
        UsageError: there is none; the line says how to get one.
    """
    named = environ.get(VARIABLE)
    found = filter(None, (shutil.which(n) for n in ([named] if named else NAMES)))
    if path := next(found, None):
        return path
    if named:
        raise UsageError(f"{VARIABLE}={named}: is no program; name a Chromium or Chrome")
    raise UsageError(
        "pictures need Chromium: install it (Debian: apt install chromium), "
        f"or name a Chrome or Edge in {VARIABLE}"
    )


class DevTools:
    """Our ends of the pipes, as descriptors that whoever opened them closes.

    A `session` is the conversation with one page.
    """

    def __init__(self, requests: int, answers: int) -> None:
        self._requests, self._answers = requests, answers
        self._heard = b""
        self._number = 0
        self._events: list[dict[str, Any]] = []

    def call(self, method: str, session: str = "", **parameters: Any) -> dict[str, Any]:
        """What a method answers.

        Raises:
            BrowserError: it fails, or the browser is gone.
        """
        self._number += 1
        request = {"id": self._number, "method": method, "params": parameters}
        self._write(request | ({"sessionId": session} if session else {}))
        end = time.monotonic() + PATIENCE
        while True:
            said = self._read(end)
            if said is None:
                raise BrowserError(f"the browser owes an answer to {method}")
            if said.get("id") == self._number:
                if "error" in said:
                    raise BrowserError(f"the browser refuses {method}: {said['error']['message']}")
                result: dict[str, Any] = said["result"]
                return result
            self._events.append(said)

    def wait_for(self, event: str, seconds: float, **parameters: Any) -> bool:
        """Whether an event with these parameters came, before now or in so many seconds."""

        def fits(said: Mapping[str, Any]) -> bool:
            return said.get("method") == event and parameters.items() <= said["params"].items()

        end = time.monotonic() + seconds
        while not any(map(fits, self._events)):
            said = self._read(end)
            if said is None:
                return False
            self._events.append(said)
        return True

    def _write(self, message: Mapping[str, Any]) -> None:
        left = json.dumps(message).encode() + b"\0"
        try:
            while left:
                left = left[os.write(self._requests, left) :]
        except OSError as error:
            raise BrowserError(f"the browser is gone: {error.strerror}") from None

    def _read(self, end: float) -> dict[str, Any] | None:
        """The next message; None: none came until `end` (monotonic)."""
        while b"\0" not in self._heard:
            left = end - time.monotonic()
            ready = left > 0 and select.select([self._answers], [], [], left)[0]
            if not ready:
                return None
            more = os.read(self._answers, 1 << 20)
            if not more:
                raise BrowserError("the browser is gone")
            self._heard += more
        message, _, self._heard = self._heard.partition(b"\0")
        said: dict[str, Any] = json.loads(message)
        return said


@contextmanager
def open_browser(environ: Mapping[str, str]) -> Iterator[DevTools]:
    """A browser without a window and with a profile of its own, as long as the block lasts.

    Raises:
        UsageError: there is none.
        BrowserError: it does not start.
    """
    program = find_browser(environ)
    with tempfile.TemporaryDirectory(prefix="digest-", ignore_cleanup_errors=True) as profile:
        told = Path(profile, "stderr")
        process, requests, answers = _start(program, Path(profile), told, environ)
        tools = DevTools(requests, answers)
        try:
            try:
                tools.call("Browser.getVersion")
            except BrowserError as error:
                raise BrowserError(
                    f"{program}: does not start: {_last_line(told, error)}"
                ) from None
            yield tools
        finally:
            os.close(requests)
            os.close(answers)
            with suppress(ProcessLookupError):
                os.killpg(process, signal.SIGKILL)
            os.waitpid(process, 0)


def _start(
    program: str, profile: Path, told: Path, environ: Mapping[str, str]
) -> tuple[int, int, int]:
    flags = [*_FLAGS, f"--user-data-dir={profile}"]
    if os.geteuid() == 0:
        flags.append("--no-sandbox")  # it refuses to run for root otherwise
    theirs_in, ours_out = os.pipe()
    ours_in, theirs_out = os.pipe()
    given = [fcntl.fcntl(each, fcntl.F_DUPFD_CLOEXEC, _FREE) for each in (theirs_in, theirs_out)]
    try:
        process = os.posix_spawn(
            program,
            [program, *flags, "about:blank"],
            {name: value for name, value in environ.items() if _KNOWN.fullmatch(name)},
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
                (os.POSIX_SPAWN_OPEN, 2, str(told), os.O_WRONLY | os.O_CREAT, 0o600),
                (os.POSIX_SPAWN_DUP2, given[0], 3),
                (os.POSIX_SPAWN_DUP2, given[1], 4),
            ],
            setpgroup=0,
        )
    except OSError as error:
        os.close(ours_in)
        os.close(ours_out)
        raise BrowserError(f"{program}: does not start: {error.strerror}") from None
    finally:
        for each in (theirs_in, theirs_out, *given):
            os.close(each)
    return process, ours_out, ours_in


def _last_line(told: Path, otherwise: BrowserError) -> str:
    with suppress(OSError):
        lines = told.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        if lines:
            return lines[-1]
    return otherwise.message
