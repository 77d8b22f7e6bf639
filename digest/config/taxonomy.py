"""The themes that are known beforehand: the shipped file or another, as the config changes it."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated

from pydantic import Field, RootModel, ValidationError

from digest.config.reading import problems_of, read_document
from digest.config.shape import Origin
from digest.config.strict_yaml import Document, parse_yaml
from digest.config.themes import ThemeEntry, ThemeRule, ThemesConfig
from digest.errors import ConfigError, Problem

BUILT_IN = "built-in"
NONE = "none"
_SHIPPED = "taxonomy.yaml"


class Taxonomy(RootModel[Annotated[tuple[ThemeEntry, ...], Field(min_length=1)]]):
    """A list of themes, in the shape of `themes.rules` but for `pin`."""


def load_taxonomy(
    themes: ThemesConfig, folder: Path, origin: Origin = Origin()
) -> tuple[ThemesConfig, tuple[ThemeEntry, ...]]:
    """The config's rules, and the themes of `themes.taxonomy`, both with `merge` and `rename`.

    A path is against `folder`; `origin` says where the settings stand. A rule of the config
    replaces the theme of its name; one that a theme is merged into claims what both claim.

    Raises:
        ConfigError: the file is wrong, or a name in `merge` or `rename` is nearly one of these.
    """
    known = _read(themes.taxonomy, folder)
    _check_names(themes, [entry.name for entry in (*known, *themes.rules)], origin)
    renamed = renamed_themes(themes)
    replaced = {rule.name.casefold() for rule in themes.rules}
    rules: dict[str, list[ThemeEntry]] = {}
    topics: dict[str, list[ThemeEntry]] = {}
    for rule in themes.rules:
        rules.setdefault(renamed.get(rule.name.casefold(), rule.name), []).append(rule)
    for entry in known:
        if entry.name.casefold() not in replaced:
            name = renamed.get(entry.name.casefold(), entry.name)
            (rules if name in rules else topics).setdefault(name, []).append(entry)
    merged = tuple(_merged(name, entries) for name, entries in rules.items())
    return (
        themes.model_copy(update={"rules": merged}),
        tuple(_merged(name, entries) for name, entries in topics.items()),
    )


def renamed_themes(themes: ThemesConfig) -> dict[str, str]:
    """The new name of each theme that is renamed or merged, by its old name without case."""
    merged = {old: new for new, olds in themes.merge.items() for old in olds}
    direct = {old.casefold(): new for old, new in {**themes.rename, **merged}.items()}
    return {old: _last_name(new, direct) for old, new in direct.items()}


def joint_themes(themes: ThemesConfig) -> frozenset[str]:
    """The new names that stand for several themes."""
    renamed = renamed_themes(themes)
    shared = Counter(renamed.values())
    merged = {renamed.get(new.casefold(), new) for new in themes.merge}
    return frozenset(merged | {name for name, count in shared.items() if count > 1})


def _last_name(name: str, renamed: Mapping[str, str]) -> str:
    """Where a chain of new names ends; one that runs in a circle ends where it began."""
    seen = set()
    while name.casefold() in renamed and name.casefold() not in seen:
        seen.add(name.casefold())
        name = renamed[name.casefold()]
    return name


def _read(taxonomy: str, folder: Path) -> tuple[ThemeEntry, ...]:
    if taxonomy == NONE:
        return ()
    if taxonomy == BUILT_IN:
        return _shipped()
    path = folder / Path(taxonomy).expanduser()
    mend = f"correct themes.taxonomy, or set it to {BUILT_IN!r} or {NONE!r}"
    return _entries(read_document(path, str(path), mend), str(path))


@lru_cache(maxsize=1)
def _shipped() -> tuple[ThemeEntry, ...]:
    """Read once: a run takes as long to read it as to compose an edition."""
    text = (files("digest") / "data" / _SHIPPED).read_text("utf-8")
    document, problems = parse_yaml(text, _SHIPPED)
    if problems:
        raise ConfigError(problems)
    return _entries(document, _SHIPPED)


def _entries(document: Document, file: str) -> tuple[ThemeEntry, ...]:
    try:
        rules = Taxonomy.model_validate(document.data).root
    except ValidationError as error:
        raise ConfigError(problems_of(error, document, file, Taxonomy)) from None
    _refuse_twins(rules, file, document.places)
    return rules


def _refuse_twins(
    rules: Sequence[ThemeEntry], file: str, places: Mapping[tuple[str | int, ...], tuple[int, int]]
) -> None:
    seen: set[str] = set()
    for number, rule in enumerate(rules):
        if rule.name.casefold() in seen:
            line, column = places.get((number,), (0, 0))
            what = f"two themes are called {rule.name!r}"
            raise ConfigError([Problem(file=file, line=line, column=column, what=what)])
        seen.add(rule.name.casefold())


def _merged(name: str, entries: Sequence[ThemeEntry]) -> ThemeRule:
    """Several themes as one, which claims what any of them claims."""
    return ThemeRule(
        name=name,
        keywords=tuple(dict.fromkeys(word for entry in entries for word in entry.keywords)),
        categories=tuple(dict.fromkeys(name for entry in entries for name in entry.categories)),
        weight=max(entry.weight for entry in entries),
        pin=any(isinstance(entry, ThemeRule) and entry.pin for entry in entries),
    )


def _check_names(themes: ThemesConfig, known: Sequence[str], origin: Origin) -> None:
    """Refuse what is nearly a known name. A stranger may be one that the papers will bring."""
    names = {name.casefold(): name for name in (*known, *themes.merge)}
    problems = []
    for path, name in _named(themes):
        near = difflib.get_close_matches(name.casefold(), names, n=1, cutoff=0.85)
        if name.casefold() not in names and near:
            line, column = origin.places.get(path, (0, 0))
            what, mend = f"no theme is called {name!r}", f"did you mean {names[near[0]]!r}?"
            key = ".".join(map(str, path[:2]))
            problems.append(
                Problem(file=origin.file, line=line, column=column, key=key, what=what, mend=mend)
            )
    if problems:
        raise ConfigError(problems)


def _named(themes: ThemesConfig) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Each old name, with its path in the config."""
    yield from ((("themes", "rename", old), old) for old in themes.rename)
    for new, olds in themes.merge.items():
        yield from ((("themes", "merge", new, n), old) for n, old in enumerate(olds))
