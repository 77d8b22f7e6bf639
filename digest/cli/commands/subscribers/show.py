"""`digest subscribers show`: everything that is known of one reader."""

from __future__ import annotations

from typing import Any

import click

from digest.app.named_reader import parse_address
from digest.cli.desk import Desk, json_option, note, pass_desk, show, show_json
from digest.cli.readers import reader_document, reader_state
from digest.cli.voice import VOICE
from digest.errors import UsageError
from digest.model import EmailAddress, Subscriber

_LETTERS = 5


@click.command("show")
@click.argument("email")
@json_option
@pass_desk
def command(desk: Desk, email: str, as_json: bool) -> int:
    """One reader: where she stands, what she chose, why she is suppressed, her last letters."""
    from digest.app.suppressed import suppressions_of

    address = parse_address(email, "address")
    rows = _rows(desk, address)
    suppressions = suppressions_of(desk.house, address)
    letters = _letters(desk, address)
    if not rows and not suppressions and not letters:
        raise UsageError(f"{address} is on none of the lists, and nothing is known of it")
    barred = [
        {key: str(getattr(each, key)) for key in ("kind", "reason", "source")}
        | {"at": each.at.isoformat()}
        for each in suppressions
    ]
    if as_json:
        readers = [reader_document(row, suppressed=bool(barred)) for row in rows]
        known = {"email": str(address), "rows": readers, "suppressions": barred}
        show_json(known | {"letters": letters})
        return 0
    show(str(address))
    for number, row in enumerate(rows):
        state = reader_state(row, desk.today(), suppressed=bool(barred))
        show(f"list\t{row.file}:{row.line}\t{state if not number else 'an earlier row counts'}")
        for name, value in _choices(row):
            show(f"{name}\t{value}")
    if not rows:
        show("list\ton none of the lists")
    for each in barred:
        by = f"{each['reason']} ({each['kind']}, {each['source']})"
        show(f"suppressed\t{each['at'][:10]}\t{by}")
    for letter in letters:
        why = VOICE.secrets.hide(f"{letter['code'] or ''} {letter['words']}".strip())
        show(f"letter\t{letter['edition']}\t{letter['state']}\t{why}".rstrip("\t"))
    return 0


def _rows(desk: Desk, address: EmailAddress) -> list[Subscriber]:
    """Every row with her address, the one that counts first; one a list is enough to know."""
    from digest.errors import ListError
    from digest.storage.lists.files import find_lists
    from digest.storage.lists.reading import ListReading

    found: list[Subscriber] = []
    for file in find_lists(desk.config)[0]:
        hers = (each for each in ListReading([file]) if each.address.key == address.key)
        try:
            found.extend(hers)  # keeps what came before the list's problems are told
        except ListError:
            note(f"{file.shown} has problems: digest subscribers check {file.shown}")
    return found


def _choices(reader: Subscriber) -> list[tuple[str, str]]:
    from digest.storage.lists.comparing import as_fields

    chosen = as_fields(reader)
    chosen.setdefault("frequency", str(reader.frequency))
    return [(name, text) for name, text in chosen.items() if name != "email"]


def _letters(desk: Desk, address: EmailAddress) -> list[dict[str, Any]]:
    from digest.storage.last_letters import last_letters

    if not desk.house.has_state:
        return []
    return [each._asdict() for each in last_letters(desk.house.database, address, _LETTERS)]
