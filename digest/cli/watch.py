"""What a person sees while letters go out: a bar on a terminal, else only what is wrong."""

from __future__ import annotations

import os
import sys
from types import TracebackType
from typing import Self

from digest.cli.bar import Bar
from digest.cli.voice import VOICE
from digest.errors import Problem
from digest.model import EditionKey, Outcome, OutcomeKind, Recipient, SourceReport, Verdict

_FINE = (Verdict.FRESH, Verdict.QUIET)
#: So many letters that did not arrive are told one by one: cron mails every line.
_TOLD = 20
_SENT = OutcomeKind.SENT
_UNTRIED = OutcomeKind.UNTRIED


class TerminalWatch:
    """Fits `digest.app.day.Watch`. Use it in a `with`, so that the bar is taken down.

    `-v` tells every letter, unless there are too many by intention (`every_letter`).
    """

    def __init__(self, *, all_sources: bool = False, every_letter: bool = True) -> None:
        self._log = VOICE.log
        bare = VOICE.log is None or not VOICE.log.on_stderr
        terminal = sys.stderr.isatty() and bare
        self._all_sources = all_sources or terminal
        drawable = terminal and os.environ.get("TERM") != "dumb"
        self._bar = Bar(sys.stderr) if drawable else None
        self._chatty = VOICE.chatty and every_letter
        self._troubles = 0

    def __enter__(self) -> Self:
        VOICE.bar = self._bar
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        VOICE.bar = None
        if self._bar:
            self._bar.finish()
        if self._troubles > _TOLD and not self._chatty:
            more = f"{self._troubles - _TOLD:,} more"
            VOICE.whisper(f"digest: and {more}; digest status --undelivered lists them")

    def on_report(self, report: SourceReport) -> None:
        """A source has answered."""
        if self._log:
            self._log.event(
                "source",
                source=report.source,
                verdict=str(report.verdict),
                papers=report.papers,
                words=report.reason,
            )
        if self._all_sources or report.verdict not in _FINE:
            VOICE.whisper(describe(report))

    def on_problem(self, problem: Problem) -> None:
        """A list has a flaw that stops nothing."""
        VOICE.say(str(problem), level="problem")

    def on_edition(self, key: EditionKey, letters: int) -> None:
        """Letters of an edition are about to go."""
        if self._log:
            self._log.event("delivery_started", edition=str(key), letters=letters)
        if self._bar:
            self._bar.start(f"letters of {key}", letters)

    def on_outcome(self, recipient: Recipient, outcome: Outcome) -> None:
        """A letter's outcome is on record. Called for every letter: it has to be quick."""
        kind = outcome.kind
        if self._log is not None:
            self._log.letter(recipient, outcome)
        if self._bar is not None and kind is not _UNTRIED:
            self._bar.advance()
        if kind is not _SENT or self._chatty:
            self._tell(recipient, outcome)

    def _tell(self, recipient: Recipient, outcome: Outcome) -> None:
        if outcome.kind is not _SENT:
            self._troubles += 1
        if self._troubles <= _TOLD or self._chatty:
            said = f"{outcome.code or ''} {outcome.words}".strip()
            where = f"{recipient.address} {outcome.kind} ({outcome.stage})"
            VOICE.whisper(f"digest: {where}: {said}")


def describe(report: SourceReport) -> str:
    """One line on a source."""
    return f"{report.source} is {report.verdict}: {report.reason}"
