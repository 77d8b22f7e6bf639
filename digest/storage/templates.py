"""Find a template set: a person's own files first, ours behind them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import digest
from digest.errors import Problem, TemplateError
from digest.model import TemplateSet

#: Every set falls back to this one's files.
DEFAULT = "daily"

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_SUFFIXES = frozenset({".j2", ".jinja", ".jinja2", ".mjml", ".html", ".txt", ".css"})
_MOST_BYTES = 1_000_000


def load_template_set(name: str, folder: Path) -> TemplateSet:
    """Read the set `name` of the newsletter in `folder` (where config.yaml lies).

    A bare name is looked up in `<folder>/templates/<name>/`, then in the shipped set of that
    name, then in the shipped `daily`; `daily/letter.mjml.j2` is always the shipped file.

    Raises:
        TemplateError: no such set (the line lists those there are), or files that cannot be
            read as UTF-8 text, all of them at once.
    """
    own, shipped = folder / "templates", shipped_folder()
    if not _NAME.fullmatch(name) or not (_is_set(own / name) or _is_set(shipped / name)):
        there = ", ".join(list_template_sets(folder))
        mend = f"there are: {there}" if there else "there is none"
        raise TemplateError([Problem(file=f"{name!r}", what="is not a template set", mend=mend)])
    files: dict[str, str] = {}
    places: dict[str, str] = {}
    problems: list[Problem] = []
    layers = [("", shipped / DEFAULT), ("", shipped / name), ("", own / name)]
    layers += [(f"{each}/", shipped / each) for each in _sets(shipped)]
    for prefix, where in layers:
        for path in _files(where):
            key = prefix + path.relative_to(where).as_posix()
            text = _read(path, folder, problems)
            if text is not None:
                files[key], places[key] = text, _shown(path, folder)
    if problems:
        raise TemplateError(list(dict.fromkeys(problems)))
    return TemplateSet(name=name, files=files, places=places)


def list_template_sets(folder: Path) -> tuple[str, ...]:
    """The names of all sets that `load_template_set` knows, in order."""
    return tuple(sorted({*_sets(folder / "templates"), *_sets(shipped_folder())}))


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
    return [name for name in names if _NAME.fullmatch(name) and _is_set(folder / name)]


def _is_set(folder: Path) -> bool:
    return next(_files(folder), None) is not None


def _files(folder: Path) -> Iterator[Path]:
    """The template files in `folder` and below; hidden ones and editors' copies are not."""
    for here, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith((".", "__")))
        for name in sorted(names):
            if not name.startswith(".") and Path(name).suffix in _SUFFIXES:
                yield Path(here, name)


def _read(path: Path, folder: Path, problems: list[Problem]) -> str | None:
    try:
        with path.open("rb") as file:
            raw = file.read(_MOST_BYTES + 1)
        if len(raw) > _MOST_BYTES:
            raise ValueError("is larger than 1 MB: not a template")
        return raw.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        mend = "save it as UTF-8"
        what = "is not UTF-8 text"
        problems.append(Problem(file=_shown(path, folder), line=line, what=what, mend=mend))
    except OSError as error:
        what = f"cannot be read: {error.strerror}"
        problems.append(Problem(file=_shown(path, folder), what=what))
    except ValueError as error:
        problems.append(Problem(file=_shown(path, folder), what=str(error)))
    return None


def _shown(path: Path, folder: Path) -> str:
    """The path as a person knows it: from her folder, if it lies there."""
    try:
        return path.relative_to(folder).as_posix()
    except ValueError:
        return str(path)
