"""`digest subscribers import`: readers from other programs' files."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from digest.cli.commands.subscribers._shared import place_of, warn_unlisted
from digest.cli.desk import Desk, count, json_option, note, pass_desk, show_json
from digest.errors import Problem

if TYPE_CHECKING:
    from digest.app.exchange import Done, Import

_FORMATS = [
    *("auto", "csv", "xlsx", "vcard", "yaml"),
    *("mailchimp", "listmonk", "substack", "google-groups"),
]
_MOST_TOLD = 20
_SHOWN = 8
_MEANING = {
    "new": "to be added",
    "known": "on a list already",
    "suppressed": "suppressed here, never brought back",
    "left": "not subscribed there, never brought back",
    "invalid": "told above",
    "duplicate": "once more in the files",
}


@click.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--list", "target", type=click.Path(path_type=Path), help="Which file; else the first."
)
@click.option("--format", "format_", type=click.Choice(_FORMATS), default="auto", show_default=True)
@click.option(
    "--column", "columns", multiple=True, metavar="THEIRS=OURS", help="A column's field; or none."
)
@click.option("--tag", "tags", multiple=True, help="A tag for every reader who is imported.")
@click.option("--update", is_flag=True, help="Change known readers to what the files say.")
@click.option("--dry-run", is_flag=True, help="Show what would be done, and stop.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@pass_desk
def command(desk: Desk, /, files: tuple[Path, ...], **options: Any) -> int:
    """Take readers from CSV, Excel, vCards, or an export of Mailchimp, listmonk, Substack or
    Google Groups. Nobody who left is ever brought back.
    """
    from digest.app.exchange import carry_out, prepare_import
    from digest.storage.lists.exchange.columns import TARGETS
    from digest.storage.lists.exchange.foreign import Format, parse_columns
    from digest.storage.lists.exchange.plan import Fate

    prepared = prepare_import(
        desk.house,
        files,
        target=place_of(desk, options["target"]) if options["target"] else None,
        format_=Format(options["format_"]),
        columns=parse_columns(options["columns"], TARGETS),
        tags=options["tags"],
        update=options["update"],
    )
    as_json = options["as_json"]
    if not as_json:
        _preview(prepared, update=options["update"])
    done, code = None, 0
    plan = prepared.plan
    if options["dry_run"] or not plan.does_something:
        code = 2 if plan.rows and plan.counts[Fate.INVALID] == plan.rows else 0
        if not options["dry_run"]:
            note("nothing to write")
    elif options["yes"] or _agreed(as_json):
        done = carry_out(desk.house, prepared, source=f"import of {_names(files)}")
        _tell_done(done, prepared)
        warn_unlisted(desk, prepared.target)
    elif _can_ask(as_json):
        note("nothing was written")
    else:
        note("nothing was written: there is nobody to ask; --yes does it, --dry-run only looks")
        code = 2
    if as_json:
        show_json(_document(prepared, done))
    return code


def _can_ask(as_json: bool) -> bool:
    return not as_json and sys.stdin.isatty() and sys.stderr.isatty()


def _agreed(as_json: bool) -> bool:
    return _can_ask(as_json) and click.confirm("Write this?", err=True, default=False)


def _names(files: tuple[Path, ...]) -> str:
    return ", ".join(path.name for path in files)


def _preview(prepared: Import, *, update: bool) -> None:
    from digest.cli.import_table import show_table

    plan = prepared.plan
    for file in prepared.files:
        note(f"{file.shown}: {count(len(file.rows), 'row')}, read as {file.format}")
    errors = [problem for problem in plan.problems if not problem.warning]
    warnings = [problem for problem in plan.problems if problem.warning]
    _tell(errors)
    _tell(warnings)
    if plan.new:
        show_table(plan.new[:_SHOWN], more=len(plan.new) - _SHOWN)
    note(f"{count(plan.rows, 'row')}, for {prepared.shown}:")
    for fate, number in plan.counts.items():
        if number or fate == "new":
            note(f"  {number:>9,} {fate}: {_MEANING[fate]}{_changes(prepared, fate, update)}")


def _changes(prepared: Import, fate: str, update: bool) -> str:
    if fate == "left":
        return f"; {len(prepared.plan.departures):,} to be suppressed"
    if fate != "known":
        return ""
    if update:
        return f"; {len(prepared.plan.changes):,} to be changed"
    return ", left as they are (--update changes them)"


def _tell(problems: list[Problem]) -> None:
    for problem in problems[:_MOST_TOLD]:
        note(str(problem))
    if len(problems) > _MOST_TOLD:
        note(f"... and {len(problems) - _MOST_TOLD:,} more; --json tells all")


def _tell_done(done: Done, prepared: Import) -> None:
    note(f"{count(done.added, 'reader')} added to {prepared.shown}")
    if done.changed:
        note(f"{count(done.changed, 'reader')} changed")
    if done.suppressed:
        addresses = "address" if done.suppressed == 1 else "addresses"
        note(f"{done.suppressed:,} {addresses} suppressed, for they left there")


def _document(prepared: Import, done: Done | None) -> dict[str, Any]:
    plan = prepared.plan
    keys = ("file", "line", "column", "key", "what", "mend", "warning")
    return {
        "list": prepared.shown,
        "files": [
            {"file": f.shown, "format": str(f.format), "rows": len(f.rows)} for f in prepared.files
        ],
        "rows": plan.rows,
        **{str(fate): number for fate, number in plan.counts.items()},
        "readers": [dict(row) for row in plan.new],
        "changes": [{"email": str(c.address), **c.fields} for c in plan.changes],
        "departures": [
            {"email": str(d.address), "kind": str(d.cause), "reason": d.reason}
            for d in plan.departures
        ],
        "problems": [{key: getattr(p, key) for key in keys} for p in plan.problems],
        "written": done is not None,
    }
