"""`digest db copy`: the state from its file into the PostgreSQL database."""

from __future__ import annotations

import click

from digest.cli.desk import Desk, count, json_option, note, pass_desk, show, show_json


@click.command("copy")
@click.option("--dry-run", is_flag=True, help="Say what would be copied; change nothing.")
@click.option("--abandon", is_flag=True, help="Take back a copy that was begun and not finished.")
@json_option
@pass_desk
def command(desk: Desk, dry_run: bool, abandon: bool, as_json: bool) -> int:
    """Move the state from the file in the state folder into the database of `storage.url`.

    All of it or nothing. The file stays, and refuses every write from then on. Safe to repeat.
    """
    from digest.app.belonging import missing_key
    from digest.app.move import abandon_copy, copy_state, look_at_copy
    from digest.errors import UsageError

    if abandon:
        if dry_run:
            raise UsageError("--abandon and --dry-run do not go together")
        note(f"{abandon_copy(desk.house)}: is the state again")
        return 0
    done = look_at_copy(desk.house) if dry_run else copy_state(desk.house, _tell_table)
    if as_json:
        facts = {"source": done.source, "target": done.target, "copied_before": done.before}
        show_json({**facts, "dry_run": dry_run, "rows": dict(done.rows)})
        return 0
    if dry_run:
        for table, rows in done.rows.items():
            show(f"{table}\t{rows}")
    if done.before:
        note(f"{done.source}: is in {done.target} already, whole")
        return 0
    total = count(sum(done.rows.values()), "row")
    if dry_run:
        note(f"{total} would be copied to {done.target}; nothing was written")
    else:
        note(f"{total} copied to {done.target}; restart `digest serve`")
        if problem := missing_key(desk.house):
            note(f"warning: {problem}")
    return 0


def _tell_table(table: str, rows: int) -> None:
    note(f"{table}: {count(rows, 'row')}")
