"""Find the catalogues of a language: the shipped ones, and a person's own over them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import digest
from digest.errors import CatalogueError, Problem
from digest.model import Catalogue
from digest.storage.text_file import read_text

#: Beside config.yaml.
OWN = "locale"
_NAME = re.compile(r"([A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*)\.po")


def load_catalogues(language: str, folder: Path) -> tuple[Catalogue, ...]:
    """All catalogues of `language` and its varieties: a later one may say it better.

    Which of them serve is not decided here: for zh-Hant these are zh, zh-Hant and zh-TW.

    Raises:
        CatalogueError: files that cannot be read as UTF-8 text, all of them at once.
    """
    wanted = language.partition("-")[0].lower()
    found: list[Catalogue] = []
    problems: list[Problem] = []
    for where in (shipped_folder(), folder / OWN):
        for path, tag in _catalogues(where):
            if tag.partition("-")[0].lower() != wanted:
                continue
            shown = path.relative_to(folder).as_posix() if where == folder / OWN else str(path)
            text = read_text(path, shown, problems)
            if text is not None:
                found.append(Catalogue(tag=tag, place=shown, text=text))
    if problems:
        raise CatalogueError(problems)
    return tuple(found)


def shipped_folder() -> Path:
    return Path(digest.__file__).resolve().parent / "data" / "locale"


def shipped_languages() -> tuple[str, ...]:
    """The tags of the languages that have a shipped catalogue, in order."""
    return tuple(tag for _, tag in _catalogues(shipped_folder()))


def _catalogues(folder: Path) -> Iterator[tuple[Path, str]]:
    """The files with their tags; `pt_BR.po` is for pt-BR as `pt-BR.po` is."""
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return
    for name in names:
        if match := _NAME.fullmatch(name):
            yield folder / name, match[1].replace("_", "-")
