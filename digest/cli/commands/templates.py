"""`digest templates`: the looks."""

from __future__ import annotations

import click

from digest.cli.desk import Desk, note, pass_desk, show
from digest.errors import TemplateError


@click.group("templates")
def command() -> None:
    """List the template sets, or check one."""


@command.command("list")
@pass_desk
def list_command(desk: Desk) -> int:
    """The sets that `templates:` in config.yaml can name; * marks the one in use."""
    from digest.storage.templates import list_template_sets

    for name in list_template_sets(desk.config.folder):
        show(f"{'*' if name == desk.config.templates else ' '} {name}")
    return 0


@command.command("check")
@click.argument("name", required=False)
@pass_desk
def check_command(desk: Desk, name: str | None) -> int:
    """Compile every block of a set with awkward papers, and say what is wrong with it."""
    from digest.rendering.check import check_templates
    from digest.storage.templates import load_template_set

    chosen = name or desk.config.templates
    problems = check_templates(
        load_template_set(chosen, desk.config.folder), desk.config.newsletter
    )
    if any(not problem.warning for problem in problems):
        raise TemplateError(problems)
    for problem in problems:
        note(str(problem))
    note(f"template set {chosen} is fine")
    return 0
