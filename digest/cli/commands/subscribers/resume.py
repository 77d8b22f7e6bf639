"""`digest subscribers resume`: letters again for a reader who was paused."""

from __future__ import annotations

import click

from digest.app.named_reader import parse_address
from digest.cli.commands.subscribers._shared import (
    dry_run_option,
    list_paths,
    not_listed,
    saver,
    told,
)
from digest.cli.desk import Desk, note, pass_desk
from digest.model import Frequency


@click.command("resume")
@click.argument("email")
@dry_run_option
@pass_desk
def command(desk: Desk, email: str, dry_run: bool) -> int:
    """End a reader's pause: she gets what she had before."""
    from digest.storage.lists.editing import change_subscriber
    from digest.storage.suppressions import is_suppressed

    address, save = parse_address(email, "address"), saver(desk, dry_run)
    paths = list_paths(desk)
    change = change_subscriber(paths, address, {"paused_until": ""}, save=save)
    if change is not None and change.before.frequency is Frequency.PAUSED:
        both = {"paused_until": "", "frequency": ""}
        change = change_subscriber(paths, address, both, save=save)
        note("her list said `frequency: paused`, which hides what she had; she gets every edition")
    if change is None:
        raise not_listed(desk, address)
    place = f"{change.path}:{change.line}"
    if change.before.paused_until is None and not change.fields:
        note(f"{address} is not paused ({place})")
    else:
        told(save, f"{address} gets letters again ({place})", f"{address} would get letters again")
    house = desk.house
    if house.has_state and is_suppressed(
        house.database, address, reader_id=house.reader_id(address)
    ):
        note(f"but {address} is suppressed: digest subscribers show {address}")
    return 0
