"""`digest subscribers suppressed`: who is never mailed."""

from __future__ import annotations

import click

from digest.cli.desk import Desk, json_option, pass_desk, show, show_json


@click.command("suppressed")
@json_option
@pass_desk
def command(desk: Desk, as_json: bool) -> int:
    """Who is never mailed: since when, and why."""
    from digest.storage.suppressions import list_suppressions

    found = list_suppressions(desk.house.database) if desk.house.has_state else ()
    if as_json:
        keys = ("address", "kind", "reason", "source")
        told = [{k: getattr(s, k) for k in keys} | {"at": s.at.isoformat()} for s in found]
        show_json(told)
        return 0
    for each in found:
        who = each.address or f"reader {each.reader_id}"
        show(f"{who}\t{each.at:%Y-%m-%d}\t{each.kind}\t{each.reason}\t{each.source}")
    return 0
