"""`digest status`: what happened to an edition's letters."""

from __future__ import annotations

import csv
import json
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click

from digest.cli.desk import Desk, count, date_option, json_option, note, pass_desk, show
from digest.cli.voice import VOICE
from digest.errors import UsageError

if TYPE_CHECKING:
    from digest.model import EmailAddress
    from digest.storage.breakdown import Group
    from digest.storage.census import DeliveryRow
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
    "reader_id",
)
#: What begins a formula; East Asian spreadsheets take the full-width signs as well.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_GROUPS_SHOWN = 20


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
@click.option("--domain", "domain_text", metavar="DOMAIN", help="Only the readers of this domain.")
@click.option("--reader", "reader_text", metavar="EMAIL", help="One reader, with her name in logs.")
@click.option(
    "--by",
    type=click.Choice(["domain", "theme", "reply"]),
    help="Add up by domain, by choice of themes, or by what the relay said.",
)
@click.option("--csv", "as_csv", is_flag=True, help="Print the listed readers as CSV.")
@click.option("--out", type=click.Path(path_type=Path), help="Write the CSV to this file.")
@json_option
@pass_desk
def command(
    desk: Desk,
    date_text: str | None,
    states: tuple[str, ...],
    undelivered: bool,
    unknown: bool,
    domain_text: str | None,
    reader_text: str | None,
    by: str | None,
    as_csv: bool,
    out: Path | None,
    as_json: bool,
) -> int:
    """How many letters of an edition were sent, and who did not get one."""
    from digest.cli.campaign import campaign_facts, campaign_lines
    from digest.cli.reports import counts_line, edition_counts
    from digest.storage.states import State

    as_csv = as_csv or out is not None
    wanted = [_state(text) for text in states]
    wanted += [State.UNKNOWN, State.DATA] if unknown else []
    if undelivered:
        wanted = [state for state in State if state is not State.SENT]
    elif not wanted and (as_csv or reader_text or by):
        wanted = list(State)
    domain = _address(f"x@{domain_text}", "--domain").domain if domain_text else ""
    reader = _address(reader_text, "--reader") if reader_text else None
    house, key = desk.house, desk.key(date_text)
    if not house.has_state:
        note(f"nothing has been done yet: {house.place} holds no state")
        wanted = []
    groups: list[Group] | None = None
    found: Iterable[DeliveryRow] = ()
    if wanted and by:
        groups = _groups(desk, date_text, by, wanted, domain)
    elif wanted:
        from digest.storage.census import rows

        found = rows(house.database, key, wanted, domain=domain, address=reader)
    if as_csv:
        with _place(out) as file:
            _write_csv(file, _group_table(groups) if groups is not None else _table(found))
        return 0
    facts = edition_counts(house, key, domain) | ({"domain": domain} if domain else {})
    left = facts["pending"] + facts["in_flight"] + facts["deferred"]
    campaign = {} if domain else campaign_facts(house, key, left)
    facts |= campaign
    if as_json:
        if groups is not None:
            facts |= {"by": by, "groups": [_document(group) for group in groups]}
        _write_json(facts, found if wanted and not by else None)
        return 0
    show(counts_line(facts) if facts["frozen_at"] else f"{key}: nothing planned or sent")
    for line in (*campaign_lines(campaign, left), *_group_lines(groups or ())):
        show(line)
    for row in found:
        why = f"{row.code or ''} {VOICE.secrets.hide(row.words)}".split()
        name = f"\t{row.reader_id}" if reader else ""
        sys.stdout.write(f"  {row.address}\t{row.state}{name}\t{' '.join(why)}\n")
    return 0


def _groups(
    desk: Desk, date_text: str | None, by: str, wanted: list[State], domain: str
) -> list[Group]:
    from dataclasses import replace

    from digest.cli.labels import segment_labels
    from digest.storage.breakdown import by_domain, by_reply, by_segment

    key, database = desk.key(date_text), desk.house.database
    if by == "theme":
        label = segment_labels(database, key)
        found = by_segment(database, key, wanted, domain)
        return [replace(group, name=label(group.name)) for group in found]
    return (by_domain if by == "domain" else by_reply)(database, key, wanted, domain)


def _group_lines(groups: Iterable[Group]) -> Iterator[str]:
    groups = list(groups)
    for group in groups[:_GROUPS_SHOWN]:
        counts = ", ".join(f"{n:,} {state}" for state, n in group.states.most_common())
        words = f": {VOICE.secrets.hide(group.words)}" if group.words else ""
        yield f"  {group.name}\t{counts}{words}"
    if rest := groups[_GROUPS_SHOWN:]:
        letters = sum(group.total for group in rest)
        yield f"  and {count(len(rest), 'group')} more with {count(letters, 'reader')}; see --csv"


def _document(group: Group) -> dict[str, Any]:
    words = {"words": VOICE.secrets.hide(group.words)} if group.words else {}
    return {"name": group.name, "total": group.total} | dict(group.states) | words


def _state(text: str) -> State:
    from digest.storage.states import State

    try:
        return State(text)
    except ValueError:
        known = ", ".join(State)
        raise click.BadParameter(f"{text} is none of {known}", param_hint="--state") from None


def _address(text: str, option: str) -> EmailAddress:
    from digest.model import EmailAddress

    try:
        return EmailAddress.parse(text)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint=option) from None


def _table(found: Iterable[DeliveryRow]) -> Iterator[list[object]]:
    yield [*_COLUMNS]
    for row in found:
        yield [_value(row, name) for name in _COLUMNS]


def _group_table(groups: Iterable[Group]) -> Iterator[list[object]]:
    from digest.storage.states import State

    yield ["name", "total", *State, "words"]
    for group in groups:
        yield [
            group.name,
            group.total,
            *(group.states[state] for state in State),
            VOICE.secrets.hide(group.words),
        ]


def _write_csv(file: TextIO, table: Iterable[list[object]]) -> None:
    csv.writer(file).writerows([_cell(value) for value in row] for row in table)


def _write_json(facts: dict[str, Any], found: Iterable[DeliveryRow] | None) -> None:
    """The facts as JSON, the readers one a line as they come: a million fit no memory."""
    text = json.dumps(facts, ensure_ascii=False, indent=2, default=str)
    out = sys.stdout
    if found is None:
        out.write(f"{text}\n")
        return
    out.write(f'{text.removesuffix("}").rstrip()},\n  "readers": [')
    comma = ""
    for row in found:
        reader = {name: _plain(_value(row, name)) for name in _COLUMNS}
        out.write(f"{comma}\n    {json.dumps(reader, ensure_ascii=False)}")
        comma = ","
    out.write("\n  ]\n}\n")


@contextmanager
def _place(out: Path | None) -> Iterator[TextIO]:
    """stdout, or a file that only its owner reads: it appears when it is whole.

    Raises:
        UsageError: it cannot be written.
    """
    if out is None:
        yield sys.stdout
        return
    partial = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        with open(os.open(partial, flags, 0o600), "w", encoding="utf-8", newline="") as file:
            yield file
        partial.replace(out)
    except OSError as error:
        raise UsageError(f"--out {out}: cannot be written: {error.strerror}") from None
    finally:
        with suppress(OSError):
            partial.unlink()


def _value(row: DeliveryRow, name: str) -> object:
    """A column; words are a server's, which may echo what it was told."""
    return VOICE.secrets.hide(row.words) if name == "words" else getattr(row, name)


def _plain(value: object) -> object:
    return value.isoformat() if hasattr(value, "isoformat") else value


def _cell(value: object) -> str:
    """A spreadsheet must not run what a server or a reader wrote (CSV injection)."""
    text = "" if value is None else str(_plain(value))
    return f"'{text}" if text.startswith(_FORMULA) or text.lstrip().startswith(_FORMULA) else text
