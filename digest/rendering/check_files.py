"""What a set's files say that no letter shows: blocks and files without effect, open styles."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from jinja2 import meta, nodes

from digest.errors import Problem
from digest.model import TemplateSet
from digest.rendering.environment import make_environment, place_of
from digest.rendering.language import speak
from digest.rendering.render import HTML, SUBJECT, TEXT

#: Letters that are no edition: render_note asks for them by name.
NOTES = ("confirm.mjml.j2", "confirm.txt.j2")
_STYLES = ("style", "dark", "thunderbird")
# What differs from day to day.
_TELLING = frozenset({"field", "edition", "leads", "sections", "week"})
# Jinja's own brackets, comments and quoted text are no brackets of a stylesheet.
_NO_CSS = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}|/\*.*?\*/|\"[^\"\n]*\"|'[^'\n]*'", re.DOTALL)
_BLOCK = re.compile(
    rf"\{{%[-+]?\s*block\s+(?:{'|'.join(_STYLES)})\b.*?%\}}(.*?)\{{%[-+]?\s*endblock\b", re.DOTALL
)


def check_files(templates: TemplateSet) -> Iterator[Problem]:
    """Warnings about a person's own files, of a set that can be rendered."""
    trees = {name: _tree(text) for name, text in templates.files.items()}
    shipped = {place for name, place in templates.places.items() if "/" in name}
    own = [n for n, place in templates.places.items() if "/" not in n and place not in shipped]
    used = _reached((HTML, TEXT, SUBJECT, *NOTES), trees)
    for name in sorted(own):
        if name not in used:
            yield _unused(name, templates, used)
            continue
        yield from _unprinted(name, templates, trees)
        yield from _open_styles(name, templates)
    if SUBJECT in own:
        yield from _same_subject(templates, trees)


@lru_cache(maxsize=200)
def _tree(text: str) -> nodes.Template:
    """To be looked at only. Sets share most files, and little changes between two looks."""
    return make_environment(TemplateSet(name="", files={}, places={}), speak("en")).parse(text)


def _reached(names: Iterable[str], trees: Mapping[str, nodes.Template]) -> set[str]:
    """The files that these extend, import and include, and they themselves."""
    reached: set[str] = set()
    waiting = [*names]
    while waiting:
        name = waiting.pop()
        if name in trees and name not in reached:
            reached.add(name)
            for each in meta.find_referenced_templates(trees[name]):
                # None: a name that is made while the letter is; it may be any.
                waiting += trees if each is None else [each]
    return reached


def _unused(name: str, templates: TemplateSet, used: Iterable[str]) -> Problem:
    near = difflib.get_close_matches(name, [each for each in used if "/" not in each], n=1)
    mend = f"did you mean {near[0]}?" if near else "include it, or delete it"
    return _warning(templates, name, 0, "is used by no template of the set", mend)


def _unprinted(
    name: str, templates: TemplateSet, trees: Mapping[str, nodes.Template]
) -> Iterator[Problem]:
    """Blocks that nothing above has a place for."""
    if not (parents := _parents(name, trees)):
        return
    known = {block.name for each in parents for block in trees[each].find_all(nodes.Block)}
    for block in trees[name].body:
        if isinstance(block, nodes.Block) and block.name not in known:
            what = (
                f"no template that this one extends has a block {block.name!r}: it is not printed"
            )
            near = difflib.get_close_matches(block.name, known, n=1)
            mend = f"did you mean {near[0]}?" if near else f"there are: {', '.join(sorted(known))}"
            yield _warning(templates, name, block.lineno, what, mend)


def _parents(name: str, trees: Mapping[str, nodes.Template]) -> list[str]:
    """The files that `name` extends, one after the other; none if one of them is not known."""
    found: list[str] = []
    while (tag := trees[name].find(nodes.Extends)) is not None:
        if not isinstance(tag.template, nodes.Const) or tag.template.value not in trees:
            return []
        name = tag.template.value
        found.append(name)
    return found


def _open_styles(name: str, templates: TemplateSet) -> Iterator[Problem]:
    text = templates.files[name]
    if name.endswith((".css.j2", ".css")):
        sheets = [(0, text)]
    elif name.endswith(".mjml.j2"):
        sheets = [(found.start(1), found[1]) for found in _BLOCK.finditer(text)]
    else:
        return
    for start, sheet in sheets:
        for place, what, mend in _brackets(sheet):
            line = text.count("\n", 0, start + place) + 1
            yield _warning(templates, name, line, what, mend)


def _brackets(sheet: str) -> Iterator[tuple[int, str, str]]:
    css = _NO_CSS.sub(_blank, sheet)
    opened: list[int] = []
    for found in re.finditer("[{}]", css):
        if found[0] == "{":
            opened.append(found.start())
        elif opened:
            opened.pop()
        else:
            yield found.start(), "a } closes nothing", "take it away, or open a { before it"
    for place in opened:
        yield place, "a { is not closed: rules behind it are lost", "close it with }"


def _blank(found: re.Match[str]) -> str:
    """As many blanks; but what is printed, as in `{{ "{" }}`, counts."""
    printed = found[0].startswith("{{")
    return f"  {found[0][2:-2]}  " if printed else " " * len(found[0])


def _same_subject(templates: TemplateSet, trees: Mapping[str, nodes.Template]) -> Iterator[Problem]:
    names = {
        each.name
        for file in _reached((SUBJECT,), trees)
        for each in trees[file].find_all(nodes.Name)
    }
    if not names & _TELLING:
        what = "the subject is the same every day"
        mend = "print {{ field.lead_title }} or {{ edition.short_day }}"
        yield _warning(templates, SUBJECT, 0, what, mend)


def _warning(templates: TemplateSet, name: str, line: int, what: str, mend: str) -> Problem:
    where = place_of(templates, name)
    return Problem(file=where, line=line, what=what, mend=mend, warning=True)
