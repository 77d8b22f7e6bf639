"""Every error that `digest` raises on purpose.

    DigestError                    one line for a person, and the exit code
    |-- UsageError          (2)    the command line asks for what cannot be
    |-- ConfigError         (2)    config.yaml, or a secret that it names, is wrong
    |-- ListError           (2)    a subscriber list has problems (all of them at once)
    |-- TemplateError       (2)    a template set is missing, or does not compile
    |   `-- CatalogueError         its words in a language cannot be read
    |-- LetterError         (1)    (mailing) a letter cannot be made of its blocks
    |-- SourceError         (1)    one source's failure; a value in a report, seldom raised
    |-- BrowserError        (1)    (web) the browser that takes pictures gives up
    |-- MailboxError        (1)    (bounces) where mail comes back to cannot be read
    |-- StorageError        (1)    what outlives a run cannot be read or written
    |   |-- StorageBusy            another program is writing just now
    |   |   `-- StorageAway          the database's server is not to be reached just now
    |   `-- LedgerLost             (delivery) sending stopped: it could not be remembered
    |-- DeliveryError       (1)    the relay refuses us, not one reader
    |   |-- ConnectFailed          (delivery) one connection could not be opened
    |   `-- RunStopped             (delivery) the run ended early; the others are pending
    `-- NotNow              (75)   try again later: EX_TEMPFAIL of sysexits.h
        |-- LockHeld               another run is at work
        `-- NothingFresh           every source is stale or down

A message says where (file, line, key), what is wrong and what to do, on one line.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class DigestError(Exception):
    """Something a person can mend; `str(error)` is the line that tells her how."""

    exit_code = 1

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

    def lines(self) -> tuple[str, ...]:
        """The lines to print, without colours or a prefix."""
        return (self.message,)


class UsageError(DigestError):
    """The command line asks for something that does not exist or cannot be."""

    exit_code = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is wrong in a file a person edits.

    `line` and `column` count from 1; 0 means unknown. A warning alone never stops a run.
    In a query's answer, which has no lines, `line` is the row and `who` its address ("": unknown).
    """

    file: str
    line: int = 0
    column: int = 0
    key: str = ""
    what: str
    mend: str = ""
    warning: bool = False
    who: str | None = None

    @property
    def place(self) -> str:
        """Where it is, as a person finds it."""
        if self.who is None:
            return ":".join([self.file, *(str(n) for n in (self.line, self.column) if n)])
        return f"{self.file}, row {self.line}" + (f" ({self.who})" if self.who else "")

    def __str__(self) -> str:
        subject = f"{self.key}: " if self.key else ""
        level = "warning: " if self.warning else ""
        mend = f" ({self.mend})" if self.mend else ""
        return f"{self.place}: {level}{subject}{self.what}{mend}"


class ProblemsError(DigestError):
    """A file with one or more problems, all of them told at once."""

    exit_code = 2

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(p) for p in self.problems))

    def lines(self) -> tuple[str, ...]:
        return tuple(str(p) for p in self.problems)


class ConfigError(ProblemsError):
    """config.yaml, or the environment that it points to, is wrong."""


class ListError(ProblemsError):
    """A subscriber list is wrong; nothing is sent."""


class TemplateError(ProblemsError):
    """A template set is missing or does not compile; nothing is sent."""


class CatalogueError(TemplateError):
    """A catalogue of words is wrong; nothing is sent."""


class SourceError(DigestError):
    """One source cannot give its papers. `temporary` says whether a later try may work."""

    def __init__(self, message: str, *, temporary: bool = True) -> None:
        super().__init__(message)
        self.temporary = temporary


class StorageError(DigestError):
    """The state folder cannot be read or written. What cannot be remembered is not sent."""


class StorageBusy(StorageError):
    """Another program holds the database; a moment later it may be free."""


class StorageAway(StorageBusy):
    """The database's server cannot be reached; what was asked of it may have been done, or not."""


class StorageRefused(StorageBusy):
    """The database's server takes nothing for now (read-only, full, no entry); nothing happened."""


class DeliveryError(DigestError):
    """The relay refuses us (address, password, policy), so no reader is to blame."""


class NotNow(DigestError):
    """Nothing is wrong that time does not mend: the caller should run the same again."""

    exit_code = 75


class LockHeld(NotNow):
    """Another run works on the same state folder."""


class NothingFresh(NotNow):
    """Every source is stale or down: there is no edition to send yet."""
