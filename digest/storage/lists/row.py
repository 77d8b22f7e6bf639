"""One row of a list before anything in it is believed."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from digest.errors import Problem

FIELDS = (
    "email",
    "name",
    "themes",
    "keywords",
    "exclude",
    "frequency",
    "timezone",
    "send_at",
    "max_papers",
    "format",
    "tags",
    "interests",
    "paused_until",
)
LISTS = frozenset({"themes", "keywords", "exclude", "tags", "interests"})

# One text as typed, or the items of a YAML list.
Value = str | tuple[str, ...]
# Line and column, both from 1.
Place = tuple[int, int]


class Row(NamedTuple):
    """The values in the order of `FIELDS` ("" where there is none).

    `locate(index)` gives the place of a field; it is a call because only a bad row needs it.
    `problems` are what the syntax already showed; with an error among them the row is bad.
    `who` is set where rows have no lines, and `line` counts them: the address, as it is there.
    """

    line: int
    values: tuple[Value, ...]
    locate: Callable[[int], Place]
    problems: tuple[Problem, ...] = ()
    who: str | None = None


class Unreadable(Exception):
    """A whole file that cannot be trusted, so none of its rows can."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem
