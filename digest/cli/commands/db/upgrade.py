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

    done = upgrade_database(desk.house)
    if done.before is None:
        what = f"made, schema {done.schema}"
    elif done.before == done.schema:
        what = f"schema {done.schema}, nothing to do"
    else:
        what = f"schema {done.schema}, was {done.before}"
    show(f"{done.place}: {what}")
    return 0
