"""`digest subscribers check`: every problem of the lists at once."""

from __future__ import annotations

from pathlib import Path

import click

from digest.cli.desk import Desk, count, json_option, note, pass_desk, show, show_json


@click.command("check")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@json_option
@pass_desk
def command(desk: Desk, files: tuple[Path, ...], as_json: bool) -> int:
    """Read every list (or only FILES) and tell all problems at once; 2 when there is an error."""
    from digest.app.interests import Interests
    from digest.app.list_advice import ListAdvice
    from digest.errors import ListError
    from digest.storage.lists.files import ListFile
    from digest.storage.lists.files import show as shown
    from digest.storage.lists.reading import ListReading, open_lists

    named = [ListFile(path, shown(path, desk.config.folder)) for path in files]
    check, advice = Interests(desk.house).check, ListAdvice(desk.house)
    reading = (
        ListReading(named, check=check, advice=advice)
        if named
        else open_lists(desk.config, check=check, advice=advice)
    )
    failed = False
    try:
        readers = sum(1 for _ in reading)
    except ListError:
        failed, readers = True, reading.accepted - reading.duplicates
    if as_json:
        keys = ("file", "line", "column", "key", "what", "mend", "warning")
        told = [{key: getattr(p, key) for key in keys} for p in reading.problems]
        show_json({"readers": readers, "rows": reading.rows, "problems": told})
    else:
        for problem in reading.problems:
            show(str(problem))
    errors = sum(1 for p in reading.problems if not p.warning)
    warnings = len(reading.problems) - errors
    note(
        f"{count(readers, 'reader')} in {count(reading.rows, 'row')};"
        f" {count(errors, 'error')}, {count(warnings, 'warning')}"
    )
    return 2 if failed else 0
