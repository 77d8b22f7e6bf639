"""`digest templates`: the looks."""

from __future__ import annotations

from dataclasses import asdict

import click

from digest.cli.desk import Desk, json_option, note, pass_desk, show, show_json
from digest.errors import Problem, TemplateError

#: What the editions of each kind are called on the screen.
KINDS = {"daily": "the dailies", "weekly": "the weekly edition"}


@click.group("templates")
def command() -> None:
    """List the template sets, copy one to change it, or check one."""


@command.command("list")
@json_option
@pass_desk
def list_command(desk: Desk, as_json: bool) -> int:
    """The sets that `templates:` in config.yaml can name, where they come from, what they serve."""
    from digest.storage.templates import list_template_sets

    found = list_template_sets(desk.config.folder)
    if as_json:
        show_json(
            [
                {
                    "name": known.name,
                    "origin": known.origin,
                    "used_for": _uses(desk, known.name),
                    "own": known.own,
                    "shipped": known.shipped,
                }
                for known in found
            ]
        )
        return 0
    for known in found:
        uses = _uses(desk, known.name)
        serves = " and ".join(KINDS[use] for use in uses)
        show(f"{'*' if uses else ' '} {known.name}\t{known.origin}\t{serves}".rstrip())
    return 0


@command.command("copy")
@click.argument("name")
@click.argument("new", required=False)
@click.option("--file", metavar="FILE", help="Copy this file alone, such as style.css.j2.")
@pass_desk
def copy_command(desk: Desk, name: str, new: str | None, file: str | None) -> int:
    """Copy the set NAME to templates/NEW beside config.yaml, to be changed there.

    Without NEW it keeps its name, and stands before the set of that name. Nothing is overwritten.
    """
    from digest.storage.template_copy import copy_template_set
    from digest.storage.templates import stands_on

    new = new or name
    for path in copy_template_set(name, new, desk.config.folder, file=file):
        show(str(path))
    behind = stands_on(new, desk.config.folder)[0]
    if behind == name:
        note(f"what you do not change may be deleted: it then comes from the shipped {behind}")
    else:
        note(f"keep all files: what is missing comes from the shipped {behind}")
    if uses := _uses(desk, new):
        note(f"config.yaml uses it for {' and '.join(KINDS[use] for use in uses)}")
    else:
        note(f"to use it, write into config.yaml `templates: {_setting(desk, name, new)}`")
    note(f"next: digest templates check {new}")
    return 0


@command.command("check")
@click.argument("name", required=False)
@json_option
@pass_desk
def check_command(desk: Desk, name: str | None, as_json: bool) -> int:
    """Compile every block of a set with awkward papers, and say what is wrong with it.

    Without NAME the sets in use are checked.
    """
    config = desk.config
    names = (name,) if name else (config.templates.daily, config.templates.weekly)
    found = {each: _problems(desk, each) for each in dict.fromkeys(names)}
    problems = [problem for those in found.values() for problem in those]
    faulty = any(not problem.warning for problem in problems)
    if as_json:
        show_json(
            [{"set": each, "problems": [*map(asdict, those)]} for each, those in found.items()]
        )
        return TemplateError.exit_code if faulty else 0
    if faulty:
        raise TemplateError(problems)
    for each, those in found.items():
        for problem in those:
            note(str(problem))
        warned = f"{len(those)} warning{'s' * (len(those) > 1)}"
        note(f"template set {each} {f'works, with {warned}' if those else 'is fine'}")
    return 0


def _problems(desk: Desk, name: str) -> tuple[Problem, ...]:
    from digest.rendering.check import check_templates
    from digest.storage.templates import load_template_set

    return check_templates(load_template_set(name, desk.config.folder), desk.config.newsletter)


def _uses(desk: Desk, name: str) -> list[str]:
    """The kinds of editions that are printed with the set."""
    return [kind for kind in KINDS if getattr(desk.config.templates, kind) == name]


def _setting(desk: Desk, name: str, new: str) -> str:
    """The value of `templates` that uses `new` for what the set `name` is for."""
    now = desk.config.templates
    if name in ("weekly", now.weekly) and name != now.daily:
        return (
            f"{{weekly: {new}}}"
            if now.daily == "daily"
            else f"{{daily: {now.daily}, weekly: {new}}}"
        )
    return new if now.weekly == "weekly" else f"{{daily: {new}, weekly: {now.weekly}}}"
