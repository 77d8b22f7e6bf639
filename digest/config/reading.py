"""From a YAML file to a `Config`, with every mistake told at its line."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, RootModel, ValidationError

from digest.config.shape import Config, Origin, SourceConfig
from digest.config.strict_yaml import Document, parse_yaml
from digest.config.strict_yaml import Path as KeyPath
from digest.config.wording import secret_words, words_for
from digest.errors import ConfigError, Problem

MAX_BYTES = 1_000_000
#: Fields of `Config` that no file sets.
_OURS = {"folder", "origin"}


def load_config(path: Path) -> Config:
    """Read and check config.yaml.

    Raises:
        ConfigError: with one problem a line: file:line:column, key, what, mend.
    """
    file = str(path)
    document = read_document(
        path, file, "give it with -c or DIGEST_CONFIG, or make one with `digest init`"
    )
    if not isinstance(document.data, dict):
        what = "is empty" if document.data is None else "is not a mapping of keys to values"
        mend = "make one with `digest init`, or see docs/configuration.md"
        raise ConfigError([Problem(file=file, line=1, what=f"the file {what}", mend=mend)])
    if ours := _OURS & document.data.keys():
        raise ConfigError([_unknown(file, document, (min(ours),), Config)])
    places = {key: place for key, place in document.places.items() if key[:1] == ("themes",)}
    known = {"folder": path.resolve().parent, "origin": Origin(file, places)}
    try:
        return Config.model_validate(document.data | known)
    except ValidationError as error:
        raise ConfigError(problems_of(error, document, file, Config)) from None


def problems_of(
    error: ValidationError, document: Document, file: str, model: type[BaseModel]
) -> list[Problem]:
    """What pydantic found, each at its line; `model` is the shape of the whole document."""
    return [_problem(file, document, each, model) for each in _causes(error)]


def _causes(error: ValidationError) -> list[Any]:
    """The errors without those that follow from one inside: a list of faulty items is not short."""
    found: list[Any] = list(error.errors())
    return [
        one
        for one in found
        if one["type"] != "too_short"
        or not any(other["loc"][: len(one["loc"])] == one["loc"] for other in found if other != one)
    ]


def read_document(path: Path, file: str, mend: str) -> Document:
    """A YAML file as data; `mend` says what to do when it is not there.

    Raises:
        ConfigError: it cannot be read, or is no YAML.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise ConfigError(
            [Problem(file=file, what=f"cannot be read: {error.strerror}", mend=mend)]
        ) from None
    if len(raw) > MAX_BYTES:
        raise ConfigError([Problem(file=file, what="is larger than 1 MB: not a file of settings")])
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ConfigError(
            [Problem(file=file, line=line, what="is not UTF-8 text", mend="save it as UTF-8")]
        ) from None
    document, problems = parse_yaml(text, file)
    if problems:
        raise ConfigError(problems)
    return document


def _problem(file: str, document: Document, error: Any, model: type[BaseModel]) -> Problem:
    path = _without_tags(error["loc"], document.data)
    if error["type"] == "extra_forbidden":
        return _unknown(file, document, path, model)
    line, column = document.place(path)
    what, mend = words_for(error, str(path[-1]) if path else "")
    return Problem(file=file, line=line, column=column, key=_dotted(path), what=what, mend=mend)


def _unknown(file: str, document: Document, path: KeyPath, model: type[BaseModel]) -> Problem:
    line, column = document.place(path)
    here, shape = _shape_at(document.data, path[:-1], model)
    known = _known_names(shape)
    what, mend = secret_words(str(path[-1]), known, here) or ("unknown key", _nearest(path, known))
    return Problem(file=file, line=line, column=column, key=_dotted(path), what=what, mend=mend)


def _nearest(path: KeyPath, names: Iterable[str]) -> str:
    near = difflib.get_close_matches(str(path[-1]), names, n=1)
    return f"did you mean {near[0]}?" if near else f"known here: {', '.join(sorted(names))}"


def _known_names(model: type[BaseModel] | None) -> dict[str, Any]:
    """The keys of a shape, with their defaults."""
    fields = model.model_fields.items() if model else ()
    return {field.alias or name: field.default for name, field in fields if name not in _OURS}


def _shape_at(
    data: Any, path: KeyPath, whole: type[BaseModel]
) -> tuple[Any, type[BaseModel] | None]:
    """What the file says at `path`, and the shape that it should have there."""
    model: type[BaseModel] | None = whole
    here = data
    for step in path:
        here = here[step]
        if model is not None and issubclass(model, RootModel):
            model = next(_models(model.model_fields["root"].annotation), None)
        if isinstance(step, str) and model is not None:
            field = next((f for n, f in model.model_fields.items() if (f.alias or n) == step), None)
            model = next(_models(field.annotation if field else None), None)
        if isinstance(here, dict) and "kind" in here and path[:1] == ("sources",):
            kinds = _models(get_args(SourceConfig)[0])
            model = next(
                (m for m in kinds if here["kind"] in get_args(m.model_fields["kind"].annotation)),
                model,
            )
    return here, model


def _models(annotation: Any) -> Iterator[Any]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models(part)


def _without_tags(loc: tuple[str | int, ...], data: Any) -> KeyPath:
    """The path as the file has it: pydantic puts a union's tag ("arxiv") or "[key]" into it."""
    path: list[str | int] = []
    here = data
    for position, step in enumerate(loc):
        last = position == len(loc) - 1
        if isinstance(here, dict) and step not in here and (not last or here.get("kind") == step):
            continue
        path.append(step)
        try:
            here = here[step]
        except (KeyError, IndexError, TypeError):
            here = None
    return tuple(path[:-1] if path[-1:] == ["[key]"] else path)


def _dotted(path: KeyPath) -> str:
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text
