"""`digest db current`: of which version the tables are."""

from __future__ import annotations

import click

from digest.cli.desk import Desk, json_option, pass_desk, show, show_json


@click.command("current")
@json_option
@pass_desk
def command(desk: Desk, as_json: bool) -> int:
    """Of which version the tables are, and which this program needs. Changes nothing."""
    from digest.app.databases import look_at_database

    place, found, needed = look_at_database(desk.house)
    if as_json:
        both = {"database": found.as_dict(), "program": needed.as_dict()}
        show_json({"place": place, **both})
        return 0
    if found.schema is None:
        show(f"{place}: holds no tables yet; the first run or `digest db upgrade` makes them")
        return 0
    show(f"{place}: schema {found.schema}, revision {found.revision or 'none'}")
    if needed.queue:
        show(f"queue: {found.queue or 'no tables'}; Procrastinate has {needed.queue}")
    if found.is_older(needed):
        show("stop the workers, then run `digest db upgrade`")
    elif needed.is_older(found):
        show(f"this program knows schema {needed.schema}; upgrade papers-digest")
    return 0
