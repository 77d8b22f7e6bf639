"""An X screen that nobody looks at (Xvfb), its pictures and its mouse."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.clients.processes import running, wait_for

#: Pixels. High enough for a whole letter in one window.
WIDTH, HEIGHT = 1280, 12_000


@dataclass(frozen=True, kw_only=True)
class Screen:
    """`:7`, say."""

    display: str

    @property
    def environ(self) -> Mapping[str, str]:
        return {"DISPLAY": self.display}

    def picture(self, path: Path, width: int, height: int) -> None:
        """What the left upper corner of the screen shows, once it is at rest."""
        path.write_bytes(self.rest(width, height))

    def rest(self, width: int, height: int) -> bytes:
        """The picture (PNG) that three glances in a row have given.

        Raises:
            TimeoutError: it went on changing.
        """
        glances: list[bytes] = []

        def same() -> bytes | None:
            glances.append(self._glance(width, height))
            return glances[-1] if len(glances) > 2 and len({*glances[-3:]}) == 1 else None

        return wait_for("a picture at rest", same, every=0.4)

    def _glance(self, width: int, height: int) -> bytes:
        words = ["import", "-window", "root", "-crop", f"{width}x{height}+0+0", "+repage"]
        return self._do(*words, "-define", "png:exclude-chunks=date,time", "png:-")

    def click(self, x: float, y: float) -> None:
        self._do("xdotool", "mousemove", round(x), round(y), "click", 1)

    def place(self, title: str, width: int, height: int) -> None:
        """Give the window with this in its title a size, and the left upper corner."""
        found = ["xdotool", "search", "--sync", "--onlyvisible", "--name", title]
        self._do(*found, "windowmove", 0, 0, "windowsize", width, height)

    def _do(self, *words: object) -> bytes:
        done = subprocess.run(
            [str(word) for word in words],
            env={**os.environ, **self.environ},
            check=True,
            timeout=60,
            capture_output=True,
        )
        return done.stdout


@contextmanager
def a_screen() -> Iterator[Screen]:
    """A screen with a number that is free."""
    with tempfile.TemporaryDirectory() as place:
        log = Path(place) / "xvfb"
        size = f"{WIDTH}x{HEIGHT}x24"
        words = ["Xvfb", "-displayfd", "1", "-screen", "0", size, "-nolisten", "tcp"]
        with running(words, log):
            number = wait_for("Xvfb", lambda: _number(log))
            yield Screen(display=f":{number}")


def _number(log: Path) -> str | None:
    """The display number, which Xvfb writes once it is there."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return next((line for line in lines if line.isdigit()), None)
