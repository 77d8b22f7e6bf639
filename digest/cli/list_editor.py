"""A list in a person's own editor, checked when she leaves it."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import click

from digest.cli.desk import note
from digest.errors import Problem, UsageError
from digest.storage.lists.drafts import Draft, ListChanged, save_draft
from digest.storage.lists.saving import Save, ShowDiff

#: Editors that take `+LINE` before the file.
_KNOW_LINES = frozenset(
    [
        *("vi", "vim", "nvim", "view", "nano", "pico", "emacs", "emacsclient"),
        *("joe", "jed", "ne", "micro", "mcedit", "mg", "kak"),
    ]
)
_AFTER_ERRORS = "(e)dit again, (k)eep the draft for later, (t)hrow it away"
_AFTER_CHANGE = "(o)verwrite it, (k)eep the draft for later, (t)hrow it away"


def edit_draft(draft: Draft, check: Callable[[], Sequence[Problem]], line: int, save: Save) -> int:
    """Edit, check and save until it is well or the person gives up; gives the exit code.

    The draft is gone afterwards unless it was to be kept.
    """
    while True:
        ended_well = _run_editor(draft.path, line)
        if not draft.is_changed:
            draft.drop()
            note(f"{draft.file.shown}: nothing was changed")
            return 0 if ended_well else 1
        problems = check()
        for problem in problems:
            note(str(problem))
        errors = [problem for problem in problems if not problem.warning]
        if not errors:
            return _save(draft, save)
        answer = _ask(f"{draft.file.shown}: {len(errors)} to mend", _AFTER_ERRORS, "ekt")
        if answer != "e":
            return _leave(draft, answer, code=2)
        line = errors[0].line


def _save(draft: Draft, save: Save) -> int:
    try:
        save_draft(draft, save=save)
    except ListChanged as error:
        answer = _ask(error.message, _AFTER_CHANGE, "okt")
        if answer != "o":
            return _leave(draft, answer, code=error.exit_code)
        save_draft(draft, whatever=True, save=save)
    draft.drop()
    if not isinstance(save, ShowDiff):
        note(f"{draft.file.shown}: saved")
    return 0


def _leave(draft: Draft, answer: str, *, code: int) -> int:
    if answer == "t":
        draft.drop()
        note(f"{draft.file.shown} is as it was")
        return 0
    note(f"{draft.file.shown} is as it was; your draft is {draft.path}")
    return code


def _ask(what: str, choices: str, letters: str) -> str:
    """One letter; where nobody can be asked, the draft is kept."""
    if not sys.stdin.isatty():
        note(what)
        return "k"
    while True:
        try:
            answer = click.prompt(f"{what}: {choices}", prompt_suffix="? ", err=True)
        except click.Abort:  # Ctrl-C, or the terminal is gone
            return "k"
        if answer[:1].lower() in letters:
            return str(answer[:1].lower())


def _run_editor(path: Path, line: int) -> bool:
    words = shlex.split(editor_of(os.environ))
    if not words:
        raise UsageError("$VISUAL and $EDITOR name no editor")
    at = [f"+{line}"] if line and Path(words[0]).name in _KNOW_LINES else []
    try:
        done = subprocess.run([*words, *at, str(path)], check=False)  # noqa: S603 - her own editor
    except OSError as error:
        path.unlink(missing_ok=True)
        raise UsageError(f"{words[0]}: cannot be started: {error.strerror}; set $EDITOR") from None
    if done.returncode:
        note(f"{words[0]} ended with exit code {done.returncode}")
    return done.returncode == 0


def editor_of(environ: Mapping[str, str]) -> str:
    """$VISUAL, else $EDITOR, else what is there on every system."""
    return environ.get("VISUAL") or environ.get("EDITOR") or "vi"
