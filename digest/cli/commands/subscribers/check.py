"""`digest subscribers check`: every problem of the lists at once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from digest.cli.commands.subscribers._shared import place_of
from digest.cli.desk import Desk, count, json_option, note, pass_desk, show, show_json
from digest.errors import ListError, Problem

if TYPE_CHECKING:
    from digest.storage.lists.files import ListFile

_KEYS = ("file", "line", "column", "key", "what", "mend", "warning")


@click.command("check")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@json_option
@pass_desk
def command(desk: Desk, files: tuple[Path, ...], as_json: bool) -> int:
    """Read every list (or only FILES) and tell all problems at once; 2 when there is an error."""
    from digest.app.interests import Interests
    from digest.app.list_advice import ListAdvice
    from digest.app.plan import list_losses
    from digest.storage.lists.reading import ListReading, open_lists

    check, advice = Interests(desk.house).check, ListAdvice(desk.house)
    if files:
        reading = ListReading(_named(desk, files), check=check, advice=advice)
    else:
        reading = open_lists(desk.config, check=check, advice=advice)
    try:
        readers = sum(1 for _ in reading)
    except ListError:
        readers = reading.accepted - reading.duplicates
    lost = () if files else list_losses(desk.house, reading.sizes)
    problems = (*reading.problems, *lost)
    if as_json:
        told = [{key: getattr(p, key) for key in _KEYS} for p in problems]
        show_json({"readers": readers, "rows": reading.rows, "problems": told})
    else:
        for problem in problems:
            show(str(problem))
    return _sum_up(problems, f"{count(readers, 'reader')} in {count(reading.rows, 'row')}")


def _named(desk: Desk, files: Sequence[Path]) -> list[ListFile]:
    """These files, each with the defaults that the config has for it."""
    from digest.storage.lists.files import name_list

    return [name_list(desk.config, place_of(desk, path)) for path in files]


def _sum_up(problems: Sequence[Problem], read: str) -> int:
    errors = sum(1 for p in problems if not p.warning)
    warnings = count(len(problems) - errors, "warning")
    note(f"{read}; {count(errors, 'error')}, {warnings}")
    return 2 if errors else 0
