"""`digest subscribers`: the lists, and who is never mailed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from digest.cli.desk import Desk, count, json_option, note, pass_desk, show, show_json
from digest.errors import UsageError

if TYPE_CHECKING:
    from digest.model import EmailAddress, Subscriber


@click.group("subscribers")
def command() -> None:
    """Look after the subscriber lists."""


@command.command("list")
@json_option
@pass_desk
def list_command(desk: Desk, as_json: bool) -> int:
    """Everyone on the lists, with what they chose."""
    from digest.storage.lists.reading import open_lists
    from digest.storage.suppressions import suppressed_keys

    barred: frozenset[str] = frozenset()
    if desk.house.has_state:
        barred, _ = suppressed_keys(desk.house.database)
    reading = open_lists(desk.config)
    if as_json:
        show_json([_document(s, suppressed=s.address.key in barred) for s in reading])
    else:
        for subscriber in reading:
            state = "suppressed" if subscriber.address.key in barred else subscriber.frequency
            show(f"{subscriber.address}\t{subscriber.name}\t{state}\t{_wishes(subscriber)}")
    for problem in reading.problems:
        note(str(problem))
    return 0


@command.command("check")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@json_option
@pass_desk
def check_command(desk: Desk, files: tuple[Path, ...], as_json: bool) -> int:
    """Read every list (or only FILES) and tell all problems at once; 2 when there is an error."""
    from digest.app.interests import Interests
    from digest.errors import ListError
    from digest.storage.lists.files import ListFile
    from digest.storage.lists.files import show as shown
    from digest.storage.lists.reading import ListReading, open_lists

    named = [ListFile(path, shown(path, desk.config.folder)) for path in files]
    check = Interests(desk.house).check
    reading = ListReading(named, check=check) if named else open_lists(desk.config, check=check)
    failed = False
    try:
        readers = sum(1 for _ in reading)
    except ListError:
        failed, readers = True, reading.accepted - reading.duplicates
    if as_json:
        keys = ("file", "line", "column", "key", "what", "mend", "warning")
        told = [{key: getattr(p, key) for key in keys} for p in reading.problems]
        show_json({"readers": readers, "rows": reading.rows, "problems": told})
    else:
        for problem in reading.problems:
            show(str(problem))
    errors = sum(1 for p in reading.problems if not p.warning)
    warnings = len(reading.problems) - errors
    note(
        f"{count(readers, 'reader')} in {count(reading.rows, 'row')};"
        f" {count(errors, 'error')}, {count(warnings, 'warning')}"
    )
    return 2 if failed else 0


@command.command("add")
@click.argument("email")
@click.option("--list", "path", type=click.Path(path_type=Path), help="Which file; else the first.")
@click.option("--name", default="")
@click.option("--theme", "themes", multiple=True, help="A theme to get; may be repeated.")
@click.option("--keyword", "keywords", multiple=True, help="A phrase to get; may be repeated.")
@click.option("--exclude", "exclude", multiple=True, help="A phrase never to get.")
@click.option("--frequency", default="", help="daily, weekdays, weekly or paused.")
@click.option("--timezone", default="", help="Such as Europe/Paris.")
@click.option("--send-at", default="", help="Her hour, as 07:30.")
@click.option("--max-papers", default="")
@click.option("--format", "format_", default="", help="html or text.")
@click.option("--tag", "tags", multiple=True)
@click.option(
    "--interest", "interests", multiple=True, help="A paper she likes, or a file of some."
)
@pass_desk
def add_command(desk: Desk, /, email: str, path: Path | None, **options: Any) -> int:
    """Add a reader to a list; the rest of the file stays as it is."""
    from digest.app.interests import Interests
    from digest.storage.lists.editing import add_subscriber
    from digest.storage.lists.files import find_lists
    from digest.storage.lists.reading import doubts_of
    from digest.storage.suppressions import is_suppressed

    address = _address(email)
    if desk.house.has_state and is_suppressed(
        desk.house.database, address, reader_id=desk.house.reader_id(address)
    ):
        raise UsageError(
            f"{address} is suppressed and would get nothing;"
            f" if she asks to come back: digest subscribers unsuppress {address}"
        )
    lists = [each.path for each in find_lists(desk.config)[0]]
    target = path or (lists[0] if lists else None)
    if target is None:
        raise UsageError("there is no list yet; name a file with --list")
    fields = {"email": email, "format": options.pop("format_")}
    for name, value in options.items():
        fields[name] = ";".join(value) if isinstance(value, tuple) else value
    given = {name: value for name, value in fields.items() if value}
    others = [each for each in lists if each.resolve() != target.resolve()]
    check = Interests(desk.house).check
    subscriber = add_subscriber(target, given, others=others, check=check)
    note(f"{subscriber.address} added to {target}")
    for interest, doubt in doubts_of(subscriber, target.parent, check):
        mend = f" ({doubt.mend})" if doubt.mend else ""
        note(f"warning: interests: {interest}: {doubt.what}{mend}")
    return 0


@command.command("remove")
@click.argument("email")
@pass_desk
def remove_command(desk: Desk, email: str) -> int:
    """Take a reader out of every list. (To never mail her again: suppress.)"""
    from digest.storage.lists.editing import remove_subscriber
    from digest.storage.lists.files import find_lists

    address = _address(email)
    removed = remove_subscriber([each.path for each in find_lists(desk.config)[0]], address)
    if not removed:
        raise UsageError(f"{address} is on none of the lists")
    for each in removed:
        note(f"{address} removed from {each.path}:{each.line}")
    return 0


@command.command("suppress")
@click.argument("email")
@click.option("--reason", default="by hand", show_default=True)
@pass_desk
def suppress_command(desk: Desk, email: str, reason: str) -> int:
    """Never mail this address again, whatever the lists say."""
    from digest.storage.suppressions import suppress_address

    address, house = _address(email), desk.house
    new = suppress_address(
        house.database, address, reason=reason, source="command line", at=house.clock()
    )
    note(f"{address} is suppressed" + ("" if new else " already"))
    return 0


@command.command("unsuppress")
@click.argument("email")
@pass_desk
def unsuppress_command(desk: Desk, email: str) -> int:
    """Let a suppressed address be mailed again, when its reader asks for it."""
    from digest.storage.suppressions import unsuppress

    address, house = _address(email), desk.house
    if not unsuppress(house.database, address, reader_ids=(house.reader_id(address),)):
        raise UsageError(f"{address} is not suppressed")
    note(f"{address} may be mailed again")
    return 0


@command.command("suppressed")
@json_option
@pass_desk
def suppressed_command(desk: Desk, as_json: bool) -> int:
    """Who is never mailed: since when, and why."""
    from digest.storage.suppressions import list_suppressions

    found = list_suppressions(desk.house.database) if desk.house.has_state else ()
    if as_json:
        keys = ("address", "reason", "source")
        told = [{k: getattr(s, k) for k in keys} | {"at": s.at.isoformat()} for s in found]
        show_json(told)
        return 0
    for each in found:
        who = each.address or f"reader {each.reader_id}"
        show(f"{who}\t{each.at:%Y-%m-%d}\t{each.reason}\t{each.source}")
    return 0


def _address(text: str) -> EmailAddress:
    from digest.app.named_reader import parse_address

    return parse_address(text, "address")


def _document(subscriber: Subscriber, *, suppressed: bool) -> dict[str, Any]:
    return {
        "email": str(subscriber.address),
        "name": subscriber.name,
        "themes": list(subscriber.themes),
        "keywords": list(subscriber.keywords),
        "exclude": list(subscriber.exclude),
        "frequency": str(subscriber.frequency),
        "timezone": subscriber.timezone,
        "send_at": f"{subscriber.send_at:%H:%M}" if subscriber.send_at else None,
        "max_papers": subscriber.max_papers,
        "format": str(subscriber.format),
        "tags": list(subscriber.tags),
        "interests": list(subscriber.interests),
        "file": subscriber.file,
        "line": subscriber.line,
        "suppressed": suppressed,
    }


def _wishes(subscriber: Subscriber) -> str:
    wishes = [*subscriber.themes, *(f'"{word}"' for word in subscriber.keywords)]
    wishes += [f"like {interest}" for interest in subscriber.interests]
    text = ", ".join(wishes) or "everything"
    if subscriber.exclude:
        text += f" without {', '.join(subscriber.exclude)}"
    return text + (f", at {subscriber.send_at:%H:%M}" if subscriber.send_at else "")
