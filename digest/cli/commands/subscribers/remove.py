"""`digest subscribers remove`: a reader taken out of every list."""

from __future__ import annotations

import click

from digest.app.named_reader import parse_address
from digest.cli.commands.subscribers._shared import (
    dry_run_option,
    list_paths,
    not_listed,
    on_query,
    saver,
    told,
)
from digest.cli.desk import Desk, note, pass_desk


@click.command("remove")
@click.argument("email")
@dry_run_option
@pass_desk
def command(desk: Desk, email: str, dry_run: bool) -> int:
    """Take a reader out of every list. (To never mail her again: suppress.)"""
    from digest.storage.lists.editing import remove_subscriber

    address, save = parse_address(email, "address"), saver(desk, dry_run)
    removed = remove_subscriber(list_paths(desk), address, save=save)
    if not removed:
        raise not_listed(desk, address)
    places = ", ".join(f"{each.path}:{each.line}" for each in removed)
    told(save, f"{address} removed from {places}", f"{address} would be removed from {places}")
    if (query := on_query(desk, address)) is not None:
        note(f"but {address} is among the readers of {query.shown}, a query, and is mailed still")
    return 0
