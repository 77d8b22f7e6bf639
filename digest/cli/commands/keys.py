"""`digest keys`: the secrets that sign readers' links."""

from __future__ import annotations

import click

from digest.cli.desk import Desk, json_option, pass_desk, show, show_json


@click.group("keys")
def command() -> None:
    """The keys that sign readers' links: list or rotate them."""


@command.command("list")
@json_option
@pass_desk
def list_keys(desk: Desk, as_json: bool) -> int:
    """The keys by their fingerprints, newest first."""
    from digest.storage.secret_key import fingerprint

    _tell([fingerprint(key) for key in desk.house.keys], as_json=as_json)
    return 0


@command.command("rotate")
@json_option
@pass_desk
def rotate(desk: Desk, as_json: bool) -> int:
    """Sign with a new key from now on; links in letters that were sent go on working."""
    from digest.storage.secret_key import fingerprint, rotate_keys

    keys = rotate_keys(desk.config.state_dir, desk.house.environ.get("DIGEST_SECRET_KEY"))
    _tell([fingerprint(key) for key in keys], as_json=as_json)
    return 0


def _tell(names: list[str], *, as_json: bool) -> None:
    """The first signs; the last also names readers and letters."""
    if as_json:
        show_json({"keys": names, "signs": names[0], "names": names[-1]})
        return
    for number, name in enumerate(names):
        does = ["verifies" if number else "signs"]
        does += ["names readers"] if number == len(names) - 1 else []
        show(f"{name}  {', '.join(does)}")
