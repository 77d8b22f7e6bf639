"""A program that exports lists: how its files are told from others', and what its words mean."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from digest.storage.lists.exchange.foreign import Format, Leaving

#: The cells of a row that a tool reads itself, under the file's own names, made plain.
Cells = Mapping[str, str]


class Tool(NamedTuple):
    """Names of columns are plain ones (`columns.plain`) throughout.

    `fits` takes those of a header. The cells of `reads` go to `read`, for fields that need more
    than a column's name, and to `leaving`, which tells why a person is not to be mailed; the
    file's name may tell it for all of them. `ignores` mean here something else than elsewhere.
    """

    format: Format
    called: str
    fits: Callable[[frozenset[str]], bool]
    reads: frozenset[str]
    leaving: Callable[[Cells, str], Leaving | None]
    read: Callable[[Cells], dict[str, str]] | None = None
    ignores: frozenset[str] = frozenset()


def as_list(items: list[str]) -> str:
    """Several values in one text; a semicolon inside one would part it."""
    return ";".join(item.replace(";", ",").strip() for item in items if item.strip())
