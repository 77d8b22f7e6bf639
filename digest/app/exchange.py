"""Lists from and for other programs: what an import would do, doing it, and giving ours away."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from digest.app.house import House
from digest.app.interests import Interests
from digest.errors import Problem, UsageError
from digest.model import EmailAddress, Subscriber
from digest.storage.dossier import dossier
from digest.storage.lists.editing import add_subscribers, change_subscribers
from digest.storage.lists.exchange.foreign import Foreign, Format
from digest.storage.lists.exchange.plan import ImportPlan, plan_import
from digest.storage.lists.exchange.reading import read_foreign
from digest.storage.lists.exchange.writing import fields_of, holds_semicolon, write_csv, write_yaml
from digest.storage.lists.files import (
    ListFile,
    find_lists,
    list_files,
    name_list,
    require_file,
    show,
)
from digest.storage.lists.reading import ListReading, doubts_of, open_lists
from digest.storage.suppress_many import Leaver, suppress_all
from digest.storage.suppressions import Kind, list_suppressions, suppressed_keys


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """An import that is understood but not done; `target` is the list that new readers go to."""

    files: tuple[Foreign, ...]
    target: Path
    shown: str
    lists: tuple[Path, ...]
    plan: ImportPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """How many readers were added and changed, and how many more are suppressed now."""

    added: int
    changed: int
    suppressed: int


def prepare_import(
    house: House,
    files: Sequence[Path],
    *,
    target: Path | None,
    format_: Format = Format.AUTO,
    columns: Mapping[str, str] | None = None,
    tags: Sequence[str] = (),
    update: bool = False,
) -> Import:
    """Read the files and decide about every row; nothing is written.

    Raises:
        UsageError: there is no list to import into, or a column is not there.
        ListError: a file cannot be read, or our own lists have problems.
        StorageError: the state cannot be read.
    """
    lists = tuple(each.path for each in list_files(house.config))
    into = target or (lists[0] if lists else None)
    if into is None:
        raise UsageError("there is no list yet that is a file; name one with --list")
    require_file(name_list(house.config, into))
    named = [(path, show(path, house.config.folder)) for path in files]
    read = read_foreign(named, format_=format_, columns=columns or {})
    check, folder = Interests(house).check, into.resolve().parent

    def doubts(who: Subscriber) -> Iterator[Problem]:
        for interest, doubt in doubts_of(who, folder, check) if who.interests else ():
            yield Problem(
                file=who.file,
                line=who.line,
                key="interests",
                what=f"{interest}: {doubt.what}",
                mend=doubt.mend,
                warning=doubt.warning,
            )

    plan = plan_import(
        read,
        lists=_readers(house, into),
        barred=_barred(house),
        tags=tags,
        update=update,
        doubts=doubts,
    )
    shown = show(into, house.config.folder)
    return Import(
        files=read, target=into, shown=shown, lists=lists, plan=_without_queries(house, plan)
    )


def _without_queries(house: House, plan: ImportPlan) -> ImportPlan:
    """The plan without changes to rows that are a query's."""
    queries = {each.shown for each in find_lists(house.config)[0] if each.query is not None}
    kept = tuple(change for change in plan.changes if change.file not in queries)
    told = tuple(
        Problem(
            file=change.file,
            what=f"the row of {change.address} is a query's and stays as it is",
            mend="change it in the database",
            warning=True,
        )
        for change in plan.changes
        if change.file in queries
    )
    return replace(plan, changes=kept, problems=(*plan.problems, *told)) if told else plan


def carry_out(house: House, prepared: Import, *, source: str) -> Done:
    """Do what was planned: first remember who left, so that a crash can bring nobody back.

    Raises:
        ListError, LockHeld, StorageError: a list or the state cannot be written; what is done
            stays, and the same import again does the rest.
    """
    plan = prepared.plan
    suppressed = changed = 0
    if plan.departures:
        leavers = (Leaver(d.address, Kind(str(d.cause)), d.reason) for d in plan.departures)
        suppressed = suppress_all(house.database, leavers, source=source, at=house.clock())
    if plan.new:
        others = [each for each in prepared.lists if each.resolve() != prepared.target.resolve()]
        check = Interests(house).check
        add_subscribers(prepared.target, plan.new, others=others, check=check)
    for path in dict.fromkeys((*prepared.lists, prepared.target)):
        name = show(path, house.config.folder)
        hers = {each.address: each.fields for each in plan.changes if each.file == name}
        changed += len(change_subscribers(path, hers)) if hers else 0
    return Done(added=len(plan.new), changed=changed, suppressed=suppressed)


def export_lists(
    house: House,
    *,
    lists: Sequence[Path],
    yaml: bool,
    tags: Sequence[str] = (),
    with_suppressed: bool = False,
) -> Iterator[str]:
    """The text of the lists (all of them without `lists`), piece by piece. Of several `tags` a
    reader has one at least.

    Raises:
        ListError: a list has problems; raised at the end, when what came before is not whole.
        UsageError: something cannot be said in CSV.
    """
    chosen = _chosen(house, lists)
    defaults = {each.shown: each.defaults for each in find_lists(house.config)[0]}

    def has_default(who: Subscriber, name: str) -> bool:
        return name != "tags" and who.file in defaults and defaults[who.file].says(name)

    causes, ids = _causes(house)
    wanted = {tag.casefold() for tag in tags}

    def readers() -> Iterator[tuple[Subscriber, str]]:
        for who in chosen:
            if wanted and wanted.isdisjoint(tag.casefold() for tag in who.tags):
                continue
            cause = causes.get(who.address.key, "")
            if not cause and ids:
                cause = ids.get(house.reader_id(who.address), "")
            if cause and not with_suppressed:
                continue
            if not yaml and (name := holds_semicolon(who)):
                raise UsageError(
                    f"{who.file}:{who.line}: {name}: a value of {who.address} holds a semicolon,"
                    " which CSV cannot say; use --format yaml"
                )
            yield who, cause

    if yaml:
        return write_yaml((who for who, _ in readers()), has_default=has_default)
    return write_csv(readers(), with_suppressed=with_suppressed, has_default=has_default)


def all_about(house: House, address: EmailAddress) -> dict[str, Any]:
    """Everything that is known of one person: her rows, suppressions, letters and bounces."""
    rows = [
        {"file": who.file, "line": who.line, **fields_of(who)}
        for who in open_lists(house.config)
        if who.address.key == address.key
    ]
    kept: dict[str, Any] = {"suppressions": [], "letters": [], "bounces": []}
    if house.has_state:
        kept = dossier(house.database, address, house.reader_id(address))
    return {"address": str(address), "lists": rows, **kept}


def _readers(house: House, target: Path) -> Iterator[Subscriber]:
    """Everybody on the lists, and on the target if it is none of them."""
    yield from open_lists(house.config) if find_lists(house.config)[0] else ()
    known = {each.path.resolve() for each in find_lists(house.config)[0]}
    if target.resolve() not in known and target.exists():
        yield from ListReading([ListFile(target, show(target, house.config.folder))])


def _chosen(house: House, lists: Sequence[Path]) -> ListReading:
    if not lists:
        return open_lists(house.config)
    return ListReading([name_list(house.config, path) for path in lists])


class _barred:  # noqa: N801 - a question with memory
    """Whether an address is suppressed, by itself or by its reader's id."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._keys, self._ids = (
            suppressed_keys(house.database)
            if house.has_state
            else (frozenset[str](), frozenset[str]())
        )

    def __call__(self, address: EmailAddress) -> bool:
        if address.key in self._keys:
            return True
        return bool(self._ids) and self._house.reader_id(address) in self._ids


def _causes(house: House) -> tuple[dict[str, str], dict[str, str]]:
    """What suppressions came of, by address key and by reader id."""
    by_key: dict[str, str] = {}
    by_id: dict[str, str] = {}
    for each in list_suppressions(house.database) if house.has_state else ():
        if each.address:
            local, _, domain = each.address.rpartition("@")
            by_key[EmailAddress(local, domain).key] = str(each.kind)
        if each.reader_id:
            by_id[each.reader_id] = str(each.kind)
    return by_key, by_id
