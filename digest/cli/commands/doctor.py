"""`digest doctor`: what is wrong before it goes wrong."""

from __future__ import annotations

from dataclasses import replace

import click

from digest.cli.desk import Desk, json_option, pass_desk, show, show_json
from digest.cli.voice import VOICE

_SIGNS = {True: "ok  ", False: "FAIL", None: "note"}


@click.command("doctor")
@click.option("--offline", is_flag=True, help="Leave out what is on the network.")
@json_option
@pass_desk
def command(desk: Desk, offline: bool, as_json: bool) -> int:
    """Check config, lists, state, sources, mail server, site and bounces; mails nobody."""
    from digest.app.doctor import examine

    findings = []
    for each in examine(desk.house, network=not offline):
        # A server may repeat what it was told.
        finding = replace(each, words=VOICE.secrets.hide(each.words))
        findings.append(finding)
        if not as_json:
            show(f"{_SIGNS[finding.ok]}  {finding.about:<10} {finding.words}")
    if as_json:
        show_json([{"about": f.about, "ok": f.ok, "words": f.words} for f in findings])
    return 1 if any(finding.ok is False for finding in findings) else 0
