"""`digest subscribers`: the lists, and who is never mailed.

Each subcommand is a module of its own, loaded only when it is called.
"""

from __future__ import annotations

import importlib

import click

#: name -> (module here, one line of help). The module's command is called `command`.
SUBCOMMANDS = {
    "list": ("listing", "Everyone on the lists, with what they chose."),
    "show": ("show", "Everything that is known of one reader."),
    "check": ("check", "Tell every problem of the lists at once."),
    "stats": ("stats", "The lists in numbers."),
    "add": ("add", "Add a reader to a list."),
    "remove": ("remove", "Take a reader out of every list."),
    "edit": ("edit", "Open a list in an editor, or change one reader's fields."),
    "pause": ("pause", "Send a reader nothing for a while."),
    "resume": ("resume", "Send her letters again."),
    "merge": ("merge", "Make several lists into one, each reader once."),
    "diff": ("diff", "What differs between two lists, or since a backup."),
    "restore": ("restore", "Put a list back as it was before an edit."),
    "import": ("import_", "Take readers from other programs' files."),
    "export": ("export", "Give the lists away as CSV or YAML."),
    "suppress": ("suppress", "Never mail an address again."),
    "unsuppress": ("unsuppress", "Let a suppressed address be mailed again."),
    "suppressed": ("suppressed", "Who is never mailed, and why."),
}


class _Group(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(SUBCOMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in SUBCOMMANDS:
            return None
        module = importlib.import_module(f"{__name__}.{SUBCOMMANDS[cmd_name][0]}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in SUBCOMMANDS.items()])


@click.command("subscribers", cls=_Group)
def command() -> None:
    """Look after the subscriber lists."""
