"""`digest subscribers unsuppress`: a suppression lifted."""

from __future__ import annotations

import click

from digest.app.named_reader import parse_address
from digest.cli.desk import Desk, note, pass_desk
from digest.errors import UsageError


@click.command("unsuppress")
@click.argument("email")
@pass_desk
def command(desk: Desk, email: str) -> int:
    """Let a suppressed address be mailed again, when its reader asks for it."""
    from digest.storage.suppressions import unsuppress

    address, house = parse_address(email, "address"), desk.house
    if not unsuppress(house.database, address, reader_ids=(house.reader_id(address),)):
        raise UsageError(f"{address} is not suppressed")
    note(f"{address} may be mailed again")
    return 0
