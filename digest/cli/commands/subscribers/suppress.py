"""`digest subscribers suppress`: an address never to be mailed again."""

from __future__ import annotations

import click

from digest.app.named_reader import parse_address
from digest.cli.desk import Desk, note, pass_desk


@click.command("suppress")
@click.argument("email")
@click.option("--reason", default="by hand", show_default=True)
@pass_desk
def command(desk: Desk, email: str, reason: str) -> int:
    """Never mail this address again, whatever the lists say."""
    from digest.storage.suppressions import suppress_address

    address, house = parse_address(email, "address"), desk.house
    new = suppress_address(
        house.database, address, reason=reason, source="command line", at=house.clock()
    )
    note(f"{address} is suppressed" + ("" if new else " already"))
    return 0
