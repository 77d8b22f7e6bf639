"""`digest subscribers merge`: several lists made into one."""

from __future__ import annotations

from pathlib import Path

import click

from digest.cli.commands.subscribers._shared import (
    dry_run_option,
    named_list,
    place_of,
    saver,
    told,
    warn_unlisted,
)
from digest.cli.desk import Desk, count, note, pass_desk
from digest.storage.lists.files import name_list, require_file


@click.command("merge")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--into", "target", required=True, type=click.Path(path_type=Path), help="The one list."
)
@dry_run_option
@pass_desk
def command(desk: Desk, files: tuple[Path, ...], target: Path, dry_run: bool) -> int:
    """Put the readers of FILES into one list, new or there already, each of them once.

    Of several rows with one address the first wins: the target's, then those of FILES in their
    order. It takes the others' tags, and a name if it has none. FILES stay as they are.
    """
    from digest.storage.lists.editing import add_subscribers, change_subscribers
    from digest.storage.lists.merging import plan_merger

    named = [named_list(desk, each) for each in files]
    own = name_list(desk.config, place_of(desk, target))
    require_file(own)
    if own.path.exists():
        named = [own, *(each for each in named if each.path.resolve() != own.path.resolve())]
    merger, save = plan_merger(own, named), saver(desk, dry_run)
    for problem in merger.problems:
        note(str(problem))
    for each in merger.joined:
        others = ", ".join(f"{other.file}:{other.line}" for other in each.others)
        winner = each.winner
        note(f"{winner.address}: {winner.file}:{winner.line} wins over {others}")
    if merger.changes:
        change_subscribers(own.path, merger.changes, save=save)
    if merger.new:
        add_subscribers(own.path, merger.new, save=save)
    words = f"{count(len(merger.new), 'reader')} added to {own.path}, {len(merger.joined)} joined"
    told(save, f"{words}; the other lists are as they were", words)
    warn_unlisted(desk, own.path)
    return 0
