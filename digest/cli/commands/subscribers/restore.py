"""`digest subscribers restore`: a list as it was before an edit."""

from __future__ import annotations

from pathlib import Path

import click

from digest.cli.commands.subscribers._shared import dry_run_option, named_list, saver, told
from digest.cli.desk import Desk, json_option, note, pass_desk, show, show_json
from digest.storage.lists.files import require_file


@click.command("restore")
@click.argument("file", type=click.Path(path_type=Path))
@click.argument("number", type=int, required=False)
@dry_run_option
@json_option
@pass_desk
def command(desk: Desk, file: Path, number: int | None, dry_run: bool, as_json: bool) -> int:
    """Put backup NUMBER in the place of a list; without a number, show which there are.

    The list as it is now is kept as one more backup.
    """
    from digest.storage.lists.backups import find_backup, list_backups
    from digest.storage.lists.stored import restore_backup

    target = named_list(desk, file, gone=True)
    require_file(target)
    real = target.path.resolve()
    if number is None:
        known = list_backups(real)
        if as_json:
            show_json([{"number": b.number, "at": b.at, "bytes": b.size} for b in known])
        else:
            for each in known:
                show(f"{each.number}\t{each.at:%Y-%m-%d %H:%M:%S} UTC\t{each.size:,} bytes")
            note(f"digest subscribers restore {file} NUMBER puts one back" if known else "none yet")
        return 0
    backup, save = find_backup(real, number), saver(desk, dry_run)
    restore_backup(backup, target, save=save)
    words = f"{target.shown} as it was before {backup.at:%Y-%m-%d %H:%M:%S} UTC"
    told(save, f"{words}: restored from backup {number}", f"{words} would be restored")
    return 0
