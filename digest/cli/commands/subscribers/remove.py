"""`digest subscribers remove`: a reader taken out of every list."""

from __future__ import annotations

import click

from digest.app.named_reader import parse_address
from digest.cli.desk import Desk, note, pass_desk
from digest.errors import UsageError


@click.command("remove")
@click.argument("email")
@pass_desk
def command(desk: Desk, email: str) -> int:
    """Take a reader out of every list. (To never mail her again: suppress.)"""
    from digest.storage.lists.editing import remove_subscriber
    from digest.storage.lists.files import find_lists

    address = parse_address(email, "address")
    removed = remove_subscriber([each.path for each in find_lists(desk.config)[0]], address)
    if not removed:
        raise UsageError(f"{address} is on none of the lists")
    for each in removed:
        note(f"{address} removed from {each.path}:{each.line}")
    return 0
