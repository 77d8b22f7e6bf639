"""What a person sees while letters go out: a bar on a terminal, else only what is wrong."""

from __future__ import annotations

import logging
import sys
import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from digest.cli.desk import note
from digest.errors import Problem
from digest.model import EditionKey, Outcome, OutcomeKind, Recipient, SourceReport, Verdict

_log = logging.getLogger(__name__)
_REDRAW = 0.1
_FINE = (Verdict.FRESH, Verdict.QUIET)


class TerminalWatch:
    """Fits `digest.app.day.Watch`. Use it in a `with`, so that the bar is taken down."""

    def __init__(self, *, all_sources: bool = False) -> None:
        self._all_sources = all_sources or sys.stderr.isatty()
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            disable=not sys.stderr.isatty(),
        )
        self._task = self._progress.add_task("", total=0, visible=False, rate="")
        self._waiting = 0
        self._drawn = 0.0

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._waiting:
            self._progress.update(self._task, advance=self._waiting)
        self._progress.stop()

    def on_report(self, report: SourceReport) -> None:
        """A source has answered."""
        if self._all_sources or report.verdict not in _FINE:
            note(describe(report))

    def on_problem(self, problem: Problem) -> None:
        """A list has a flaw that stops nothing."""
        note(str(problem))

    def on_edition(self, key: EditionKey, letters: int) -> None:
        """Letters of an edition are about to go."""
        if self._waiting:
            self._progress.update(self._task, advance=self._waiting)
            self._waiting = 0
        self._task = self._progress.add_task(
            f"letters of {key}", total=letters, visible=letters > 0, rate=""
        )

    def on_outcome(self, recipient: Recipient, outcome: Outcome) -> None:
        """A letter's outcome is on record."""
        self._advance()
        level = logging.INFO if outcome.kind is OutcomeKind.SENT else logging.WARNING
        if level == logging.INFO and not _log.isEnabledFor(level):
            return
        where = f"{outcome.code or ''} {outcome.words}".strip()
        _log.log(level, "%s %s (%s): %s", recipient.address, outcome.kind, outcome.stage, where)

    def _advance(self) -> None:
        """Redrawing costs more than a letter does: a few times a second are enough."""
        self._waiting += 1
        now = time.monotonic()
        if self._progress.disable or now - self._drawn < _REDRAW:
            return
        speed = self._progress.tasks[-1].speed
        rate = f"{speed:,.0f}/s" if speed else ""
        self._progress.update(self._task, advance=self._waiting, rate=rate)
        self._waiting, self._drawn = 0, now


def describe(report: SourceReport) -> str:
    """One line on a source."""
    return f"{report.source} is {report.verdict}: {report.reason}"
