"""`digest worker`: deliver what `run --enqueue` has planned."""

from __future__ import annotations

import click

from digest.cli.desk import Desk, pass_desk


@click.command("worker")
@click.option("--once", is_flag=True, help="End when no batch is due (for cron).")
@pass_desk
def command(desk: Desk, once: bool) -> int:
    """Take batches of the queue and deliver them, as any number of workers on any machine do.

    Runs until SIGTERM, SIGINT or SIGHUP: letters under way finish, the rest goes back to the
    queue. Needs the planner's signing key, but neither lists nor templates.
    """
    from digest.cli.cluster import require_cluster

    require_cluster(desk.house, "worker")
    from digest.cli.watch import TerminalWatch
    from digest.cluster.worker import work

    with TerminalWatch(every_letter=False) as watch:
        return work(desk.house, watch.on_outcome, once=once)
