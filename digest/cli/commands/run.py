"""`digest run`: the cron line."""

from __future__ import annotations

import click

from digest.cli.desk import (
    Desk,
    accept_option,
    day_option,
    json_option,
    orders_of,
    pass_desk,
    to_option,
)


@click.command("run")
@day_option
@to_option
@click.option("--dry-run", is_flag=True, help="Say what would be sent; send nothing.")
@click.option("--skip-bad-rows", is_flag=True, help="Leave out list rows with errors.")
@accept_option
@json_option
@pass_desk
def command(
    desk: Desk,
    date_text: str | None,
    to: tuple[str, ...],
    dry_run: bool,
    skip_bad_rows: bool,
    accept_list_change: bool,
    as_json: bool,
) -> int:
    """Do everything that is due: collect, compose, send; take up what was left.

    Safe to repeat: nobody gets an edition twice. Silent when all is well.
    """
    from digest.app.day import run_day
    from digest.cli.reports import tell_day
    from digest.cli.watch import TerminalWatch

    orders = orders_of(to, skip_bad_rows, accept_list_change)
    after = desk.config.edition.compose_after
    local = desk.clock().astimezone(desk.house.zone)
    early = date_text is None and after is not None and local.time() < after
    if dry_run:
        from digest.cli.plans import tell_plan

        return tell_plan(desk.house, desk.key(date_text), orders, as_json=as_json)
    with TerminalWatch() as watch:
        report = run_day(desk.house, desk.day(date_text), watch, compose=not early, orders=orders)
    return tell_day(desk.house, report, as_json=as_json)
