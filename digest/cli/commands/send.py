"""`digest send`: one edition to everyone not yet served."""

from __future__ import annotations

import click

from digest.cli.desk import Desk, date_option, json_option, pass_desk


@click.command("send")
@date_option
@click.option("--due", "due_only", is_flag=True, help="Only to readers whose time has come.")
@click.option("--dry-run", is_flag=True, help="Say what would be sent; send nothing.")
@click.option("--skip-bad-rows", is_flag=True, help="Leave out list rows with errors.")
@click.option("--resend-unknown", is_flag=True, help="Send again what nobody knows the end of.")
@json_option
@pass_desk
def command(
    desk: Desk,
    date_text: str | None,
    due_only: bool,
    dry_run: bool,
    skip_bad_rows: bool,
    resend_unknown: bool,
    as_json: bool,
) -> int:
    """Send an edition to everyone on the lists who has not got it yet."""
    from digest.app import House
    from digest.app.day import send_edition
    from digest.cli.reports import tell_day
    from digest.cli.watch import TerminalWatch
    from digest.storage import recovery

    key = desk.key(date_text)
    if dry_run:
        from digest.cli.plans import tell_plan

        return tell_plan(desk.house, key, skip_bad_rows, as_json=as_json)

    def prepare(house: House) -> None:
        if resend_unknown:
            recovery.resend_unknown(house.database, key, house.clock())

    with TerminalWatch() as watch:
        report = send_edition(
            desk.house,
            key,
            watch,
            due_only=due_only,
            skip_bad_rows=skip_bad_rows,
            prepare=prepare,
        )
    return tell_day(desk.house, report, as_json=as_json, talk=True)
