"""`digest db`: the database that the state is kept in."""

from __future__ import annotations

import click

from digest.cli.lazy import LazyGroup

#: name -> one line of help.
SUBCOMMANDS = {
    "upgrade": "Make the tables, or bring those of an older program up to date.",
    "current": "Of which version the tables are.",
    "copy": "Move the state from its file into the PostgreSQL database.",
}


@click.command("db", cls=LazyGroup, package=__name__, lines=SUBCOMMANDS)
def command() -> None:
    """Look after the database that the state is kept in."""
