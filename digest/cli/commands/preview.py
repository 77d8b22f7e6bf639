"""`digest preview`: an edition as a reader would get it."""

from __future__ import annotations

from pathlib import Path

import click

from digest.cli.desk import Desk, date_option, json_option, note, pass_desk, show, show_json
from digest.errors import NothingFresh


@click.command("preview")
@date_option
@click.option("--as", "reader", metavar="EMAIL", help="As this subscriber would get it.")
@click.option("--out", type=click.Path(path_type=Path), help="Folder for the files.")
@click.option("--to", "to", metavar="EMAIL", help='Send it there, with "[Preview]" before it.')
@click.option("--open", "open_it", is_flag=True, help="Show the HTML in the browser.")
@json_option
@pass_desk
def command(
    desk: Desk,
    date_text: str | None,
    reader: str | None,
    out: Path | None,
    to: str | None,
    open_it: bool,
    as_json: bool,
) -> int:
    """Write letter.html, letter.txt and letter.eml, or send them to one address.

    The ledger is not touched: a preview is not a mailing.
    """
    from digest.app.compose import compose_day, require_kept, why_not
    from digest.app.preview import find_reader, preview_letter, send_preview, write_files
    from digest.cli.watch import describe
    from digest.editorial.decide import DecisionKind

    house, key = desk.house, desk.key(date_text)
    if key.is_weekly:
        edition = require_kept(house, key)
    else:
        composed = compose_day(house, key.day(), on_report=lambda report: note(describe(report)))
        edition = composed.edition
        if not edition.papers:
            if composed.decision.kind is DecisionKind.LATER:
                raise NothingFresh(f"no edition of {key} yet: {why_not(edition.verdicts)}")
            note(f"no edition of {key}: {composed.decision.reason}")
            return 0
    subscriber = find_reader(house, reader) if reader else None
    preview = preview_letter(house, edition, reader=subscriber, to=to)
    facts = {
        "edition": str(key),
        "subject": preview.subject,
        "papers": preview.papers,
        "html_bytes": len(preview.html.encode()),
        "text_bytes": len(preview.text.encode()),
        "letter_bytes": len(preview.letter.content),
        "shortened": str(preview.shortened),
    }
    if to:
        outcome = send_preview(house, preview)
        note(f"sent to {to} by {outcome.relay or house.config.delivery.transport}")
    if out or open_it or not to:
        folder = out or house.config.state_dir / "preview" / str(key)
        files = write_files(preview, folder)
        facts["files"] = [str(path) for path in files]
        if open_it:
            click.launch(str(folder / ("letter.html" if preview.html else "letter.txt")))
    _print(facts, as_json=as_json)
    return 0


def _print(facts: dict[str, object], *, as_json: bool) -> None:
    if as_json:
        show_json(facts)
        return
    files = facts.pop("files", [])
    for name, value in facts.items():
        note(f"{name.replace('_', ' ')}: {value}")
    for path in files if isinstance(files, list) else []:
        show(path)
