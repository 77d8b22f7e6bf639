"""`digest explain`: why a paper stands where it does."""

from __future__ import annotations

import click

from digest.cli.desk import Desk, date_option, pass_desk, show
from digest.errors import UsageError


@click.command("explain")
@click.argument("paper_id")
@date_option
@pass_desk
def command(desk: Desk, paper_id: str, date_text: str | None) -> int:
    """Show what decided about PAPER_ID (such as arxiv:2606.00467) in an edition."""
    from digest.app.compose import require_kept
    from digest.editorial.explain import explain_paper

    edition = require_kept(desk.house, desk.key(date_text))
    lines = explain_paper(edition, paper_id)
    if not lines:
        raise UsageError(f"edition {edition.key} has no paper {paper_id}")
    for line in lines:
        show(line)
    return 0
