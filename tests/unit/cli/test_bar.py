"""The progress bar on a real pseudo-terminal."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import termios
import threading

import pytest

from digest.cli.bar import REDRAW, Bar


class Terminal:
    """A pseudo-terminal of a width; `text` is what was drawn on it."""

    def __init__(self, columns: int = 80, encoding: str = "utf-8") -> None:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        self.screen = open(slave, "w", encoding=encoding)  # noqa: SIM115
        self._parts: list[bytes] = []
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    def _read(self) -> None:
        try:
            while part := os.read(self._master, 65_536):
                self._parts.append(part)
        except OSError:
            pass  # the other side is closed

    def close(self) -> str:
        self.screen.close()
        self._thread.join()
        os.close(self._master)
        return b"".join(self._parts).decode(errors="replace")


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def drawings(text: str) -> list[str]:
    return [part.strip() for part in text.split("\r\x1b[K") if part.strip()]


def test_it_says_how_many_how_fast_and_how_long_still():
    terminal, clock = Terminal(), Clock()
    bar = Bar(terminal.screen, clock=clock)
    bar.start("letters of 2026-11-23", 1_000)
    for _ in range(500):
        clock.now += 0.02
        bar.advance()
    bar.finish()
    shown = drawings(terminal.close())
    assert "letters of 2026-11-23" in shown[-1]
    assert "500/1,000" in shown[-1]
    assert "50/s" in shown[-1]
    assert "0:10 left" in shown[-1]


def test_it_is_drawn_ten_times_a_second_at_most_however_fast_letters_go():
    terminal, clock = Terminal(), Clock()
    bar = Bar(terminal.screen, clock=clock)
    bar.start("letters", 40_000)
    for _ in range(40_000):
        clock.now += 1 / 20_000
        bar.advance()
    bar.finish()
    shown = drawings(terminal.close())
    assert 10 <= len(shown) <= 2 / REDRAW + 3
    assert "40,000/40,000" in shown[-1]


@pytest.mark.parametrize("columns", [20, 40, 80, 200])
def test_a_drawing_never_breaks_the_line(columns: int):
    terminal, clock = Terminal(columns), Clock()
    bar = Bar(terminal.screen, clock=clock)
    bar.start("letters of 2026-11-23", 1_234_567)
    for _ in range(100):
        clock.now += 7
        bar.advance()
    shown = drawings(terminal.close())
    assert max(map(len, shown)) < columns


def test_what_is_said_meanwhile_gets_a_line_of_its_own():
    terminal, clock = Terminal(), Clock()
    bar = Bar(terminal.screen, clock=clock)
    bar.start("letters", 3)
    bar.advance()
    bar.make_room()
    terminal.screen.write("something is wrong\n")
    bar.advance()
    bar.finish()
    text = terminal.close()
    assert "\r\x1b[Ksomething is wrong\r\n" in text
    assert "2/3" in drawings(text)[-1]


def test_a_terminal_without_unicode_gets_plain_characters():
    terminal = Terminal(encoding="ascii")
    bar = Bar(terminal.screen)
    bar.start("letters", 2)
    bar.advance()
    bar.finish()
    assert "####" in terminal.close()


def test_nothing_to_do_draws_nothing():
    terminal = Terminal()
    bar = Bar(terminal.screen)
    bar.start("letters", 0)
    bar.finish()
    assert terminal.close() == ""
