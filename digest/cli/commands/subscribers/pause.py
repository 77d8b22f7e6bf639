"""`digest subscribers pause`: no letters for a while."""

from __future__ import annotations

from datetime import date

import click

from digest.app.named_reader import parse_address
from digest.cli.commands.subscribers._shared import (
    dry_run_option,
    list_paths,
    not_listed,
    saver,
    told,
)
from digest.cli.desk import Desk, pass_desk
from digest.errors import UsageError
from digest.storage.lists.fields import UNTIL_NOTICE


@click.command("pause")
@click.argument("email")
@click.option("--until", metavar="DAY", help="The first day she gets letters again: 2026-12-24.")
@dry_run_option
@pass_desk
def command(desk: Desk, email: str, until: str | None, dry_run: bool) -> int:
    """Send a reader nothing until a day, or until `resume`; her choices stay in the list."""
    from digest.storage.lists.editing import change_subscriber

    address, save = parse_address(email, "address"), saver(desk, dry_run)
    day = _day(until, desk.today()) if until else UNTIL_NOTICE
    change = change_subscriber(list_paths(desk), address, {"paused_until": day}, save=save)
    if change is None:
        raise not_listed(desk, address)
    place = f"{change.path}:{change.line}"
    if not change.fields:
        told(save, f"{address} is paused until {day} already ({place})", "she is paused already")
    else:
        words = f"paused until {day} ({place})"
        told(save, f"{address} is {words}", f"{address} would be {words}")
    return 0


def _day(text: str, today: date) -> str:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"--until {text}: is no day; write YYYY-MM-DD") from None
    if day <= today:
        raise UsageError(f"--until {text}: is not after today, {today}")
    return day.isoformat()
