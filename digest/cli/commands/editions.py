"""`digest editions`: the archive."""

from __future__ import annotations

from pathlib import Path

import click

from digest.cli.desk import Desk, json_option, note, pass_desk, show, show_json


@click.group("editions")
def command() -> None:
    """List, show or export the editions in the archive."""


@command.command("list")
@json_option
@pass_desk
def list_command(desk: Desk, as_json: bool) -> int:
    """All editions, newest first."""
    from digest.storage.archive import list_editions

    found = list_editions(desk.house.database)
    if as_json:
        show_json(
            [
                {
                    "edition": str(each.key),
                    "date": str(each.date),
                    "created_at": each.created_at.isoformat(),
                    "frozen": each.frozen,
                }
                for each in found
            ]
        )
        return 0
    for each in found:
        frozen = "frozen" if each.frozen else "composed"
        show(f"{each.key}\t{each.created_at:%Y-%m-%d %H:%M}\t{frozen}")
    if not found:
        note("the archive is empty; `digest compose` makes the first edition")
    return 0


@command.command("show")
@click.argument("edition")
@json_option
@pass_desk
def show_command(desk: Desk, edition: str, as_json: bool) -> int:
    """One edition: its themes and papers."""
    from digest.app.compose import require_kept
    from digest.cli.outline import show_outline
    from digest.model.document import edition_to_document

    kept = require_kept(desk.house, desk.key(edition))
    if as_json:
        show_json(edition_to_document(kept))
    else:
        show_outline(kept)
    return 0


@command.command("export")
@click.argument("edition")
@click.option("--out", type=click.Path(path_type=Path), help="The folder; one is made if missing.")
@pass_desk
def export_command(desk: Desk, edition: str, out: Path | None) -> int:
    """Write an edition as JSON, HTML and text: what a web page needs."""
    import json

    from digest.app.compose import require_kept
    from digest.app.preview import preview_letter, write_files
    from digest.model.document import edition_to_document
    from digest.storage.atomic import save_file

    key = desk.key(edition)
    kept = require_kept(desk.house, key)
    folder = out or Path(f"edition-{key}")
    files = write_files(preview_letter(desk.house, kept), folder)
    text = json.dumps(edition_to_document(kept), ensure_ascii=False, indent=2)
    save_file(folder / "edition.json", text.encode())
    for path in (*files, folder / "edition.json"):
        show(str(path))
    return 0
