"""A group of commands that loads a command's module only when it is called."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

import click


class LazyGroup(click.Group):
    """A group whose help needs no command's imports.

    `lines` maps a name to its line of help. Its module is `PACKAGE.NAME`, or what `modules` says
    where that is no module's name; the module's command is called `command`.
    """

    def __init__(
        self,
        *positional: Any,
        package: str,
        lines: Mapping[str, str],
        modules: Mapping[str, str] | None = None,
        **named: Any,
    ) -> None:
        super().__init__(*positional, **named)
        self._package = package
        self._lines = lines
        self._modules = modules or {}

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self._lines)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self._lines:
            return None
        name = self._modules.get(cmd_name, cmd_name)
        command: click.Command = importlib.import_module(f"{self._package}.{name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(self._lines.items()))
