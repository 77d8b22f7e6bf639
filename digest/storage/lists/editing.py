"""Readers added, changed or removed, every other byte of the list as it was.

A list that has problems is not touched. Each edit happens under the list's lock, as one atomic
replacement with a backup first, after the new text was read back and found to say what was asked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

from digest.errors import ListError, Problem, UsageError
from digest.model.address import EmailAddress
from digest.model.subscriber import Subscriber
from digest.storage.lists.fields import NOTHING, says_nothing
from digest.storage.lists.files import CSV_SUFFIXES, YAML_SUFFIXES, is_yaml
from digest.storage.lists.reading import InterestCheck, doubt_at, doubts_of, parse_row
from digest.storage.lists.rewriting import (
    with_changes,
    with_changes_anew,
    with_rows,
    with_rows_anew,
    without_rows,
    without_rows_anew,
)
from digest.storage.lists.row import FIELDS, LISTS, Row, Value
from digest.storage.lists.safe_write import lock_list
from digest.storage.lists.saving import Save, save_list
from digest.storage.lists.snapshot import Expected, Found, Snapshot, take_snapshot, verify
from digest.storage.lists.source import Source
from digest.storage.lists.text import trim

_NEW_READER = "the new reader"


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """One row that was taken out: where it stood before."""

    path: Path
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One row that was changed; `fields` are those that are other than before, maybe none."""

    path: Path
    line: int
    before: Subscriber
    after: Subscriber
    fields: tuple[str, ...]


def add_subscriber(
    path: Path,
    fields: Mapping[str, str],
    *,
    others: Iterable[Path] = (),
    check: InterestCheck | None = None,
    save: Save = save_list,
) -> Subscriber:
    """Add a reader at the end of a list; see `add_subscribers`."""
    return add_subscribers(path, [fields], others=others, check=check, save=save)[0]


def add_subscribers(
    path: Path,
    rows: Sequence[Mapping[str, str]],
    *,
    others: Iterable[Path] = (),
    check: InterestCheck | None = None,
    save: Save = save_list,
) -> tuple[Subscriber, ...]:
    """Add readers at the end of a list, all or none; values of a list field are split at `;`.

    A list that does not exist is made, a column that a CSV lacks is added. `others` are lists
    that must not have them either. Without `check` nobody looks whether their interests lead to
    papers.

    Raises:
        UsageError: a field is unknown or wrong, an address is given twice, or an interest would
            stop the list's next reading.
        ListError: the list has problems, has one of them already, or cannot be changed safely.
        LockHeld: someone else edits the list.
        StorageError: the list cannot be written.
    """
    folder = path.resolve().parent
    checked = [_checked(fields, folder, check) for fields in rows]
    new = [who for _, who in checked]
    keys = Counter(who.address.key for who in new)
    if twice := [key for key, count in keys.items() if count > 1]:
        raise UsageError(f"{twice[0]}: is given twice")
    if path.suffix.lower() not in YAML_SUFFIXES | CSV_SUFFIXES:
        raise UsageError(f"{path}: a list ends in .yaml, .yml or .csv")
    with lock_list(path) as real:
        for other in others:
            if other.resolve() != real:
                _refuse_known(take_snapshot(other, str(other), keys))
        snapshot = take_snapshot(real, str(path), keys, new=_new_list(real, str(path)))
        _refuse_known(snapshot)
        if not rows:
            return ()
        content, lines = _edited(
            snapshot,
            lambda: with_rows(snapshot.source, [written for written, _ in checked]),
            lambda: with_rows_anew(snapshot.source, [written for written, _ in checked]),
            lambda: chain(snapshot.prints, new),
        )
        save(snapshot.source, content)
    return tuple(
        replace(who, file=str(path), line=line) for who, line in zip(new, lines, strict=True)
    )


def remove_subscriber(
    paths: Sequence[Path], address: EmailAddress, *, save: Save = save_list
) -> tuple[Removal, ...]:
    """Take every row of an address out of the lists; an empty answer means she is on none.

    Raises:
        ListError: a list has problems or cannot be changed safely; lists before it are done.
        LockHeld: someone else edits a list.
        StorageError: a list cannot be written.
    """
    removed: list[Removal] = []
    for path in paths:
        with lock_list(path) as real:
            snapshot = take_snapshot(real, str(path), {address.key})
            if not snapshot.found:
                continue
            _remove(snapshot, save)
        removed.extend(Removal(path=path, line=found.line) for found in snapshot.found)
    return tuple(removed)


def change_subscriber(
    paths: Sequence[Path],
    address: EmailAddress,
    changes: Mapping[str, str],
    *,
    check: InterestCheck | None = None,
    save: Save = save_list,
) -> Change | None:
    """Set fields of a reader's row, or clear them with ""; None when she is on no list.

    Of several rows the first one counts, in the order of `paths`, and is changed. A column or key
    that is lacking is added. A change to what is there already writes nothing.

    Raises:
        UsageError: a field is unknown or wrong, or her new address is on a list already.
        ListError: a list has problems or cannot be changed safely.
        LockHeld: someone else edits the list.
        StorageError: the list cannot be written.
    """
    _refuse_unknown(changes)
    keys = {address.key, _key_of(changes.get("email", ""))} - {""}
    for number, path in enumerate(paths):
        with lock_list(path) as real:
            snapshot = take_snapshot(real, str(path), keys)
            hers = [f for f in snapshot.found if f.subscriber.address.key == address.key]
            if not hers:
                continue
            if len(keys) > 1:
                others = [take_snapshot(p, str(p), keys) for p in paths[number + 1 :]]
                _refuse_address(address, [snapshot, *others])
            return _change(snapshot, path, [(hers[0], changes)], check, save)[0]
    return None


def change_subscribers(
    path: Path,
    changes: Mapping[EmailAddress, Mapping[str, str]],
    *,
    check: InterestCheck | None = None,
    save: Save = save_list,
) -> tuple[Change, ...]:
    """Change fields of many readers of one list as `change_subscriber` does, in one write.

    All or none; who is not on the list is left out of the answer.

    Raises:
        UsageError: a field is unknown or wrong, or is `email`, which needs `change_subscriber`.
        ListError: the list has problems or cannot be changed safely.
        LockHeld: someone else edits the list.
        StorageError: the list cannot be written.
    """
    wanted = {address.key: fields for address, fields in changes.items()}
    for fields in wanted.values():
        _refuse_unknown(fields)
        if "email" in fields:
            raise UsageError("addresses are changed one by one")
    with lock_list(path) as real:
        snapshot = take_snapshot(real, str(path), wanted)
        first: dict[str, Found] = {}
        for found in snapshot.found:
            first.setdefault(found.subscriber.address.key, found)
        rows = [(found, wanted[key]) for key, found in first.items()]
        return _change(snapshot, path, rows, check, save)


def _change(
    snapshot: Snapshot,
    path: Path,
    wanted: Sequence[tuple[Found, Mapping[str, str]]],
    check: InterestCheck | None,
    save: Save,
) -> tuple[Change, ...]:
    """Change rows of one list, all or none."""
    folder = path.resolve().parent
    edits = [_edit_of(found, fields, check, folder) for found, fields in wanted]
    new = [(found, changed) for found, _, changed in edits if changed]
    if new:
        source = snapshot.source
        after = {found.number: who for found, who, changed in edits if changed}
        content, _ = _edited(
            snapshot,
            lambda: with_changes(source, new),
            lambda: with_changes_anew(source, new),
            lambda: (after.get(n, mark) for n, mark in enumerate(snapshot.prints)),
        )
        save(source, content)
    return tuple(
        Change(
            path=path,
            line=found.line,
            before=found.subscriber,
            after=replace(who, file=str(path), line=found.line),
            fields=tuple(changed),
        )
        for found, who, changed in edits
    )


def _edit_of(
    found: Found, changes: Mapping[str, str], check: InterestCheck | None, folder: Path
) -> tuple[Found, Subscriber, dict[str, str]]:
    """The row, the reader that she becomes, and the fields that have to be written for it."""
    values: list[Value] = list(found.row.values)
    for name, value in changes.items():
        values[FIELDS.index(name)] = value
    after, written = _parsed(tuple(values), check, folder)
    changed = {n: written.get(n, "") for n in changes if not _same(n, found, after, written)}
    return found, after, changed


def _remove(snapshot: Snapshot, save: Save) -> None:
    gone = {found.number for found in snapshot.found}
    content, _ = _edited(
        snapshot,
        lambda: without_rows(snapshot.source, snapshot.found),
        lambda: without_rows_anew(snapshot.source, snapshot.found),
        lambda: (mark for number, mark in enumerate(snapshot.prints) if number not in gone),
    )
    save(snapshot.source, content)


def _edited(
    snapshot: Snapshot,
    splice: Callable[[], bytes],
    anew: Callable[[], bytes],
    expected: Callable[[], Iterable[Expected]],
) -> tuple[bytes, tuple[int, ...]]:
    """The new text once it was read back; a YAML list may be written anew where splicing fails.

    Raises:
        ListError: neither way leads to what was asked.
    """
    if not is_yaml(snapshot.source.path):
        content = splice()
        return content, verify(snapshot.source, content, expected())
    from digest.storage.lists.yaml_edit import CannotSplice

    try:
        content = splice()
        return content, verify(snapshot.source, content, expected())
    except (CannotSplice, ListError):
        content = anew()
        return content, verify(snapshot.source, content, expected())


def _refuse_unknown(fields: Mapping[str, str]) -> None:
    unknown = [name for name in fields if name not in FIELDS]
    if unknown:
        raise UsageError(f"unknown field {unknown[0]}; known are {', '.join(FIELDS)}")


def _checked(
    fields: Mapping[str, str], folder: Path, check: InterestCheck | None
) -> tuple[dict[str, str], Subscriber]:
    """The fields as they are to be written, in the order of `FIELDS`."""
    _refuse_unknown(fields)
    who, written = _parsed(tuple(fields.get(name, "") for name in FIELDS), check, folder)
    return written, who


def _parsed(
    values: tuple[Value, ...], check: InterestCheck | None, folder: Path
) -> tuple[Subscriber, dict[str, str]]:
    """The reader, with each field that has a value as it is to be written."""
    row = Row(0, values, lambda _: (0, 0))
    parsed = parse_row(row, _NEW_READER)
    errors = [p for p in parsed.problems if not p.warning]
    if errors or parsed.subscriber is None:
        raise UsageError("\n".join(str(p) for p in errors))
    who = parsed.subscriber
    doubts = doubts_of(who, folder, check) if check else ()
    if wrong := [(i, doubt) for i, doubt in doubts if not doubt.warning]:
        raise UsageError("\n".join(str(doubt_at(row, _NEW_READER, *each)) for each in wrong))
    written = {"email": _typed_address(str(values[0]), who.address)}
    if who.name:
        written["name"] = who.name
    for name, value in zip(FIELDS[2:], values[2:], strict=True):
        text = ";".join(getattr(who, name)) if name in LISTS else trim(str(value))
        if text := NOTHING if says_nothing(value) else text:
            written[name] = text
    return who, written


def _typed_address(text: str, address: EmailAddress) -> str:
    try:
        return trim(text) if EmailAddress.parse(trim(text)) == address else str(address)
    except ValueError:
        return str(address)


def _same(name: str, found: Found, after: Subscriber, written: Mapping[str, str]) -> bool:
    """Whether the row says already what it is to say about a field."""
    old, new = found.row.values[FIELDS.index(name)], written.get(name, "")
    if says_nothing(old) or new == NOTHING:
        return says_nothing(old) and new == NOTHING
    if name in LISTS:
        return bool(getattr(found.subscriber, name) == getattr(after, name))
    return isinstance(old, str) and trim(old) == new


def _key_of(email: str) -> str:
    try:
        return EmailAddress.parse(trim(email)).key if email else ""
    except ValueError:
        return ""  # told with all else that is wrong, once her row is found


def _refuse_address(address: EmailAddress, snapshots: Sequence[Snapshot]) -> None:
    """A new address must be nobody's yet, and must not leave a second row with the old one."""
    rows = [(s.source.shown, f) for s in snapshots for f in s.found]
    for shown, found in rows:
        if found.subscriber.address.key != address.key:
            raise UsageError(f"{found.subscriber.address} is on {shown}:{found.line} already")
    if len(rows) > 1:
        places = " and ".join(f"{shown}:{found.line}" for shown, found in rows)
        raise UsageError(f"{address} stands at {places}; remove all but one first")


def _new_list(path: Path, shown: str) -> Source:
    from digest.storage.lists.csv_edit import new_csv
    from digest.storage.lists.yaml_edit import new_yaml

    return Source(path, shown, new_yaml() if is_yaml(path) else new_csv(), "utf-8", 0)


def _refuse_known(snapshot: Snapshot) -> None:
    problems = [
        Problem(
            file=snapshot.source.shown,
            line=found.line,
            key="email",
            what=f"{found.subscriber.address} is on this list already",
        )
        for found in snapshot.found
    ]
    if problems:
        raise ListError(problems)
