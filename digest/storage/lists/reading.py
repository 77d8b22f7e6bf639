"""Who is on the lists: every file read, every problem told, nobody twice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple, Protocol

from digest.config import Config
from digest.errors import ListError, Problem
from digest.model.subscriber import Subscriber
from digest.storage.lists.fields import (
    INTERESTS,
    Complaint,
    parse_choice,
    parse_email,
    parse_name,
)
from digest.storage.lists.files import ListFile, find_lists, is_yaml
from digest.storage.lists.row import FIELDS, Row, Unreadable
from digest.storage.lists.source import Source, load_source

_LINE_BITS = 40


class Doubt(NamedTuple):
    """What is wrong with one interest; a warning leaves the reader where she is."""

    what: str
    mend: str = ""
    warning: bool = False


class InterestCheck(Protocol):
    """Who can tell whether an interest leads to papers; `folder` is the list's."""

    def __call__(self, interest: str, folder: Path) -> Doubt | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscribers:
    """All readers of all lists, each once, in the order of the lists.

    `rows` = `len(subscribers)` + `duplicates` + `rejected`, always. `problems` holds warnings
    only: with an error there is no such value.
    """

    subscribers: tuple[Subscriber, ...]
    problems: tuple[Problem, ...]
    rows: int
    duplicates: int
    rejected: int

    def __iter__(self) -> Iterator[Subscriber]:
        return iter(self.subscribers)

    def __len__(self) -> int:
        return len(self.subscribers)


class ListReading:
    """One pass over lists, a reader at a time, for lists that are too long to hold.

    Iterate once. Readers come before all lists are known to be good: whoever takes them must be
    ready to drop them (a transaction that is rolled back) when the pass ends with `ListError`.
    `rows`, `accepted`, `duplicates`, `rejected` and `problems` are complete at its end;
    `accepted` counts readers given plus duplicates, so that `rows == accepted + rejected`.
    """

    def __init__(
        self,
        files: Iterable[ListFile],
        problems: Iterable[Problem] = (),
        *,
        skip_bad_rows: bool = False,
        check: InterestCheck | None = None,
    ) -> None:
        self._files = tuple(files)
        self._check = check
        self._skip_bad_rows = skip_bad_rows
        self._seen: dict[str, int] = {}
        self.problems = list(problems)
        self.rows = self.accepted = self.duplicates = self.rejected = 0

    def __iter__(self) -> Iterator[Subscriber]:
        """The readers.

        Raises:
            ListError: at the end, with all problems of all lists, when one is an error.
        """
        for number, file in enumerate(self._files):
            try:
                yield from self._file(number, file)
            except Unreadable as error:
                self.problems.append(error.problem)
        if any(not problem.warning for problem in self.problems):
            raise ListError(self.problems)

    def _file(self, number: int, file: ListFile) -> Iterator[Subscriber]:
        source = load_source(file.path, file.shown, legacy=not is_yaml(file.path))
        self.problems.extend(source.warnings)
        for row in read_rows(source, self.problems):
            self.rows += 1
            found = parse_row(row, file.shown)
            if self._check and found.subscriber and found.subscriber.interests:
                found = self._checked(row, found.subscriber, found.problems, file)
            bad = False
            if found.problems:
                bad = any(not problem.warning for problem in found.problems)
                self._tell(found.problems, bad)
            if bad or found.subscriber is None:
                self.rejected += 1
                continue
            self.accepted += 1
            if self._is_new(number, row, found.subscriber):
                yield found.subscriber
            else:
                self.duplicates += 1

    def _checked(
        self, row: Row, subscriber: Subscriber, problems: tuple[Problem, ...], file: ListFile
    ) -> ParsedRow:
        """The row with what is wrong with its interests."""
        assert self._check is not None
        for interest in subscriber.interests:
            if doubt := self._check(interest, file.path.resolve().parent):
                what = f"{interest}: {doubt.what}"
                complaint = Complaint(INTERESTS, what, doubt.mend, doubt.warning)
                problems += (_at(row, file.shown, complaint),)
        return ParsedRow(subscriber, problems)

    def _tell(self, problems: tuple[Problem, ...], bad: bool) -> None:
        if bad and self._skip_bad_rows:
            problems = tuple(
                p if p.warning else replace(p, warning=True, what=f"row left out: {p.what}")
                for p in problems
            )
        self.problems.extend(problems)

    def _is_new(self, number: int, row: Row, subscriber: Subscriber) -> bool:
        key = subscriber.address.key
        if (first := self._seen.get(key)) is None:
            self._seen[key] = number << _LINE_BITS | row.line
            return True
        line, column = row.locate(0)
        place = f"{self._files[first >> _LINE_BITS].shown}:{first & ((1 << _LINE_BITS) - 1)}"
        what = f"{subscriber.address} is already at {place}; that row counts"
        self.problems.append(
            Problem(
                file=subscriber.file,
                line=line,
                column=column,
                key="email",
                what=what,
                mend="remove one of them",
                warning=True,
            )
        )
        return False


@dataclass(frozen=True, slots=True)
class ParsedRow:
    """A reader, or none; with an error among the problems she is not to be used."""

    subscriber: Subscriber | None
    problems: tuple[Problem, ...] = ()


def load_subscribers(config: Config, *, skip_bad_rows: bool = False) -> Subscribers:
    """Read every list of the config.

    A bad row stops everything unless `skip_bad_rows`, which makes it a warning. A file that
    cannot be trusted as a whole (unreadable, undecodable, an open quote, cut off) is never skipped.

    Raises:
        ListError: with all problems of all lists at once.
    """
    reading = open_lists(config, skip_bad_rows=skip_bad_rows)
    subscribers = tuple(reading)
    return Subscribers(
        subscribers=subscribers,
        problems=tuple(reading.problems),
        rows=reading.rows,
        duplicates=reading.duplicates,
        rejected=reading.rejected,
    )


def open_lists(
    config: Config, *, skip_bad_rows: bool = False, check: InterestCheck | None = None
) -> ListReading:
    """The lists of the config, as one pass for who cannot hold them all (a million readers).

    Without `check` nobody looks whether interests lead to papers.
    """
    files, problems = find_lists(config)
    return ListReading(files, problems, skip_bad_rows=skip_bad_rows, check=check)


def read_rows(source: Source, problems: list[Problem]) -> Iterator[Row]:
    """The rows of a file of either kind; what concerns the whole file goes to `problems`.

    Raises:
        Unreadable: the file cannot be trusted.
    """
    if is_yaml(source.path):
        from digest.storage.lists.yaml_rows import read_yaml

        return read_yaml(source)
    from digest.storage.lists.csv_rows import read_csv, read_header

    header = read_header(source)
    problems.extend(header.warnings)
    if not source.ends_with_line_break:
        what = "the file does not end with a line break"
        mend = "check that it is whole, then add one"
        problems.append(Problem(file=source.shown, what=what, mend=mend, warning=True))
    return read_csv(source, header)


def parse_row(row: Row, shown: str) -> ParsedRow:
    """A reader out of a row, with every problem of the row."""
    values = row.values
    told: list[Complaint] = []
    address, other_name = None, ""
    try:
        address, other_name = parse_email(values[0])
    except ValueError as error:
        if not row.problems or values[0]:
            told.append(_email_complaint(values[0], error))
    name, complaint = parse_name(values[1] or other_name)
    choice, complaints = parse_choice(values[2:])
    if complaint:
        told.append(complaint)
    told.extend(complaints)
    problems = row.problems
    if told:
        problems += tuple(_at(row, shown, c) for c in told)
    if address is None:
        return ParsedRow(None, problems)
    return ParsedRow(
        Subscriber(
            address=address,
            name=name,
            themes=choice.themes,
            keywords=choice.keywords,
            exclude=choice.exclude,
            frequency=choice.frequency,
            timezone=choice.timezone,
            send_at=choice.send_at,
            max_papers=choice.max_papers,
            format=choice.format,
            tags=choice.tags,
            interests=choice.interests,
            file=shown,
            line=row.line,
        ),
        problems,
    )


def _email_complaint(value: object, error: ValueError) -> Complaint:
    if not value:
        return Complaint(0, "is missing", "every row needs an address")
    text = str(error).strip().rstrip(".")
    mend = "one row for each" if "more than one" in text else "correct it, or remove the row"
    return Complaint(0, f"{value!r} is no address: {text}" if "formula" not in text else text, mend)


def _at(row: Row, shown: str, complaint: Complaint) -> Problem:
    line, column = row.locate(complaint.field)
    return Problem(
        file=shown,
        line=line,
        column=column,
        key=FIELDS[complaint.field],
        what=complaint.what,
        mend=complaint.mend,
        warning=complaint.warning,
    )
