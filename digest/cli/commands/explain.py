"""`digest explain`: everything that decided about a paper."""

from __future__ import annotations

import click

from digest.cli.desk import Desk, date_option, json_option, pass_desk, show, show_json
from digest.errors import UsageError


@click.command("explain")
@click.argument("paper_id")
@date_option
@click.option("--as", "reader", metavar="EMAIL", help="Whether and why this subscriber gets it.")
@json_option
@pass_desk
def command(
    desk: Desk, paper_id: str, date_text: str | None, reader: str | None, as_json: bool
) -> int:
    """Show what decided about PAPER_ID in an edition, and for one reader.

    PAPER_ID is such as arxiv:2606.00467, 2606.00467, a DOI, or an address on arXiv or Hugging Face;
    for a paper that has none of these, its own address.
    """
    from digest.app.compose import require_kept
    from digest.app.explain import explain
    from digest.app.named_reader import find_reader

    edition = require_kept(desk.house, desk.key(date_text))
    subscriber = find_reader(desk.house, reader) if reader else None
    found = explain(desk.house, edition, paper_id, subscriber)
    if as_json:
        show_json(found.facts)
    elif not found.known:
        first, *reasons = (line.strip() for line in found.lines)
        raise UsageError(f"{first}: {'; '.join(reasons)}")
    else:
        for line in found.lines:
            show(line)
    return 0 if found.known else 2
