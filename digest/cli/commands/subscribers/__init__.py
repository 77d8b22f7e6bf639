"""`digest subscribers`: the lists, and who is never mailed.

Each subcommand is a module of its own, loaded only when it is called.
"""

from __future__ import annotations

import click

from digest.cli.lazy import LazyGroup

#: name -> one line of help.
SUBCOMMANDS = {
    "list": "Everyone on the lists, with what they chose.",
    "show": "Everything that is known of one reader.",
    "check": "Tell every problem of the lists at once.",
    "stats": "The lists in numbers.",
    "add": "Add a reader to a list.",
    "remove": "Take a reader out of every list.",
    "edit": "Open a list in an editor, or change one reader's fields.",
    "pause": "Send a reader nothing for a while.",
    "resume": "Send her letters again.",
    "merge": "Make several lists into one, each reader once.",
    "diff": "What differs between two lists, or since a backup.",
    "restore": "Put a list back as it was before an edit.",
    "import": "Take readers from other programs' files.",
    "export": "Give the lists away as CSV or YAML.",
    "suppress": "Never mail an address again.",
    "unsuppress": "Let a suppressed address be mailed again.",
    "suppressed": "Who is never mailed, and why.",
}
# `list` would hide the type, and `import` is a word of the language.
_MODULES = {"list": "listing", "import": "import_"}


@click.command("subscribers", cls=LazyGroup, package=__name__, lines=SUBCOMMANDS, modules=_MODULES)
def command() -> None:
    """Look after the subscriber lists."""
