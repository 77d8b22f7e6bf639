"""Who is on the lists: every file read, every problem told, nobody twice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple, Protocol

from digest.config import Config
from digest.errors import ListError, Problem
from digest.model.address import EmailAddress
from digest.model.subscriber import Subscriber
from digest.storage.lists.defaults import NONE, Defaults, fill
from digest.storage.lists.fields import (
    INTERESTS,
    Choice,
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


class ListSize(NamedTuple):
    """How many readers a list has; `whole`: its last line ends as a line does."""

    readers: int
    whole: bool


class Advice(Protocol):
    """Who can tell what may be a slip in a row; such complaints are warnings."""

    def __call__(self, subscriber: Subscriber) -> Sequence[Complaint]: ...


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
    `sizes` has each list by its name in messages, with those among the accepted that it names.
    """

    def __init__(
        self,
        files: Iterable[ListFile],
        problems: Iterable[Problem] = (),
        *,
        skip_bad_rows: bool = False,
        check: InterestCheck | None = None,
        advice: Advice | None = None,
    ) -> None:
        self._files = tuple(files)
        self._check = check
        self._advice = advice
        self._skip_bad_rows = skip_bad_rows
        self._seen: dict[str, int] = {}
        self._doubts: dict[tuple[Path | int, str], _Told] = {}
        self.problems = list(problems)
        self.rows = self.accepted = self.duplicates = self.rejected = 0
        self.sizes: dict[str, ListSize] = {}

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
        self._count_doubts()
        if any(not problem.warning for problem in self.problems):
            raise ListError(self.problems)

    def _file(self, number: int, file: ListFile) -> Iterator[Subscriber]:
        rows, whole = open_rows(file, self.problems)
        before = self.accepted
        for row in rows:
            self.rows += 1
            found = parse_row(row, file.shown, file.defaults)
            doubts = self._doubts_of(found.subscriber, file)
            bad = any(not problem.warning for problem in found.problems)
            bad |= any(not doubt.warning for _, doubt in doubts)
            self._tell(found.problems, bad)
            for interest, doubt in doubts:
                told = doubt_at(row, file.shown, interest, doubt)
                self._tell_once((file.path.resolve().parent, interest), told, bad)
            if self._advice is not None and found.subscriber is not None:
                for complaint in self._advice(found.subscriber):
                    self._tell_advice(row, file, complaint)
            if bad or found.subscriber is None:
                self.rejected += 1
                continue
            self.accepted += 1
            if self._is_new(number, row, found.subscriber):
                yield found.subscriber
            else:
                self.duplicates += 1
        self.sizes[file.shown] = ListSize(self.accepted - before, whole)

    def _doubts_of(
        self, subscriber: Subscriber | None, file: ListFile
    ) -> tuple[tuple[str, Doubt], ...]:
        if self._check is None or subscriber is None or not subscriber.interests:
            return ()
        return doubts_of(subscriber, file.path.resolve().parent, self._check)

    def _tell_advice(self, row: Row, file: ListFile, complaint: Complaint) -> None:
        key = (complaint.field, complaint.what)
        if complaint.field and (told := self._doubts.get(key)) is not None:
            told.more += 1  # its place costs more than all else, and nobody asks for it
            return
        problem = at(row, file.shown, complaint)
        if complaint.field == 0:  # an address is nobody else's
            self.problems.append(problem)
        else:
            self._tell_once(key, problem)

    def _tell_once(self, key: tuple[Path | int, str], problem: Problem, bad: bool = False) -> None:
        """Tell it at its first row; of the others, who may be many, only their number."""
        if (told := self._doubts.get(key)) is not None:
            told.more += 1
            return
        self._doubts[key] = _Told(len(self.problems))
        self._tell((problem,), bad)

    def _count_doubts(self) -> None:
        for told in self._doubts.values():
            if told.more:
                problem = self.problems[told.place]
                rows = "row" if told.more == 1 else "rows"
                what = f"{problem.what}, and {told.more:,} more {rows}"
                self.problems[told.place] = replace(problem, what=what)

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
        place = self._files[first >> _LINE_BITS].place(first & ((1 << _LINE_BITS) - 1))
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
                who=row.who,
            )
        )
        return False


@dataclass(slots=True)
class _Told:
    """Where in the problems a doubt stands, and how many more rows have it."""

    place: int
    more: int = 0


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
    config: Config,
    *,
    skip_bad_rows: bool = False,
    check: InterestCheck | None = None,
    advice: Advice | None = None,
) -> ListReading:
    """The lists of the config, as one pass for who cannot hold them all (a million readers).

    Without `check` nobody looks whether interests lead to papers, without `advice` for slips.
    """
    files, problems = find_lists(config)
    return ListReading(files, problems, skip_bad_rows=skip_bad_rows, check=check, advice=advice)


def open_rows(file: ListFile, problems: list[Problem]) -> tuple[Iterator[Row], bool]:
    """The rows of a list, and whether it ends as a list does.

    Raises:
        Unreadable: it cannot be trusted; also while the rows are taken.
    """
    if file.query is not None:
        from digest.storage.lists.query_rows import read_query

        return read_query(file.query, problems), True
    source = load_source(file.path, file.shown, legacy=not is_yaml(file.path))
    problems.extend(source.warnings)
    return read_rows(source, problems), source.ends_with_line_break


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


class Meaning(NamedTuple):
    """What a row says; without an address, or with an error among the problems, not to be used."""

    address: EmailAddress | None
    name: str
    choice: Choice
    problems: tuple[Problem, ...]


def read_meaning(row: Row, shown: str, defaults: Defaults = NONE) -> Meaning:
    """What a row says, with every problem of it."""
    values = row.values
    told: list[Complaint] = []
    address, other_name = None, ""
    try:
        address, other_name = parse_email(values[0])
    except ValueError as error:
        if not row.problems or values[0]:
            told.append(_email_complaint(values[0], error))
    name, complaint = parse_name(values[1] or other_name)
    chosen = values[2:] if defaults is NONE else fill(values[2:], defaults)
    choice, complaints = parse_choice(chosen)
    if complaint:
        told.append(complaint)
    told.extend(complaints)
    problems = row.problems
    if told:
        problems += tuple(at(row, shown, c) for c in told)
    return Meaning(address, name, choice, problems)


def parse_row(row: Row, shown: str, defaults: Defaults = NONE) -> ParsedRow:
    """A reader out of a row, with every problem of the row."""
    address, name, choice, problems = read_meaning(row, shown, defaults)
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
            paused_until=choice.paused_until,
            templates=defaults.daily,
            weekly_templates=defaults.weekly,
            file=shown,
            line=row.line,
        ),
        problems,
    )


def doubts_of(
    subscriber: Subscriber, folder: Path, check: InterestCheck
) -> tuple[tuple[str, Doubt], ...]:
    """The interests about which there is a doubt; `folder` is her list's."""
    checked = ((interest, check(interest, folder)) for interest in subscriber.interests)
    return tuple((interest, doubt) for interest, doubt in checked if doubt)


def doubt_at(row: Row, shown: str, interest: str, doubt: Doubt) -> Problem:
    """The doubt as a problem of the row."""
    what = f"{interest}: {doubt.what}"
    return at(row, shown, Complaint(INTERESTS, what, doubt.mend, doubt.warning))


def _email_complaint(value: object, error: ValueError) -> Complaint:
    if not value:
        return Complaint(0, "is missing", "every row needs an address")
    text = str(error).strip().rstrip(".")
    mend = "one row for each" if "more than one" in text else "correct it, or remove the row"
    return Complaint(0, f"{value!r} is no address: {text}" if "formula" not in text else text, mend)


def at(row: Row, shown: str, complaint: Complaint) -> Problem:
    """A complaint with its place."""
    line, column = row.locate(complaint.field)
    return Problem(
        file=shown,
        line=line,
        column=column,
        key=FIELDS[complaint.field],
        what=complaint.what,
        mend=complaint.mend,
        warning=complaint.warning,
        who=row.who,
    )
