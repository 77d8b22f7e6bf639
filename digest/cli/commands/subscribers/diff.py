"""`digest subscribers diff`: what differs between two lists, by reader."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from digest.cli.commands.subscribers._shared import named_list, readers_of
from digest.cli.desk import Desk, count, json_option, note, pass_desk, show, show_json
from digest.cli.readers import reader_document
from digest.storage.lists.files import require_file

if TYPE_CHECKING:
    from digest.storage.lists.comparing import Comparison


@click.command("diff")
@click.argument("old", type=click.Path(path_type=Path))
@click.argument("new", required=False)
@json_option
@pass_desk
def command(desk: Desk, old: Path, new: str | None, as_json: bool) -> int:
    """Who was added, removed or changed from list OLD to list NEW, not which lines.

    With a number for NEW, or without it, from the backup of that number, or the newest, to OLD
    as it is now: what was done since. `restore LIST` shows which backups there are.
    """
    from digest.storage.lists.backups import find_backup
    from digest.storage.lists.comparing import compare_lists
    from digest.storage.lists.stored import backup_readers

    stored = new is None or (new.isdecimal() and not Path(new).exists())
    first = named_list(desk, old, gone=stored)
    if new is None or stored:
        require_file(first)  # nobody keeps backups of a query's answer
        backup = find_backup(first.path.resolve(), int(new) if new else None)
        before = backup_readers(backup, first)
        after = readers_of(first) if first.path.exists() else iter(())
        note(f"from backup {backup.number} of {first.shown}, {backup.at:%Y-%m-%d %H:%M} UTC, to it")
    else:
        before, after = readers_of(first), readers_of(named_list(desk, Path(new)))
    found = compare_lists(before, after)
    if as_json:
        show_json(_document(found))
        return 0
    for reader in found.removed:
        show(f"- {reader.address}\t{reader.name}".rstrip())
    for reader in found.added:
        show(f"+ {reader.address}\t{reader.name}".rstrip())
    for each in found.changed:
        for name, (was, now) in each.fields.items():
            show(f"~ {each.address}\t{name}: {was or '(nothing)'} -> {now or '(nothing)'}")
    words = f"{count(len(found.added), 'reader')} added, {len(found.removed):,} removed"
    note(f"{words}, {len(found.changed):,} changed")
    return 0


def _document(found: Comparison) -> dict[str, object]:
    return {
        "added": [reader_document(each, suppressed=False) for each in found.added],
        "removed": [reader_document(each, suppressed=False) for each in found.removed],
        "changed": [
            {
                "email": str(each.address),
                "fields": {n: {"old": was, "new": now} for n, (was, now) in each.fields.items()},
            }
            for each in found.changed
        ],
    }
