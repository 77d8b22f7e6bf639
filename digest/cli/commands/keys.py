"""`digest keys`: the secrets that sign readers' links."""

from __future__ import annotations

import click

from digest.cli.desk import Desk, json_option, pass_desk, show, show_json


@click.group("keys")
def command() -> None:
    """The keys that sign readers' links: list, rotate or adopt them."""


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


@command.command("adopt")
@json_option
@pass_desk
def adopt(desk: Desk, as_json: bool) -> int:
    """Go on with the keys that are here, where one that signed before is lost.

    Links in letters that it signed work no more; letters that wait are signed anew.
    """
    from digest.cluster.adoption import adopt_keys

    editions = [str(key) for key in adopt_keys(desk.house)] if desk.house.has_state else []
    if as_json:
        show_json({"editions": editions})
    else:
        for each in editions:
            show(f"edition {each}: what is left of it is signed with the key of today")
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
