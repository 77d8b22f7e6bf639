"""`digest subscribers merge`: several lists made into one."""

from __future__ import annotations

from pathlib import Path

import click

from digest.app.named_reader import parse_address
from digest.cli.commands.subscribers._shared import dry_run_option, named_list, saver, told
from digest.cli.desk import Desk, count, note, pass_desk


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
    from digest.storage.lists.editing import add_subscribers, change_subscriber
    from digest.storage.lists.merging import plan_merger

    named = [named_list(desk, each) for each in files]
    if target.exists():
        own = named_list(desk, target)
        named = [own, *(each for each in named if each.path.resolve() != own.path.resolve())]
    merger, save = plan_merger(target, named), saver(desk, dry_run)
    for problem in merger.problems:
        note(str(problem))
    for each in merger.joined:
        others = ", ".join(f"{other.file}:{other.line}" for other in each.others)
        winner = each.winner
        note(f"{winner.address}: {winner.file}:{winner.line} wins over {others}")
    for email, changes in merger.changes.items():
        change_subscriber([target], parse_address(email, "address"), changes, save=save)
    if merger.new:
        add_subscribers(target, merger.new, save=save)
    words = f"{count(len(merger.new), 'reader')} added to {target}, {len(merger.joined)} joined"
    told(save, f"{words}; the other lists are as they were", words)
    return 0
