"""What the commands that edit lists share: their lists, their options, what they say."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from digest.cli.desk import Desk, note, show
from digest.errors import UsageError
from digest.model import EmailAddress, Subscriber
from digest.storage.lists.backups import list_backups
from digest.storage.lists.defaults import NONE
from digest.storage.lists.files import ListFile, find_lists, list_files, name_list, require_file
from digest.storage.lists.saving import Save, ShowDiff, save_list

dry_run_option = click.option(
    "--dry-run", is_flag=True, help="Show what would change, as a diff; write nothing."
)
list_option = click.option(
    "--list", "path", type=click.Path(path_type=Path), help="Which file; else the first."
)


def list_paths(desk: Desk) -> list[Path]:
    """The lists of the config that can be written, in their order."""
    return [each.path for each in list_files(desk.config)]


def target_of(desk: Desk, path: Path | None) -> Path:
    """The file that new readers go to: the one that is named, else the first.

    Raises:
        UsageError: it is a query, or there is no file yet.
    """
    if path is not None:
        place = place_of(desk, path)
        require_file(name_list(desk.config, place))
        return place
    if not (lists := list_paths(desk)):
        raise UsageError("there is no list yet that is a file; name one with --list")
    return lists[0]


def on_query(desk: Desk, address: EmailAddress) -> ListFile | None:
    """The first query that has a reader, if one does.

    Raises:
        ListError: one cannot be read.
    """
    from digest.storage.lists.reading import ListReading

    for file in find_lists(desk.config)[0]:
        if file.query is not None:
            for reader in ListReading([file], skip_bad_rows=True):
                if reader.address.key == address.key:
                    return file
    return None


def not_listed(desk: Desk, address: EmailAddress) -> UsageError:
    """Why there is no row of a reader to be changed.

    Raises:
        UsageError: her row is a query's; the line says where it is changed.
    """
    if (file := on_query(desk, address)) is not None:
        require_file(file)
    return UsageError(f"{address} is on none of the lists")


def place_of(desk: Desk, path: Path) -> Path:
    """A path from where one is, or from the config's folder if a list or its backups are there."""
    for place in (path, desk.config.folder / path):
        if place.exists() or list_backups(place.resolve()):
            return place
    queries = (each for each in find_lists(desk.config)[0] if each.query is not None)
    return next((each.path for each in queries if each.shown == str(path)), path)


def warn_unlisted(desk: Desk, path: Path) -> None:
    """Say so where readers went to a file that no run reads."""
    if path.resolve() not in (each.resolve() for each in list_paths(desk)):
        note(f"warning: {path} is not among subscribers.lists, so nobody on it is mailed")


def named_list(desk: Desk, path: Path | None, *, gone: bool = False) -> ListFile:
    """The list that a command line names, from where one is or from the config; else the first.

    With `gone` it is enough that there are backups of it.

    Raises:
        UsageError: there is no such list, or none at all.
    """
    if path is None:
        if not (lists := find_lists(desk.config)[0]):
            raise UsageError("there is no list yet; name a file with --list")
        return lists[0]
    place = place_of(desk, path)
    if (known := name_list(desk.config, place)).query is not None:
        return known
    if place.exists() or (gone and list_backups(place.resolve())):
        return name_list(desk.config, place)
    raise UsageError(f"{path}: does not exist")


def readers_of(file: ListFile) -> Iterator[Subscriber]:
    """The readers of one list, each once, as their rows have them."""
    from digest.storage.lists.reading import ListReading

    yield from ListReading([file._replace(defaults=NONE)])


def saver(desk: Desk, dry_run: bool) -> Save:
    """What is to become of the new text of a list."""
    return ShowDiff(folder=desk.config.folder) if dry_run else save_list


def told(save: Save, done: str, would: str) -> None:
    """Say what was done; of a dry run, the diff and what would have been done."""
    if isinstance(save, ShowDiff):
        for line in save.lines:
            show(line)
        note(f"{would}; nothing was written")
    else:
        note(done)
