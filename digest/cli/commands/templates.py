"""`digest templates`: the looks."""

from __future__ import annotations

from dataclasses import asdict

import click

from digest.cli.desk import Desk, json_option, note, pass_desk, show, show_json
from digest.errors import Problem, TemplateError

#: What a set may serve, as it is called on the screen.
KINDS = {"daily": "the dailies", "weekly": "the weekly edition", "pages": "the pages"}


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
    """Compile every block or page of a set with awkward papers, and say what is wrong with it.

    Without NAME the sets in use are checked.
    """
    used = desk.config.templates
    names = (name,) if name else (used.daily, used.weekly, used.pages)
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
    from digest.rendering.check_pages import check_pages
    from digest.storage.templates import PAGES, base_of, load_template_set

    config = desk.config
    if name == config.templates.pages or base_of(name, config.folder) == PAGES:
        templates = load_template_set(name, config.folder, base=PAGES)
        return check_pages(templates, config.newsletter)
    return check_templates(load_template_set(name, config.folder), config.newsletter)


def _uses(desk: Desk, name: str) -> list[str]:
    """What the set serves."""
    return [kind for kind in KINDS if getattr(desk.config.templates, kind) == name]


def _setting(desk: Desk, name: str, new: str) -> str:
    """The value of `templates` that uses `new` for what the set `name` is for."""
    now = desk.config.templates
    sets = {kind: getattr(now, kind) for kind in KINDS}
    known = [kind for kind in KINDS if name in (kind, sets[kind])]
    sets["daily" if name == now.daily or not known else known[0]] = new
    changed = {kind: each for kind, each in sets.items() if each != kind}
    if list(changed) == ["daily"]:
        return new
    return f"{{{', '.join(f'{kind}: {each}' for kind, each in changed.items())}}}"
