"""`digest collect`: the day's papers from every source."""

from __future__ import annotations

import click

from digest.cli.desk import Desk, count, day_option, json_option, note, pass_desk, show, show_json
from digest.errors import NothingFresh


@click.command("collect")
@day_option
@json_option
@pass_desk
def command(desk: Desk, date_text: str | None, as_json: bool) -> int:
    """Fetch the day's papers and say what each source is worth; nothing is kept but the cache."""
    from digest.app.compose import collect_papers, why_not
    from digest.cli.watch import describe
    from digest.editorial.decide import DecisionKind, decide
    from digest.editorial.identity import merge_papers
    from digest.model.document import paper_to_document, report_to_document

    day = desk.day(date_text)
    collection = collect_papers(desk.house, day)
    papers = merge_papers(collection.papers)
    if as_json:
        show_json(
            {
                "date": str(day),
                "verdicts": [report_to_document(r) for r in collection.reports],
                "papers": [paper_to_document(p) for p in papers],
            }
        )
    else:
        for paper in papers:
            show(f"{paper.id}\t{paper.title}")
    for report in collection.reports:
        note(describe(report))
    note(f"{count(len(collection.papers), 'paper')} given, {len(papers)} of them different")
    decision = decide(collection.reports, desk.config.edition)
    if decision.kind is DecisionKind.LATER:
        raise NothingFresh(f"no edition of {day} yet: {why_not(collection.reports)}")
    return 0
