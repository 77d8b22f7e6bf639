"""What an import would do to each row of its files: decided here, done elsewhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NamedTuple

from digest.errors import Problem
from digest.model.address import EmailAddress
from digest.model.subscriber import Subscriber
from digest.storage.lists.exchange.foreign import Cause, Foreign, Incoming, Leaving
from digest.storage.lists.exchange.typos import likely_domain
from digest.storage.lists.exchange.writing import fields_of
from digest.storage.lists.fields import NOTHING, parse_email, says_nothing
from digest.storage.lists.reading import ParsedRow, parse_row
from digest.storage.lists.row import FIELDS, LISTS, Row


class Fate(StrEnum):
    """What becomes of a row; each has exactly one."""

    NEW = "new"
    KNOWN = "known"
    SUPPRESSED = "suppressed"
    LEFT = "left"
    INVALID = "invalid"
    DUPLICATE = "duplicate"


class Departure(NamedTuple):
    """Somebody who left where she comes from, and must never come back by any file."""

    address: EmailAddress
    cause: Cause
    reason: str


class Change(NamedTuple):
    """Fields of a known reader that the files have otherwise; `file` is the list of her row."""

    address: EmailAddress
    fields: Mapping[str, str]
    file: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportPlan:
    """`rows` is the sum of `counts`, which has every fate.

    `new` are rows for a list, in the order of the files; `changes` are those of known readers, when
    asked for. `problems` has one error for each invalid row, and warnings.
    """

    rows: int
    counts: Mapping[Fate, int]
    new: tuple[Mapping[str, str], ...]
    changes: tuple[Change, ...]
    departures: tuple[Departure, ...]
    problems: tuple[Problem, ...]

    @property
    def does_something(self) -> bool:
        return bool(self.new or self.changes or self.departures)


def plan_import(
    files: Sequence[Foreign],
    *,
    lists: Iterable[Subscriber],
    barred: Callable[[EmailAddress], bool],
    tags: Sequence[str] = (),
    update: bool = False,
    doubts: Callable[[Subscriber], Iterable[Problem]] | None = None,
) -> ImportPlan:
    """Decide about every row of `files`.

    Whoever left according to any of them is not imported, also when another file has her as a
    reader. `lists` are all readers that there are; `barred` tells who is suppressed; `doubts`
    finds interests that lead to nothing.
    """
    plan = _Planning(tags=tuple(tags), update=update, doubts=doubts)
    seen = plan.look_over(files)
    known = {s.address.key: s for s in lists if s.address.key in seen}
    for file in files:
        plan.problems.extend(file.notes)
        for row in file.rows:
            plan.decide(row, known, barred)
    return plan.finish()


class _Planning:
    """The plan while it is made."""

    def __init__(
        self,
        *,
        tags: tuple[str, ...],
        update: bool,
        doubts: Callable[[Subscriber], Iterable[Problem]] | None,
    ) -> None:
        self.tags, self.update, self.doubts = tags, update, doubts
        self.counts: Counter[Fate] = Counter()
        self.problems: list[Problem] = []
        self.new: list[Mapping[str, str]] = []
        self.changes: list[Change] = []
        self.departures: list[Departure] = []
        self.leaving: dict[str, Leaving] = {}
        self.first: dict[str, str] = {}
        self.typos: dict[str, _Typo] = {}

    def look_over(self, files: Sequence[Foreign]) -> set[str]:
        """The keys of all addresses; who left is remembered."""
        keys = set()
        for file in files:
            for row in file.rows:
                address = _address(row)
                if address is None:
                    continue
                keys.add(address.key)
                if row.leaving is not None and row.leaving.cause is not Cause.NEVER:
                    self.leaving.setdefault(address.key, row.leaving)
        return keys

    def decide(
        self,
        row: Incoming,
        known: Mapping[str, Subscriber],
        barred: Callable[[EmailAddress], bool],
    ) -> None:
        address = _address(row)
        if address is not None and (row.leaving or address.key in self.leaving):
            self._leave(row, address, known.get(address.key), barred)
            return
        parsed = self._parse(row)
        errors = [problem for problem in parsed.problems if not problem.warning]
        if errors or parsed.subscriber is None:
            self.counts[Fate.INVALID] += 1
            self.problems.extend(errors[:1] or [_no_address(row)])
            return
        who = parsed.subscriber
        if self._is_repeated(row, who.address):
            return
        self.problems.extend(parsed.problems)
        if barred(who.address):
            self.counts[Fate.SUPPRESSED] += 1
            return
        if (before := known.get(who.address.key)) is not None:
            self.counts[Fate.KNOWN] += 1
            self._change(row, before, who)
            return
        self.counts[Fate.NEW] += 1
        self.new.append(_as_list_row(row.fields, who, self.tags))
        self._suspect(row, who.address)

    def finish(self) -> ImportPlan:
        for typo in self.typos.values():
            self.problems[typo.place] = typo.problem()
        return ImportPlan(
            rows=sum(self.counts.values()),
            counts={fate: self.counts[fate] for fate in Fate},
            new=tuple(self.new),
            changes=tuple(self.changes),
            departures=tuple(self.departures),
            problems=tuple(self.problems),
        )

    def _leave(
        self,
        row: Incoming,
        address: EmailAddress,
        before: Subscriber | None,
        barred: Callable[[EmailAddress], bool],
    ) -> None:
        leaving = self.leaving.get(address.key)
        if leaving is None:  # she never asked for mail there; another file may know better
            self.counts[Fate.LEFT] += 1
            return
        if self._is_repeated(row, address):
            return
        if barred(address):
            self.counts[Fate.SUPPRESSED] += 1
            return
        self.counts[Fate.LEFT] += 1
        self.departures.append(Departure(address, leaving.cause, leaving.reason))
        if before is not None:
            what = f"{address} left there; she stands at {before.file}:{before.line}"
            mend = "she will get nothing more; if she joined anew: digest subscribers unsuppress"
            self.problems.append(row.origin.problem(row.line, "email", what, mend, warning=True))

    def _parse(self, row: Incoming) -> ParsedRow:
        values = tuple(row.fields.get(name, "") for name in FIELDS)
        found = parse_row(Row(row.line, values, lambda _: (row.line, 0)), row.origin.shown)
        columns = row.origin.columns
        problems = [replace(p, key=columns.get(p.key, p.key)) for p in found.problems]
        if self.doubts is not None and found.subscriber is not None:
            problems += self.doubts(found.subscriber)
        return ParsedRow(found.subscriber, (*row.problems, *problems))

    def _is_repeated(self, row: Incoming, address: EmailAddress) -> bool:
        place = f"{row.origin.shown}:{row.line}"
        first = self.first.setdefault(address.key, place)
        if first is place:
            return False
        self.counts[Fate.DUPLICATE] += 1
        what = f"{address} is already at {first}; that row counts"
        self.problems.append(row.origin.problem(row.line, "email", what, warning=True))
        return True

    def _change(self, row: Incoming, before: Subscriber, now: Subscriber) -> None:
        if not self.update:
            return
        tags = tuple(dict.fromkeys((*before.tags, *now.tags, *self.tags)))
        had, meant = fields_of(before), fields_of(replace(now, tags=tags))
        wanted = _as_list_row(row.fields, replace(now, tags=tags), ())
        changed = {
            name: text
            for name, text in wanted.items()
            if name != "email" and had[name] != meant[name]
        }
        if changed:
            self.changes.append(Change(before.address, changed, before.file))

    def _suspect(self, row: Incoming, address: EmailAddress) -> None:
        """One warning a domain, at its first row."""
        if (typo := self.typos.get(address.domain)) is not None:
            typo.rows += 1
        elif (meant := likely_domain(address.domain)) is not None:
            self.typos[address.domain] = _Typo(len(self.problems), row, address, meant)
            self.problems.append(self.typos[address.domain].problem())


@dataclass(slots=True)
class _Typo:
    place: int
    row: Incoming
    address: EmailAddress
    meant: str
    rows: int = 1

    def problem(self) -> Problem:
        more = f", and {self.rows - 1:,} more rows" if self.rows > 1 else ""
        what = f"{self.address}: {self.address.domain} looks like a slip{more}"
        return self.row.origin.problem(
            self.row.line, "email", what, f"did you mean {self.meant}?", warning=True
        )


def _address(row: Incoming) -> EmailAddress | None:
    try:
        return parse_email(row.fields.get("email", ""))[0]
    except ValueError:
        return None


def _no_address(row: Incoming) -> Problem:
    return row.origin.problem(row.line, "email", "is missing", "every row needs an address")


def _as_list_row(
    fields: Mapping[str, str], who: Subscriber, tags: tuple[str, ...]
) -> dict[str, str]:
    """The fields as they will stand in the list: cleaned, in the order of `FIELDS`."""
    row = {"email": str(who.address)}
    if who.name:
        row["name"] = who.name
    for name in FIELDS[2:]:
        if name == "tags":
            text = ";".join(dict.fromkeys((*who.tags, *tags)))
        elif says_nothing(fields.get(name, "")):
            text = NOTHING
        elif name in LISTS:
            text = ";".join(getattr(who, name))
        else:
            text = fields.get(name, "").strip()
        if text:
            row[name] = text
    return row
