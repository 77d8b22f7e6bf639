"""Find a template set: a person's own files first, ours behind them."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import digest
from digest.errors import Problem, TemplateError
from digest.model import TemplateSet
from digest.storage.text_file import read_text

#: Every set of letters falls back to this one's files, and every set of pages to that one's.
DEFAULT, PAGES = "daily", "pages"

#: What a set may be called: one folder's name, on every system.
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)
_EXTENDS = re.compile(r"""\{%[-+]?\s*extends\s+["']([^"'/]+)/""")
_SUFFIXES = frozenset({".j2", ".jinja", ".jinja2", ".mjml", ".html", ".txt", ".css"})


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownSet:
    """A set that there is. `own` and `shipped`: the files that each brings, by name, in order.

    With both, the own files stand before the shipped ones of the same name.
    """

    name: str
    own: tuple[str, ...] = ()
    shipped: tuple[str, ...] = ()

    @property
    def origin(self) -> str:
        """`shipped`, `own`, or `own over shipped`."""
        return " over ".join(
            word for word, files in (("own", self.own), ("shipped", self.shipped)) if files
        )


def load_template_set(
    name: str, folder: Path, *, asked: str = "", base: str | None = None
) -> TemplateSet:
    """Read the set `name` of the newsletter in `folder` (where config.yaml lies).

    A bare name is looked up in `<folder>/templates/<name>/`, then in the shipped sets that
    `stands_on` tells; `daily/letter.mjml.j2` is always the shipped file.
    `asked` says who named the set: a key of the config. `base` is the shipped set behind it,
    for one who knows what the set is for.

    Raises:
        TemplateError: no such set (the line has the nearest name and lists those there are), or
            files that cannot be read as UTF-8 text, all of them at once.
    """
    own, shipped = folder / "templates", shipped_folder()
    if not NAME.fullmatch(name) or not (_is_set(own / name) or _is_set(shipped / name)):
        raise TemplateError([_unknown(name, folder, asked)])
    files: dict[str, str] = {}
    places: dict[str, str] = {}
    problems: list[Problem] = []
    layers = [("", shipped / each) for each in reversed(stands_on(name, folder, base))]
    layers.append(("", own / name))
    layers += [(f"{each}/", shipped / each) for each in _sets(shipped)]
    for prefix, where in layers:
        for path in _files(where):
            key = prefix + path.relative_to(where).as_posix()
            text = read_text(path, _shown(path, folder), problems)
            if text is not None:
                files[key], places[key] = text, _shown(path, folder)
    if problems:
        raise TemplateError(list(dict.fromkeys(problems)))
    return TemplateSet(name=name, files=files, places=places)


def stands_on(name: str, folder: Path, base: str | None = None) -> tuple[str, ...]:
    """The shipped sets that files come from which an own folder `name` has not, nearest first.

    They are those whose files it extends (`{% extends "weekly/letter.mjml.j2" %}`: that letter
    needs the other files of its set), the one of the same name, and `base`: `daily`, or `pages`
    for a set of pages.
    """
    base = base or base_of(name, folder)
    shipped = _sets(shipped_folder())
    unread: list[Problem] = []  # told by who reads the set
    texts = (read_text(path, str(path), unread) for path in _files(folder / "templates" / name))
    extended = [each for text in texts for each in _EXTENDS.findall(_COMMENT.sub("", text or ""))]
    nearest = [each for each in (*extended, name) if each in shipped and each != base]
    return (*dict.fromkeys(nearest), base)


def base_of(name: str, folder: Path) -> str:
    """`pages` for a set that has pages and no letter, else `daily`."""
    here = (*_names(folder / "templates" / name), *_names(shipped_folder() / name))
    has_pages = any(file.endswith(".html.j2") for file in here)
    return PAGES if has_pages and not any(file.startswith("letter.") for file in here) else DEFAULT


def _unknown(name: str, folder: Path, asked: str) -> Problem:
    there = [known.name for known in list_template_sets(folder)]
    near = difflib.get_close_matches(name, there, n=1)
    mend = f"there are: {', '.join(there)}" if there else "there is none"
    return Problem(
        file=asked or f"{name!r}",
        key=f"{name!r}" if asked else "",
        what="is not a template set",
        mend=f"did you mean {near[0]}? {mend}" if near else mend,
    )


def list_template_sets(folder: Path) -> tuple[KnownSet, ...]:
    """All sets that `load_template_set` knows, by name."""
    own, shipped = folder / "templates", shipped_folder()
    return tuple(
        KnownSet(name=name, own=_names(own / name), shipped=_names(shipped / name))
        for name in sorted({*_sets(own), *_sets(shipped)})
    )


def _names(folder: Path) -> tuple[str, ...]:
    return tuple(path.relative_to(folder).as_posix() for path in _files(folder))


def shipped_folder() -> Path:
    """Where our own sets are: inside an installed package, beside it in a checkout."""
    package = Path(digest.__file__).resolve().parent
    installed = package / "_templates"
    return installed if installed.is_dir() else package.parent / "templates"


def _sets(folder: Path) -> list[str]:
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return []
    return [name for name in names if NAME.fullmatch(name) and _is_set(folder / name)]


def _is_set(folder: Path) -> bool:
    return next(_files(folder), None) is not None


def _files(folder: Path) -> Iterator[Path]:
    """The template files in `folder` and below; hidden ones and editors' copies are not."""
    for here, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith((".", "__")))
        for name in sorted(names):
            if not name.startswith(".") and Path(name).suffix in _SUFFIXES:
                yield Path(here, name)


def _shown(path: Path, folder: Path) -> str:
    """The path as a person knows it: from her folder, if it lies there."""
    try:
        return path.relative_to(folder).as_posix()
    except ValueError:
        return str(path)
