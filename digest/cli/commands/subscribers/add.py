"""`digest subscribers add`: one reader more."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from digest.app.named_reader import parse_address
from digest.cli.commands.subscribers._shared import (
    dry_run_option,
    list_option,
    list_paths,
    on_query,
    saver,
    target_of,
    told,
    warn_unlisted,
)
from digest.cli.desk import Desk, note, pass_desk
from digest.errors import UsageError


@click.command("add")
@click.argument("email")
@list_option
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
@dry_run_option
@pass_desk
def command(desk: Desk, /, email: str, path: Path | None, dry_run: bool, **options: Any) -> int:
    """Add a reader to a list; the rest of the file stays as it is."""
    from digest.app.interests import Interests
    from digest.storage.lists.editing import add_subscriber
    from digest.storage.lists.reading import doubts_of
    from digest.storage.suppressions import is_suppressed

    address = parse_address(email, "address")
    if desk.house.has_state and is_suppressed(
        desk.house.database, address, reader_id=desk.house.reader_id(address)
    ):
        raise UsageError(
            f"{address} is suppressed and would get nothing;"
            f" if she asks to come back: digest subscribers unsuppress {address}"
        )
    target = target_of(desk, path)
    if (query := on_query(desk, address)) is not None:
        raise UsageError(f"{address} is among the readers of {query.shown} already")
    fields = {"email": email, "format": options.pop("format_")}
    for name, value in options.items():
        fields[name] = ";".join(value) if isinstance(value, tuple) else value
    given = {name: value for name, value in fields.items() if value}
    others = [each for each in list_paths(desk) if each.resolve() != target.resolve()]
    check, save = Interests(desk.house).check, saver(desk, dry_run)
    subscriber = add_subscriber(target, given, others=others, check=check, save=save)
    who = subscriber.address
    told(save, f"{who} added to {target}", f"{who} would be added to {target}")
    warn_unlisted(desk, target)
    for interest, doubt in doubts_of(subscriber, target.parent, check):
        mend = f" ({doubt.mend})" if doubt.mend else ""
        note(f"warning: interests: {interest}: {doubt.what}{mend}")
    return 0
