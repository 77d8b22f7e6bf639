"""`digest status`: what happened to an edition's letters."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from digest.cli.desk import Desk, date_option, json_option, note, pass_desk, show, show_json

if TYPE_CHECKING:
    from digest.storage.states import State

_COLUMNS = (
    "address",
    "name",
    "state",
    "attempt",
    "due_at",
    "retry_at",
    "stage",
    "code",
    "enhanced",
    "words",
    "relay",
    "updated_at",
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@click.command("status")
@date_option
@click.option(
    "--state",
    "states",
    multiple=True,
    metavar="STATE",
    help="List the readers in this state (pending, sent, deferred, rejected, unknown, ...).",
)
@click.option("--undelivered", is_flag=True, help="List everyone who did not get it, and why.")
@click.option("--unknown", is_flag=True, help="List the letters whose end nobody knows.")
@click.option("--csv", "as_csv", is_flag=True, help="Print the listed readers as CSV.")
@json_option
@pass_desk
def command(
    desk: Desk,
    date_text: str | None,
    states: tuple[str, ...],
    undelivered: bool,
    unknown: bool,
    as_csv: bool,
    as_json: bool,
) -> int:
    """How many letters of an edition were sent, and who did not get one."""
    from digest.cli.reports import counts_line, edition_counts
    from digest.storage.census import DeliveryRow, rows
    from digest.storage.states import State

    wanted = [_state(text) for text in states]
    wanted += [State.UNKNOWN, State.DATA] if unknown else []
    if undelivered or (as_csv and not wanted):
        wanted = [state for state in State if not undelivered or state is not State.SENT]
    house, key = desk.house, desk.key(date_text)
    if not house.has_state:
        note(f"nothing has been done yet: {house.config.state_dir} holds no state")
        wanted = []
    facts = edition_counts(house, key)
    found: Iterable[DeliveryRow] = rows(house.database, key, wanted) if wanted else ()
    if as_csv:
        writer = csv.writer(sys.stdout)
        writer.writerow(_COLUMNS)
        writer.writerows([_cell(getattr(row, name)) for name in _COLUMNS] for row in found)
        return 0
    if as_json:
        listed = [{name: _plain(getattr(row, name)) for name in _COLUMNS} for row in found]
        show_json(facts | ({"readers": listed} if wanted else {}))
        return 0
    show(counts_line(facts) if facts["frozen_at"] else f"{key}: nothing planned or sent")
    for row in found:
        why = f"{row.code or ''} {row.words}".split()
        show(f"  {row.address}\t{row.state}\t{' '.join(why)}")
    return 0


def _state(text: str) -> State:
    from digest.storage.states import State

    try:
        return State(text)
    except ValueError:
        known = ", ".join(State)
        raise click.BadParameter(f"{text} is none of {known}", param_hint="--state") from None


def _plain(value: object) -> object:
    return value.isoformat() if hasattr(value, "isoformat") else value


def _cell(value: object) -> str:
    """A spreadsheet must not run what a server or a reader wrote (CSV injection)."""
    text = "" if value is None else str(_plain(value))
    return f"'{text}" if text.startswith(_FORMULA) else text
