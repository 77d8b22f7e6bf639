"""What comes out of a foreign file before anything in it is believed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from digest.errors import Problem, UsageError
from digest.storage.lists.row import Unreadable

MAX_ROWS = 1_000_000
#: Of what is kept of the rows, in characters.
MAX_TEXT = 64_000_000


class Format(StrEnum):
    """Who wrote the file, as `--format` says it."""

    AUTO = "auto"
    CSV = "csv"
    XLSX = "xlsx"
    VCARD = "vcard"
    YAML = "yaml"
    MAILCHIMP = "mailchimp"
    LISTMONK = "listmonk"
    SUBSTACK = "substack"
    GOOGLE_GROUPS = "google-groups"


class Cause(StrEnum):
    """Why a person in an export is not to be mailed."""

    UNSUBSCRIBE = "unsubscribe"
    BOUNCE = "bounce"
    COMPLAINT = "complaint"
    HAND = "hand"
    NEVER = "never"  # she never asked for mail; nothing is to be remembered of her


class Leaving(NamedTuple):
    """`reason` is a clause: "unsubscribed in an export from Mailchimp"."""

    cause: Cause
    reason: str


class Line(NamedTuple):
    """One row of a table; `number` is the line of a text file or the row of a sheet, from 1."""

    number: int
    cells: list[str]


class Incoming(NamedTuple):
    """One person of a foreign file: fields under our names, several values split at `;`.

    `problems` are what the file's own form showed; with an error among them the row is bad.
    """

    origin: Origin
    line: int
    fields: Mapping[str, str]
    leaving: Leaving | None = None
    problems: tuple[Problem, ...] = ()


@dataclass(slots=True)
class Origin:
    """The file, or sheet, that rows come from; `columns` are its own names for our fields."""

    shown: str
    columns: Mapping[str, str] = field(default_factory=dict)

    def problem(
        self, line: int, name: str, what: str, mend: str = "", *, warning: bool = False
    ) -> Problem:
        """A problem with our field `name` of the row at `line`."""
        return Problem(
            file=self.shown,
            line=line,
            key=self.columns.get(name, name),
            what=what,
            mend=mend,
            warning=warning,
        )


@dataclass(slots=True)
class Foreign:
    """All of one file. `notes` are warnings about the file as a whole: what of it is not read.
    `names` are a table's columns.
    """

    shown: str
    format: Format
    rows: list[Incoming]
    notes: list[Problem]
    names: tuple[str, ...] = ()


@dataclass(slots=True)
class Budget:
    """How much one import may hold, so that no file takes the machine with it."""

    rows: int = MAX_ROWS
    text: int = MAX_TEXT

    def spend(self, rows: Iterable[Incoming]) -> Iterator[Incoming]:
        """The same rows.

        Raises:
            Unreadable: there are too many, or they are too long.
        """
        for row in rows:
            self.rows -= 1
            self.text -= sum(map(len, row.fields.values()))
            if self.rows < 0 or self.text < 0:
                what = f"holds more than {MAX_ROWS:,} rows"
                if self.text < 0:
                    what = f"holds more than {MAX_TEXT // 1_000_000} MB of text in its rows"
                mend = "split it into several files"
                raise Unreadable(
                    Problem(file=row.origin.shown, line=row.line, what=what, mend=mend)
                )
            yield row


def parse_columns(given: Iterable[str], ours: Iterable[str]) -> dict[str, str]:
    """`--column THEIRS=OURS`; nothing behind the `=` means that the column is not read.

    Raises:
        UsageError: it is written otherwise, or names no field of ours.
    """
    known = tuple(ours)
    columns: dict[str, str] = {}
    for text in given:
        theirs, equals, name = (part.strip() for part in text.rpartition("="))
        if not equals or not theirs:
            raise UsageError(f"--column {text}: write it as THEIRS=OURS")
        if name and name not in known:
            raise UsageError(f"--column {text}: no field {name}; known are {', '.join(known)}")
        columns[theirs] = name
    return columns
