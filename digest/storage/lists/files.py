"""Which files the list patterns of a config mean, and which queries stand among them."""

from __future__ import annotations

import glob
import os
from pathlib import Path
from typing import NamedTuple

from digest.config import Config
from digest.errors import Problem, UsageError
from digest.storage.lists.backups import list_backups
from digest.storage.lists.defaults import NONE, Defaults, defaults_of
from digest.storage.lists.query import ListQuery, query_of

YAML_SUFFIXES = frozenset({".yaml", ".yml"})
CSV_SUFFIXES = frozenset({".csv", ".tsv", ".txt"})
_KINDS = "a list ends in .yaml, .yml or .csv"


class ListFile(NamedTuple):
    """A list on disk; `shown` is its name in messages, relative to the config where it can be.

    `defaults` are for its readers who did not choose. Where a `query` gives them, there is no
    file: `path` is what it would be called in the folder of the config.
    """

    path: Path
    shown: str
    defaults: Defaults = NONE
    query: ListQuery | None = None

    def place(self, line: int) -> str:
        """Where one of its rows is, as a person finds it."""
        return f"{self.shown}:{line}" if self.query is None else f"{self.shown}, row {line}"


def find_lists(config: Config) -> tuple[tuple[ListFile, ...], tuple[Problem, ...]]:
    """The lists in the order of the entries, each file by the first entry that it is matched by.

    A path that does not exist is an error; a pattern without a match is a warning, unless no
    pattern matches anything.
    """
    found: dict[Path, ListFile] = {}
    problems: list[Problem] = []
    for number, entry in enumerate(config.subscribers.lists):
        defaults = defaults_of(entry)
        if entry.path is None:
            path = config.folder / entry.name
            query = query_of(config, number, problems)
            found.update({path: ListFile(path, entry.name, defaults, query)} if query else {})
            continue
        for path in _matches(config, entry.path, problems):
            file = ListFile(path, show(path, config.folder), defaults)
            found.setdefault(path.resolve(), file)
    signed_up = config.path(config.web.list)
    if signed_up.exists():  # the pages make it when the first reader signs up
        found.setdefault(signed_up.resolve(), ListFile(signed_up, show(signed_up, config.folder)))
    if not found and not any(not p.warning for p in problems):
        what = "there is no list file at all"
        looked = ", ".join(entry.path or entry.name for entry in config.subscribers.lists)
        mend = f"looked for {looked} in {config.folder}"
        problems.append(Problem(file="config.yaml", key="subscribers.lists", what=what, mend=mend))
    return tuple(found.values()), tuple(problems)


def list_files(config: Config) -> tuple[ListFile, ...]:
    """The lists that can be written: those that are files."""
    return tuple(file for file in find_lists(config)[0] if file.query is None)


def require_file(file: ListFile) -> None:
    """Let pass what can be written.

    Raises:
        UsageError: it is a query; the line says where it is changed.
    """
    if file.query is not None:
        raise UsageError(
            f"{file.shown} is a query: change what is in {file.query.place}, or the query in"
            " config.yaml (subscribers.lists)"
        )


def name_list(config: Config, path: Path) -> ListFile:
    """The list with this path, with the defaults of the config's entry for it, if there is one."""
    real = path.resolve()
    known = (each for each in find_lists(config)[0] if each.path.resolve() == real)
    return next(known, ListFile(path, show(path, config.folder)))


def show(path: Path, folder: Path) -> str:
    """The name of a list in messages: relative to the config's folder when it lies inside."""
    try:
        return str(path.resolve().relative_to(folder.resolve()))
    except ValueError:
        return os.path.abspath(path)


def can_be_edited(path: Path) -> bool:
    """Whether a list can be replaced here, or made with its folder: it is written beside."""
    folders = path.resolve().parents
    there = next(folder for folder in folders if folder.exists())
    return there.is_dir() and os.access(there, os.W_OK | os.X_OK)


def is_yaml(path: Path) -> bool:
    return path.suffix.lower() in YAML_SUFFIXES


def _matches(config: Config, pattern: str, problems: list[Problem]) -> list[Path]:
    plain = config.path(pattern)
    is_glob = glob.has_magic(pattern) and not plain.exists()
    if not is_glob:
        problem = _plain_problem(plain, show(plain, config.folder))
        problems.extend(problem)
        return [] if problem else [plain]
    kept = []
    for name in sorted(glob.glob(str(plain), recursive=True)):
        path = Path(name)
        if path.is_dir():
            continue
        if path.suffix.lower() in YAML_SUFFIXES | CSV_SUFFIXES:
            kept.append(path)
        else:
            shown = show(path, config.folder)
            problems.append(Problem(file=shown, what="is not read", mend=_KINDS, warning=True))
    if not kept:
        what = f"no list file matches {pattern}"
        problems.append(
            Problem(file="config.yaml", key="subscribers.lists", what=what, warning=True)
        )
    return kept


def _plain_problem(path: Path, shown: str) -> tuple[Problem, ...]:
    if path.is_dir():
        mend = f"name its files: {shown}/*.yaml"
        return (Problem(file=shown, what="is a folder, not a list", mend=mend),)
    if not path.exists():
        back = f"digest subscribers restore {shown}, " if list_backups(path.resolve()) else ""
        mend = f"{back}make it, or take it out of subscribers.lists in config.yaml"
        return (Problem(file=shown, what="does not exist", mend=mend),)
    if path.suffix.lower() not in YAML_SUFFIXES | CSV_SUFFIXES:
        return (Problem(file=shown, what="is of no known kind", mend=_KINDS),)
    return ()
