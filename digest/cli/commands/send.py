"""`digest send`: one edition to everyone not yet served."""

from __future__ import annotations

import click

from digest.cli.desk import (
    Desk,
    accept_option,
    date_option,
    json_option,
    orders_of,
    pass_desk,
    to_option,
)


@click.command("send")
@date_option
@to_option
@click.option("--due", "due_only", is_flag=True, help="Only to readers whose time has come.")
@click.option("--dry-run", is_flag=True, help="Say what would be sent; send nothing.")
@click.option("--skip-bad-rows", is_flag=True, help="Leave out list rows with errors.")
@accept_option
@click.option("--resend-unknown", is_flag=True, help="Send again what nobody knows the end of.")
@json_option
@pass_desk
def command(
    desk: Desk,
    date_text: str | None,
    to: tuple[str, ...],
    due_only: bool,
    dry_run: bool,
    skip_bad_rows: bool,
    accept_list_change: bool,
    resend_unknown: bool,
    as_json: bool,
) -> int:
    """Send an edition to everyone on the lists who has not got it yet."""
    from digest.app import House
    from digest.app.day import send_edition
    from digest.cli.reports import tell_day
    from digest.cli.watch import TerminalWatch
    from digest.storage import recovery

    key, orders = desk.key(date_text), orders_of(to, skip_bad_rows, accept_list_change)
    if dry_run:
        from digest.cli.plans import tell_plan

        return tell_plan(desk.house, key, orders, as_json=as_json)

    def prepare(house: House) -> None:
        if resend_unknown:
            recovery.resend_unknown(house.database, key, house.clock())

    with TerminalWatch() as watch:
        report = send_edition(
            desk.house,
            key,
            watch,
            due_only=due_only,
            orders=orders,
            prepare=prepare,
        )
    return tell_day(desk.house, report, as_json=as_json, talk=True)
