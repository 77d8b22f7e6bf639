"""`digest preview`: an edition as a reader would get it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from digest.cli.desk import Desk, date_option, json_option, note, pass_desk, show, show_json
from digest.errors import NothingFresh, UsageError

if TYPE_CHECKING:
    from digest.app.proof_sheet import ProofSheet
    from digest.model import Edition, EditionKey

LAST_PORT = 65_535


@click.command("preview")
@date_option
@click.option("--as", "reader", metavar="EMAIL", help="As this subscriber would get it.")
@click.option("--out", type=click.Path(path_type=Path), help="Folder for the files.")
@click.option("--to", "to", metavar="EMAIL", help='Send it there, with "[Preview]" before it.')
@click.option("--open", "open_it", is_flag=True, help="Show it all side by side in the browser.")
@click.option(
    "--watch",
    is_flag=True,
    help="The same, anew whenever a template is saved. Goes with --date, --as, --open and --port.",
)
@click.option(
    "--port",
    type=int,
    metavar="1-65535",
    help="The port of --watch on this machine; else any free one.",
)
@click.option("--sizes", is_flag=True, help="Print bytes by kind of block, and what was shortened.")
@click.option("--screenshots", is_flag=True, help="Pictures: desktop and phone, light and dark.")
@click.option("--check", is_flag=True, help="Exit 1, and send nothing, if the letter has an error.")
@json_option
@pass_desk
def command(
    desk: Desk,
    date_text: str | None,
    reader: str | None,
    out: Path | None,
    to: str | None,
    open_it: bool,
    watch: bool,
    port: int | None,
    sizes: bool,
    screenshots: bool,
    check: bool,
    as_json: bool,
) -> int:
    """See an edition as one reader gets it, with its sizes and what a local check finds.

    Writes letter.html, letter.txt, letter.eml, and index.html with all of them side by side; or
    sends it to one address. The ledger is not touched: a preview is not a mailing.
    """
    if watch and (to or out or sizes or screenshots or check or as_json):
        raise UsageError("--watch goes with --date, --as, --open and --port alone")
    if port is not None and not watch:
        raise UsageError(f"--port {port}: only --watch serves a page")
    if port is not None and not 1 <= port <= LAST_PORT:
        raise UsageError(f"--port {port}: a port is 1 to {LAST_PORT}; without --port any free one")
    if screenshots:
        from digest.web.devtools import find_browser

        find_browser(os.environ)  # before sources are asked
    edition = _edition(desk, desk.key(date_text))
    if edition is None:
        return 0
    if watch:
        from digest.cli.preview_watch import watch_preview

        return watch_preview(desk, edition, reader, port=port or 0, open_it=open_it)
    from digest.app.named_reader import find_reader
    from digest.app.preview import send_preview
    from digest.app.proof_sheet import facts_of, make_sheet
    from digest.app.words import missing_words
    from digest.cli.proofs import sheet_lines, sizes_table

    house = desk.house
    subscriber = find_reader(house, reader) if reader else None
    sheet = make_sheet(house, edition, reader=subscriber, to=to)
    facts = facts_of(sheet)
    if sheet.preview.frozen:
        note(f"edition {edition.key} is frozen: this is what is mailed")
    elif lack := missing_words(house):
        note(lack)
    failed = check and sheet.errors > 0
    if to and not failed:
        outcome = send_preview(house, sheet.preview)
        note(f"sent to {to} by {outcome.relay or house.config.delivery.transport}")
    files: tuple[Path, ...] = ()
    if out or open_it or screenshots or not to:
        folder = out or house.config.state_dir / "preview" / str(edition.key)
        files = _write(sheet, folder, os.environ if screenshots else None)
        facts["files"] = list(map(str, files))
        if open_it and click.launch(page := str(folder / "index.html")) != 0:
            note(f"no browser here: open {page}")
    if as_json:
        show_json(facts)
    else:
        for line in sheet_lines(sheet):
            note(line)
        for line in sizes_table(sheet) if sizes else map(str, files):
            show(line)
    for finding in sheet.findings:
        note(str(finding))
    return 1 if failed else 0


def _write(sheet: ProofSheet, folder: Path, browser: Mapping[str, str] | None) -> tuple[Path, ...]:
    """The files of a sheet; with pictures, if there is an environment to find a browser in."""
    from digest.app.preview import FILES, clear_folder, write_files, write_folder
    from digest.web.pictures import NAMES, take_pictures
    from digest.web.preview_page import NAME, preview_page

    if browser is not None and not sheet.preview.html:
        raise UsageError("--screenshots: this reader gets text only")
    files = write_files(sheet.preview, folder)
    files += write_folder(folder, {NAME: preview_page(sheet).encode()})
    if browser is not None:
        files += write_folder(folder, take_pictures(folder / "letter.html", browser))
    written = {path.name for path in files}
    clear_folder(folder, (name for name in (*FILES, *NAMES) if name not in written))
    return files


def _edition(desk: Desk, key: EditionKey) -> Edition | None:
    """The edition, composed if need be; None: there is rightly none."""
    from digest.app.compose import compose_day, require_week, why_not
    from digest.cli.watch import describe
    from digest.editorial.decide import DecisionKind

    if key.is_weekly:
        return require_week(desk.house, key)
    composed = compose_day(desk.house, key.day(), on_report=lambda r: note(describe(r)))
    if composed.edition.papers:
        return composed.edition
    if composed.decision.kind is DecisionKind.LATER:
        raise NothingFresh(f"no edition of {key} yet: {why_not(composed.edition.verdicts)}")
    note(f"no edition of {key}: {composed.decision.reason}")
    return None
