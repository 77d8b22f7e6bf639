"""`digest db upgrade`: the tables as this program needs them."""

from __future__ import annotations

import click

from digest.cli.desk import Desk, pass_desk, show


@click.command("upgrade")
@pass_desk
def command(desk: Desk) -> int:
    """Make the tables, or bring those of an older program up to date; all of it or nothing.

    On PostgreSQL: stop the workers first, and install the new program on every machine.
    """
    from digest.app.databases import upgrade_database

    place, before, now = upgrade_database(desk.house)
    if before.schema is None:
        what = f"made, schema {now.schema}"
    elif before.schema != now.schema:
        what = f"schema {now.schema}, was {before.schema}"
    else:
        what = f"schema {now.schema}, nothing to do"
    show(f"{place}: {what}")
    if before.schema and now.queue and before.queue != now.queue:
        show(f"queue: {now.queue}, was {before.queue or 'not there'}")
    return 0
