"""One reader added or removed, every other byte of the list as it was.

A list that has problems is not touched. Each edit happens under the list's lock, as one atomic
replacement, after the new text was read back and found to say what was asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, zip_longest
from pathlib import Path

from digest.errors import ListError, Problem, UsageError
from digest.model.address import EmailAddress
from digest.model.subscriber import Subscriber
from digest.storage.lists.files import CSV_SUFFIXES, YAML_SUFFIXES, is_yaml
from digest.storage.lists.reading import (
    InterestCheck,
    doubt_at,
    doubts_of,
    parse_row,
    read_rows,
)
from digest.storage.lists.row import FIELDS, LISTS, Row, Unreadable
from digest.storage.lists.safe_write import lock_list, replace_file
from digest.storage.lists.source import Source, load_source, parse_source
from digest.storage.lists.text import trim


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """One row that was taken out: where it stood before."""

    path: Path
    line: int


def add_subscriber(
    path: Path,
    fields: Mapping[str, str],
    *,
    others: Iterable[Path] = (),
    check: InterestCheck | None = None,
) -> Subscriber:
    """Add a reader at the end of a list; several values of a list field are split at `;`.

    A list that does not exist is made. `others` are lists that must not have her either. Without
    `check` nobody looks whether her interests lead to papers.

    Raises:
        UsageError: a field is unknown or wrong, or an interest would stop the list's next reading.
        ListError: the list has problems, has her already, or cannot be changed safely.
        LockHeld: someone else edits the list.
        StorageError: the list cannot be written.
    """
    written, subscriber = _checked(fields, path.resolve().parent, check)
    address = subscriber.address
    if path.suffix.lower() not in YAML_SUFFIXES | CSV_SUFFIXES:
        raise UsageError(f"{path}: a list ends in .yaml, .yml or .csv")
    with lock_list(path) as real:
        for other in others:
            if other.resolve() != real:
                _refuse_known(*_trusted(other, str(other), address), address)
        source, lines = _trusted(real, str(path), address, create=True)
        _refuse_known(source, lines, address)
        content = _with_row(source, written)
        after = parse_source(content, real, source.shown, legacy=not is_yaml(real))
        line = _verify(source, after, added=subscriber)
        replace_file(real, content)
    return replace(subscriber, file=str(path), line=line)


def remove_subscriber(paths: Sequence[Path], address: EmailAddress) -> tuple[Removal, ...]:
    """Take every row of an address out of the lists; an empty answer means she is on none.

    Raises:
        ListError: a list has problems or cannot be changed safely; lists before it are done.
        LockHeld: someone else edits a list.
        StorageError: a list cannot be written.
    """
    removed: list[Removal] = []
    for path in paths:
        with lock_list(path) as real:
            source, lines = _trusted(real, str(path), address)
            if not lines:
                continue
            content = _without_rows(source, address, lines)
            after = parse_source(content, real, source.shown, legacy=not is_yaml(real))
            _verify(source, after, removed=address)
            replace_file(real, content)
        removed.extend(Removal(path=path, line=line) for line in lines)
    return tuple(removed)


def _checked(
    fields: Mapping[str, str], folder: Path, check: InterestCheck | None
) -> tuple[dict[str, str], Subscriber]:
    """The fields as they are to be written, in the order of `FIELDS`."""
    unknown = [name for name in fields if name not in FIELDS]
    if unknown:
        raise UsageError(f"unknown field {unknown[0]}; known are {', '.join(FIELDS)}")
    row = Row(0, tuple(fields.get(name, "") for name in FIELDS), lambda _: (0, 0))
    parsed = parse_row(row, "the new reader")
    errors = [p for p in parsed.problems if not p.warning]
    if errors or parsed.subscriber is None:
        raise UsageError("\n".join(str(p) for p in errors))
    who = parsed.subscriber
    doubts = doubts_of(who, folder, check) if check else ()
    if wrong := [(i, doubt) for i, doubt in doubts if not doubt.warning]:
        raise UsageError("\n".join(str(doubt_at(row, "the new reader", *each)) for each in wrong))
    written = {"email": _typed_address(fields["email"], who.address)}
    if who.name:
        written["name"] = who.name
    for name in FIELDS[2:]:
        value = fields.get(name, "")
        text = ";".join(getattr(who, name)) if name in LISTS else trim(value)
        if text:
            written[name] = text
    return written, who


def _typed_address(text: str, address: EmailAddress) -> str:
    try:
        return trim(text) if EmailAddress.parse(trim(text)) == address else str(address)
    except ValueError:
        return str(address)


def _trusted(
    path: Path, shown: str, address: EmailAddress, *, create: bool = False
) -> tuple[Source, tuple[int, ...]]:
    """The list, once it is sure that it has no problems, with the lines that have the address.

    Raises:
        ListError: it has problems.
    """
    if create and not path.exists():
        return _new_list(path, shown), ()
    problems: list[Problem] = []
    lines: list[int] = []
    try:
        source = load_source(path, shown, legacy=not is_yaml(path))
        for row in read_rows(source, problems):
            parsed = parse_row(row, shown)
            problems.extend(parsed.problems)
            if parsed.subscriber and parsed.subscriber.address.key == address.key:
                lines.append(row.line)
    except Unreadable as error:
        problems.append(error.problem)
    errors = [problem for problem in problems if not problem.warning]
    if errors:
        raise ListError(errors)
    return source, tuple(lines)


def _new_list(path: Path, shown: str) -> Source:
    from digest.storage.lists.csv_edit import new_csv
    from digest.storage.lists.yaml_edit import new_yaml

    return Source(path, shown, new_yaml() if is_yaml(path) else new_csv(), "utf-8", 0)


def _refuse_known(source: Source, lines: tuple[int, ...], address: EmailAddress) -> None:
    if lines:
        what = f"{address} is on this list already"
        raise ListError([Problem(file=source.shown, line=lines[0], key="email", what=what)])


def _subscribers(source: Source) -> Iterator[Subscriber]:
    for row in read_rows(source, []):
        subscriber = parse_row(row, source.shown).subscriber
        if subscriber is not None:
            yield subscriber


def _with_row(source: Source, fields: Mapping[str, str]) -> bytes:
    if is_yaml(source.path):
        from digest.storage.lists.yaml_edit import add_item

        return add_item(source, fields)
    from digest.storage.lists.csv_edit import add_row

    return add_row(source, fields)


def _without_rows(source: Source, address: EmailAddress, lines: tuple[int, ...]) -> bytes:
    if is_yaml(source.path):
        from digest.storage.lists.yaml_edit import remove_items

        readers = enumerate(_subscribers(source))
        return remove_items(source, [n for n, s in readers if s.address.key == address.key])
    from digest.storage.lists.csv_edit import cut_lines
    from digest.storage.lists.csv_rows import csv_spans

    return cut_lines(source, [span for span in csv_spans(source) if span[0] in lines])


def _verify(
    before: Source,
    after: Source,
    *,
    added: Subscriber | None = None,
    removed: EmailAddress | None = None,
) -> int:
    """Read the new text back; gives the line of the reader that came last.

    Raises:
        ListError: it does not say what was asked; nothing has been written yet.
    """
    wanted = (s for s in _subscribers(before) if removed is None or s.address.key != removed.key)
    expected = chain(wanted, [added] if added else [])
    line = 0
    try:
        for old, new in zip_longest(expected, _subscribers(after)):
            if old is None or new is None or _bare(old) != _bare(new):
                raise ListError([_unsafe(before)])
            line = new.line
    except Unreadable:
        raise ListError([_unsafe(before)]) from None
    return line


def _bare(subscriber: Subscriber) -> Subscriber:
    return replace(subscriber, file="", line=0)


def _unsafe(source: Source) -> Problem:
    what = "this list is written in a way that cannot be changed safely"
    return Problem(file=source.shown, what=what, mend="edit it by hand")
