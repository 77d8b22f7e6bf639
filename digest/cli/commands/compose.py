"""`digest compose`: make the day's edition."""

from __future__ import annotations

import click

from digest.cli.desk import Desk, date_option, json_option, note, pass_desk, show, show_json
from digest.errors import NothingFresh


@click.command("compose")
@date_option
@click.option("--refresh", is_flag=True, help="Compose anew, although the archive has it.")
@click.option("--explain", is_flag=True, help="Say why each paper stands where it does.")
@json_option
@pass_desk
def command(desk: Desk, date_text: str | None, refresh: bool, explain: bool, as_json: bool) -> int:
    """Make the edition and keep it in the archive; a second time shows the kept one."""
    from digest.app.compose import compose_day, compose_week, why_not
    from digest.cli.outline import show_outline
    from digest.cli.watch import describe
    from digest.editorial.decide import DecisionKind
    from digest.editorial.explain import explain_edition
    from digest.model.document import edition_to_document

    key = desk.key(date_text)
    if key.is_weekly:
        edition = compose_week(desk.house, key.days()[-1])
        if edition is None:
            raise NothingFresh(f"the archive has no edition of week {key} to choose from")
        decision = None
    else:
        with_reports = compose_day(
            desk.house, key.day(), refresh=refresh, on_report=lambda report: note(describe(report))
        )
        edition, decision = with_reports.edition, with_reports.decision
        if with_reports.reused:
            note(f"{decision.reason} since {edition.created_at:%Y-%m-%d %H:%M} UTC")
    if as_json:
        show_json(edition_to_document(edition))
    elif explain:
        for line in explain_edition(edition):
            show(line)
    else:
        show_outline(edition)
    if decision is None or decision.kind is DecisionKind.SEND:
        return 0
    if decision.kind is DecisionKind.LATER:
        raise NothingFresh(f"no edition of {key} yet: {why_not(edition.verdicts)}")
    note(f"no edition of {key}: {decision.reason}")
    return 0
