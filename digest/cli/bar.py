"""A progress bar of one line: how many, how fast, how long still."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable
from typing import TextIO

#: Seconds between two drawings.
REDRAW = 0.1
#: The rate is that of the last so many drawings, about ten seconds.
_REMEMBERED = 100
_CLEAR = "\r\x1b[K"


class Bar:
    """Draws on a terminal, ten times a second at most; counting costs next to nothing.

    `clock` gives monotonic seconds.
    """

    def __init__(self, screen: TextIO, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._screen = screen
        self._clock = clock
        self._title = ""
        self._total = 0
        self._done = 0
        self._next = 0.0
        self._past: deque[tuple[float, int]] = deque(maxlen=_REMEMBERED)
        self._full, self._empty = _glyphs(screen)

    def start(self, title: str, total: int) -> None:
        """Begin to count something new; what was counted before stays on the screen."""
        self.finish()
        self._title, self._total, self._done = title, total, 0
        self._past.clear()
        if total:
            self._draw(self._clock())

    def advance(self) -> None:
        """One more is done."""
        self._done += 1
        now = self._clock()
        if now >= self._next:
            self._draw(now)

    def finish(self) -> None:
        """Draw the last state and leave the line to others."""
        if self._total:
            self._draw(self._clock())
            self._write("\n")
        self._total = 0

    def make_room(self) -> None:
        """Clear the line, so that something else can be said; the next drawing follows below."""
        if self._total:
            self._write(_CLEAR)
            self._next = 0.0

    def _draw(self, now: float) -> None:
        self._next = now + REDRAW
        self._past.append((now, self._done))
        done = f" {self._done:,}/{self._total:,}"
        left = self._pace(now)
        width = _columns(self._screen) - 1
        room = width - len(self._title) - len(done) - len(left) - 1
        shown = ""
        if room >= 10:
            length = min(room, 40)
            filled = length * min(self._done, self._total) // self._total
            shown = f" {self._full * filled}{self._empty * (length - filled)}"
        self._write(f"{_CLEAR}{f'{self._title}{shown}{done}{left}'[:width]}")

    def _pace(self, now: float) -> str:
        """The rate of the last seconds, and how long the rest takes at it."""
        then, before = self._past[0]
        if now <= then or self._done <= before:
            return ""
        rate = (self._done - before) / (now - then)
        seconds = max(self._total - self._done, 0) / rate
        speed = f"{rate:,.0f}/s" if rate >= 10 else f"{rate * 60:,.0f}/min"
        return f"  {speed}  {_length(seconds)} left" if seconds else f"  {speed}"

    def _write(self, text: str) -> None:
        self._screen.write(text)
        self._screen.flush()


def _length(seconds: float) -> str:
    """`0:07`, `12:30`, `3:05:00`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def _columns(screen: TextIO) -> int:
    try:
        return os.get_terminal_size(screen.fileno()).columns or 80
    except OSError:
        return 80


def _glyphs(screen: TextIO) -> tuple[str, str]:
    try:
        "━─".encode(screen.encoding or "ascii")
    except UnicodeEncodeError:
        return "#", "-"
    return "━", "─"
