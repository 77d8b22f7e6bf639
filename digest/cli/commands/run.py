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
@click.option(
    "--enqueue", is_flag=True, help="Leave the sending to `digest worker` (needs PostgreSQL)."
)
@click.option("--skip-bad-rows", is_flag=True, help="Leave out list rows with errors.")
@accept_option
@json_option
@pass_desk
def command(
    desk: Desk,
    date_text: str | None,
    to: tuple[str, ...],
    dry_run: bool,
    enqueue: bool,
    skip_bad_rows: bool,
    accept_list_change: bool,
    as_json: bool,
) -> int:
    """Do everything that is due: collect, compose, send; take up what was left.

    Safe to repeat: nobody gets an edition twice. Silent when all is well.
    """
    from digest.app.day import enqueue_day, run_day
    from digest.cli.cluster import open_queue
    from digest.cli.reports import tell_day
    from digest.cli.watch import TerminalWatch

    orders = orders_of(to, skip_bad_rows, accept_list_change)
    after = desk.config.edition.compose_after
    local = desk.clock().astimezone(desk.house.zone)
    early = date_text is None and after is not None and local.time() < after
    if dry_run:
        from digest.cli.plans import tell_plan

        return tell_plan(desk.house, desk.key(date_text), orders, as_json=as_json)
    day = desk.day(date_text)
    with TerminalWatch() as watch:
        if enqueue:
            queue = open_queue(desk.house)
            report = enqueue_day(desk.house, day, watch, queue, compose=not early, orders=orders)
        else:
            report = run_day(desk.house, day, watch, compose=not early, orders=orders)
    return tell_day(desk.house, report, as_json=as_json)
