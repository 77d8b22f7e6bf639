"""The themes that are known beforehand: the shipped file or another, as the config changes it."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Annotated

from pydantic import Field, RootModel, ValidationError

from digest.config.reading import problems_of, read_document
from digest.config.shape import ThemeRule, ThemesConfig
from digest.config.strict_yaml import parse_yaml
from digest.errors import ConfigError, Problem

BUILT_IN = "built-in"
NONE = "none"
_SHIPPED = "taxonomy.yaml"


class Taxonomy(RootModel[Annotated[tuple[ThemeRule, ...], Field(min_length=1)]]):
    """A list of themes, in the shape of `themes.rules`."""


def load_taxonomy(themes: ThemesConfig, folder: Path) -> tuple[ThemeRule, ...]:
    """The themes of `themes.taxonomy` with `merge` and `rename`; a path is against `folder`.

    A rule of the config with the same name stands in place of one of these.

    Raises:
        ConfigError: the file is wrong, or a name in `merge` or `rename` is nearly one of these.
    """
    known = _read(themes.taxonomy, folder)
    _check_names(themes, [rule.name for rule in (*known, *themes.rules)])
    renamed = renamed_themes(themes)
    called: dict[str, list[ThemeRule]] = {}
    for rule in known:
        name = renamed.get(rule.name.casefold(), rule.name)
        called.setdefault(name, []).append(rule)
    return tuple(_merged(name, rules) for name, rules in called.items())


def renamed_themes(themes: ThemesConfig) -> dict[str, str]:
    """The new name of each theme that is renamed or merged, by its old name without case."""
    merged = {old: new for new, olds in themes.merge.items() for old in olds}
    return {
        old.casefold(): themes.rename.get(new, new)
        for old, new in {**themes.rename, **merged}.items()
    }


def _read(taxonomy: str, folder: Path) -> tuple[ThemeRule, ...]:
    if taxonomy == NONE:
        return ()
    if taxonomy == BUILT_IN:
        file = _SHIPPED
        document, problems = parse_yaml(
            (files("digest") / "data" / _SHIPPED).read_text("utf-8"), file
        )
        if problems:
            raise ConfigError(problems)
    else:
        path = folder / Path(taxonomy).expanduser()
        file = str(path)
        mend = f"correct themes.taxonomy, or set it to {BUILT_IN!r} or {NONE!r}"
        document = read_document(path, file, mend)
    try:
        rules = Taxonomy.model_validate(document.data).root
    except ValidationError as error:
        raise ConfigError(problems_of(error, document, file, Taxonomy)) from None
    _refuse_twins(rules, file, document.places)
    return rules


def _refuse_twins(
    rules: Sequence[ThemeRule], file: str, places: Mapping[tuple[str | int, ...], tuple[int, int]]
) -> None:
    seen: set[str] = set()
    for number, rule in enumerate(rules):
        if rule.name.casefold() in seen:
            line, column = places.get((number,), (0, 0))
            what = f"two themes are called {rule.name!r}"
            raise ConfigError([Problem(file=file, line=line, column=column, what=what)])
        seen.add(rule.name.casefold())


def _merged(name: str, rules: Sequence[ThemeRule]) -> ThemeRule:
    """Several themes as one, which claims what any of them claims."""
    return ThemeRule(
        name=name,
        keywords=tuple(dict.fromkeys(word for rule in rules for word in rule.keywords)),
        categories=tuple(dict.fromkeys(name for rule in rules for name in rule.categories)),
        weight=max(rule.weight for rule in rules),
    )


def _check_names(themes: ThemesConfig, known: Sequence[str]) -> None:
    """Refuse what is nearly a known name. A stranger may be one that the papers will bring."""
    names = {name.casefold(): name for name in known}
    problems = []
    for key, name in _named(themes):
        near = difflib.get_close_matches(name.casefold(), names, n=1, cutoff=0.85)
        if name.casefold() not in names and near:
            what, mend = f"no theme is called {name!r}", f"did you mean {names[near[0]]!r}?"
            problems.append(Problem(file="the configuration", key=key, what=what, mend=mend))
    if problems:
        raise ConfigError(problems)


def _named(themes: ThemesConfig) -> Iterator[tuple[str, str]]:
    yield from (("themes.rename", old) for old in themes.rename)
    yield from (("themes.merge", old) for olds in themes.merge.values() for old in olds)
