"""Everything that is said to people and programs beside the data: stderr, a bar, a log."""

from __future__ import annotations

import logging
import os
import sys
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from digest.cli.secrecy import Secrets

if TYPE_CHECKING:
    from digest.cli.bar import Bar
    from digest.cli.event_log import EventLog

_LEVELS = (logging.WARNING, logging.INFO, logging.DEBUG)
#: What they would say of the database and the queue we say in our words.
_SILENT = ("psycopg", "procrastinate")


class Voice:
    """One for the process. No secret passes it."""

    def __init__(self) -> None:
        self.secrets = Secrets()
        self.bar: Bar | None = None
        self.log: EventLog | None = None
        self.chatty = False

    def say(self, text: str, *, level: str = "note") -> None:
        """A line for the person at the terminal; the log has it as an event."""
        if self.log is not None:
            self.log.event(level, words=text)
        self.whisper(text)

    def whisper(self, text: str) -> None:
        """A line for the person alone: the log tells the same in its own way, or must not."""
        if self.log is not None and self.log.on_stderr:
            return  # stderr is for the program that reads the log
        if self.bar is not None:
            self.bar.make_room()
        try:
            click.echo(self.secrets.hide(text), err=True)
        except OSError:
            # Whoever read it is gone, or its disk is full: no letter may wait for that.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())

    def listen(self, verbose: int, log_json: str | None, shift: timedelta) -> None:
        """Begin: say what is logged at this verbosity, and open the log.

        Raises:
            UsageError: the log cannot be opened.
        """
        self.end()
        self.chatty = verbose > 0
        level = _LEVELS[min(verbose, 2)]
        if log_json:
            from digest.cli.event_log import EventLog

            self.log = EventLog(
                log_json, shift=shift, hide=self.secrets.hide, complain=self.whisper
            )
        root = logging.getLogger()
        for handler in [h for h in root.handlers if isinstance(h, _Ear)]:
            root.removeHandler(handler)
        root.addHandler(_Ear(self, level))
        root.setLevel(min(level, logging.INFO) if self.log else level)
        for name in _SILENT:
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)

    def end(self) -> None:
        """Write and close the log."""
        if self.log is not None:
            self.log.close()
            self.log = None


class _Ear(logging.Handler):
    """Takes the log records of all rooms.

    A record with `event` (and `facts`, a mapping) is an event of that name; one that is `for_log`
    is not shown.
    """

    def __init__(self, voice: Voice, level: int) -> None:
        super().__init__()
        self._voice = voice
        self._shown = level

    def emit(self, record: logging.LogRecord) -> None:
        log, words = self._voice.log, record.getMessage()
        if log is not None and record.levelno >= logging.INFO:
            facts = getattr(record, "facts", {"logger": record.name})
            log.event(getattr(record, "event", "log"), **facts, words=words)
        if record.levelno >= self._shown and not getattr(record, "for_log", False):
            self._voice.whisper(f"digest: {words}")


VOICE = Voice()
