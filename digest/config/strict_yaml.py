"""YAML that keeps what a person typed: no surprises from YAML 1.1, every value with its place.

YAML 1.1, which PyYAML speaks, reads `NO` as false, `18:00` as 1080 and `1e3` as a string; it
takes duplicate keys silently and expands aliases without a bound. Here only `true`/`false`,
`null`/`~`/nothing, decimal integers and decimal fractions are more than strings (the YAML 1.2
core schema, minus octal and hexadecimal); a duplicate key and an alias are problems.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from digest.errors import Problem

Path = tuple[str | int, ...]
# libyaml's own composer recurses in C without a bound: a deep document would end the process.
_Loader: type[Any] = yaml.SafeLoader
_INT = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?([0-9]+\.[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?")
_LITERALS = {"true": True, "false": False, "null": None, "~": None, "": None}


@dataclass(frozen=True, slots=True)
class Document:
    """Plain data, with the line and column (from 1) of each path in it."""

    data: Any
    places: Mapping[Path, tuple[int, int]]

    def place(self, path: Path) -> tuple[int, int]:
        """Where `path` stands, or the nearest parent that has a place."""
        while path and path not in self.places:
            path = path[:-1]
        return self.places.get(path, (1, 1))


def parse_yaml(text: str, file: str) -> tuple[Document, tuple[Problem, ...]]:
    """Read one YAML document; with problems, the data holds what could be read."""
    problems: list[Problem] = []
    places: dict[Path, tuple[int, int]] = {}
    try:
        _refuse_aliases(text, file, problems)
        node = None if problems else yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        what = (error.problem or error.context or "not YAML").replace("\n", " ")
        mend = "indent with spaces, not tabs" if "'\\t'" in what else "check quotes and indentation"
        problems.append(Problem(file=file, line=line, column=column, what=what, mend=mend))
        node = None
    except yaml.YAMLError as error:  # the reader's own: a control character
        what = str(error).splitlines()[0]
        line = text.count("\n", 0, getattr(error, "position", 0)) + 1
        problems.append(Problem(file=file, line=line, what=what, mend="remove it"))
        node = None
    except RecursionError:
        problems.append(Problem(file=file, what="nested too deeply", mend="flatten it"))
        node = None
    data = _plain(node, (), places, file, problems) if node is not None else None
    return Document(data, places), tuple(problems)


def _refuse_aliases(text: str, file: str, problems: list[Problem]) -> None:
    if "*" not in text:
        return
    for token in yaml.scan(text, Loader=_Loader):
        if isinstance(token, yaml.AliasToken):
            line, column = token.start_mark.line + 1, token.start_mark.column + 1
            problems.append(
                Problem(
                    file=file,
                    line=line,
                    column=column,
                    what=f"the alias *{token.value} is not taken here",
                    mend="write the value out, or put it in quotes if the * is meant",
                )
            )


def _plain(
    node: yaml.Node,
    path: Path,
    places: dict[Path, tuple[int, int]],
    file: str,
    problems: list[Problem],
) -> Any:
    places.setdefault(path, (node.start_mark.line + 1, node.start_mark.column + 1))
    if isinstance(node, yaml.MappingNode):
        result: dict[str, Any] = {}
        for key, value in _pairs(node, file, problems):
            places[(*path, key)] = (value[0], value[1])
            result[key] = _plain(value[2], (*path, key), places, file, problems)
        return result
    if isinstance(node, yaml.SequenceNode):
        return [
            _plain(child, (*path, number), places, file, problems)
            for number, child in enumerate(node.value)
        ]
    return _scalar(node)


def _pairs(
    node: yaml.MappingNode, file: str, problems: list[Problem]
) -> Iterator[tuple[str, tuple[int, int, yaml.Node]]]:
    seen: set[str] = set()
    for key_node, value_node in node.value:
        line, column = key_node.start_mark.line + 1, key_node.start_mark.column + 1
        if not isinstance(key_node, yaml.ScalarNode):
            problems.append(
                Problem(file=file, line=line, column=column, what="a key must be one word")
            )
            continue
        key = str(key_node.value)
        if key in seen:
            problems.append(
                Problem(
                    file=file,
                    line=line,
                    column=column,
                    key=key,
                    what="this key is here twice",
                    mend="keep one of them",
                )
            )
            continue
        seen.add(key)
        yield key, (line, column, value_node)


def _scalar(node: yaml.Node) -> str | int | float | bool | None:
    text = str(node.value)
    if getattr(node, "style", None):  # quoted or a block: always a string
        return text
    if text.lower() in _LITERALS and text in (text.lower(), text.capitalize(), text.upper()):
        return _LITERALS[text.lower()]
    if _INT.fullmatch(text):
        return int(text) if len(text) < 20 else text
    if _FLOAT.fullmatch(text):
        return float(text)
    return text
