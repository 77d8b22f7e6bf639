"""`digest subscribers edit`: a list in an editor, or one reader's fields from a script."""

from __future__ import annotations

from pathlib import Path

import click

from digest.app.named_reader import parse_address
from digest.cli.commands.subscribers._shared import (
    dry_run_option,
    list_paths,
    named_list,
    not_listed,
    saver,
    target_of,
    told,
)
from digest.cli.desk import Desk, note, pass_desk
from digest.errors import UsageError
from digest.model import EmailAddress
from digest.storage.lists.files import ListFile, require_file
from digest.storage.lists.saving import Save, ShowDiff


@click.command("edit")
@click.argument("email", required=False)
@click.option("--set", "settings", multiple=True, metavar="FIELD=VALUE", help="May be repeated.")
@click.option("--clear", "cleared", multiple=True, metavar="FIELD", help="May be repeated.")
@click.option("--list", "path", type=click.Path(path_type=Path), help="Which file to open.")
@dry_run_option
@pass_desk
def command(
    desk: Desk,
    email: str | None,
    settings: tuple[str, ...],
    cleared: tuple[str, ...],
    path: Path | None,
    dry_run: bool,
) -> int:
    """Open a list in $VISUAL or $EDITOR, at EMAIL's row; it is checked before it is saved.

    With --set or --clear no editor is opened: only these fields of EMAIL's row are changed, and
    all else stays as it is. Several values are split at `;`.
    """
    address = parse_address(email, "address") if email else None
    changes = _changes(settings, cleared)
    save = saver(desk, dry_run)
    if changes:
        if address is None:
            raise UsageError("whose? name the reader before --set or --clear")
        paths = [target_of(desk, path)] if path else list_paths(desk)
        return _change(desk, address, changes, paths, save)
    return _open(desk, address, path, save)


def _changes(settings: tuple[str, ...], cleared: tuple[str, ...]) -> dict[str, str]:
    changes = dict.fromkeys(cleared, "")
    for text in settings:
        name, equals, value = text.partition("=")
        if not equals:
            raise UsageError(f"--set {text}: write it as field=value")
        if name in changes:
            raise UsageError(f"--set {text}: {name} is named twice")
        changes[name.strip()] = value
    return changes


def _change(
    desk: Desk, address: EmailAddress, changes: dict[str, str], paths: list[Path], save: Save
) -> int:
    from digest.app.interests import Interests
    from digest.storage.lists.comparing import changed_fields
    from digest.storage.lists.editing import change_subscriber

    check = Interests(desk.house).check
    change = change_subscriber(paths, address, changes, check=check, save=save)
    if change is None:
        raise not_listed(desk, address)
    place = f"{change.path}:{change.line}"
    if not change.fields:
        note(f"{place}: says that already")
        return 0
    pairs = changed_fields(change.before, change.after)
    words = ", ".join(f"{n}: {old or '(nothing)'} -> {new}" for n, (old, new) in pairs.items())
    words = words or f"{', '.join(change.fields)} written anew"
    told(save, f"{place}: {words}", f"{place}: {words}")
    return 0


def _open(desk: Desk, address: EmailAddress | None, path: Path | None, save: Save) -> int:
    from digest.app.interests import Interests
    from digest.app.list_advice import ListAdvice
    from digest.cli.list_editor import edit_draft
    from digest.storage.lists.drafts import check_draft, open_draft

    file, line = named_list(desk, path), 0
    if address is not None:
        file, line = _place_of(desk, address, path)
    require_file(file)
    interests, advice = Interests(desk.house).check, ListAdvice(desk.house)
    draft = open_draft(file)
    code = edit_draft(draft, lambda: check_draft(draft, check=interests, advice=advice), line, save)
    if isinstance(save, ShowDiff):
        told(save, "", "this is what was changed")
    return code


def _place_of(desk: Desk, address: EmailAddress, path: Path | None) -> tuple[ListFile, int]:
    """Her row; other rows may be wrong, for a list is opened to mend it as well."""
    from digest.errors import ListError
    from digest.storage.lists.files import find_lists
    from digest.storage.lists.reading import ListReading

    for file in [named_list(desk, path)] if path else find_lists(desk.config)[0]:
        try:
            for reader in ListReading([file]):
                if reader.address.key == address.key:
                    return file, reader.line
        except ListError:
            continue
    raise UsageError(f"{address} is on none of the lists")
